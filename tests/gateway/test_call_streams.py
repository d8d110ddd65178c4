"""The life of a call with a streamed answer, and of one whose caller is slow or leaves, as transcripts."""

from __future__ import annotations

import json

from headgate.core.failure import FailureKind
from tests.gateway.acts import DONE, STREAMED, chunk, failure, streaming
from tests.gateway.stage import Stage, entry


def test_a_stream_is_forwarded_event_by_event_with_the_entrys_name() -> None:
    stage = Stage()
    call = streaming(stage)

    call.upstream_bytes(1, chunk("lo"))
    call.upstream_bytes(1, chunk("", "stop") + DONE)
    call.upstream_done(1, framed=True)

    kinds = [each[0] for each in stage.told]
    assert kinds == ["start", "write", "write", "write", "write", "end"]
    sent = b"".join(each[1] for each in stage.told if each[0] == "write")
    assert sent.count(b'"model":"gpt-4o"') == 3
    assert sent.endswith(DONE)
    assert stage.settlements[0].outcome == "answered"


def test_a_stream_cut_after_its_first_event_ends_with_an_error_event() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = streaming(stage)

    call.upstream_failed(1, failure(FailureKind.CUT))

    assert [each[0] for each in stage.told] == ["start", "write", "write", "end"]
    assert stage.told[2][1] == b"error event: UpstreamFailed"
    assert [each.outcome for each in stage.settlements] == ["failed"]


def test_a_stream_that_ends_without_its_marker_and_without_a_finish_is_cut() -> None:
    stage = Stage()
    call = streaming(stage)

    call.upstream_done(1, framed=True)

    assert stage.told[-2][1] == b"error event: UpstreamFailed"


def test_a_stream_that_finished_but_lacks_its_marker_is_whole_if_its_framing_says_so() -> None:
    stage = Stage()
    call = streaming(stage)
    call.upstream_bytes(1, chunk("", "stop"))

    call.upstream_done(1, framed=True)

    assert stage.told[-2][1] == DONE
    assert stage.settlements[0].outcome == "answered"


def test_a_stream_ended_only_by_its_connection_needs_its_marker() -> None:
    stage = Stage()
    call = streaming(stage)
    call.upstream_bytes(1, chunk("", "stop"))

    call.upstream_done(1, framed=False)

    assert stage.told[-2][1] == b"error event: UpstreamFailed"


def test_a_caller_that_hangs_up_cancels_the_upstream_even_before_the_first_token() -> None:
    stage = Stage()
    call = stage.begun(STREAMED)

    call.client_gone()

    assert stage.did[-1] == ("drop", 1)
    assert [each.outcome for each in stage.settlements] == ["client_gone"]


def test_a_caller_that_hangs_up_during_a_stream_is_settled_with_what_was_used() -> None:
    stage = Stage()
    call = streaming(stage)

    call.client_gone()

    assert stage.settlements[0].usage is not None
    assert stage.settlements[0].usage.completion == 1
    assert stage.settlements[0].cost is not None


def test_a_slow_caller_pauses_the_upstream_and_its_idle_timer() -> None:
    stage = Stage()
    call = streaming(stage)

    call.client_blocked()
    for _ in range(100):
        stage.time += 0.25
        call.tick(stage.time)
    call.client_writable()

    assert [each[0] for each in stage.did][-2:] == ["pause", "resume"]
    assert stage.settlements == []


def test_the_end_of_the_grace_tells_a_stream_why_it_ends() -> None:
    stage = Stage()
    call = streaming(stage)

    call.drain()

    assert stage.told[-2][1] == b"error event: ShuttingDown"
    assert [each.outcome for each in stage.settlements] == ["drained"]


def test_the_usage_event_comes_before_the_marker_even_if_the_upstream_sends_it_after() -> None:
    stage = Stage()
    call = stage.begun(STREAMED.replace(b'"stream":true', b'"stream":true,"stream_options":{"include_usage":true}'))
    usage = b'data: {"id":"c1","model":"m-up","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'

    call.upstream_head(1, 200, [])
    call.upstream_bytes(1, chunk("a") + chunk("", "stop") + DONE + usage)
    call.upstream_done(1, framed=True)

    sent = b"".join(each[1] for each in stage.told if each[0] == "write")
    events = sent.split(b"\n\n")
    assert events[-2] == b"data: [DONE]"
    shown = json.loads(events[-3].removeprefix(b"data: "))["usage"]
    assert shown["prompt_tokens"] == 3
    assert shown["cost"] == 0.000007
