"""The life of a call, as transcripts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.kinds import Kind
from headgate.core.failure import Failure, FailureKind
from headgate.gateway.call import Call, State
from headgate.gateway.ports import RequestHead
from tests.gateway.stage import Stage, entry, head

WHOLE = b'{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'
STREAMED = b'{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"stream":true}'
ANSWER = (
    b'{"id":"c1","model":"gpt-4o-upstream","choices":[{"index":0,"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}'
)


def chunk(text: str, finish: str | None = None) -> bytes:
    fields = {
        "id": "c1",
        "model": "m-up",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(fields, separators=(",", ":")).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def failure(kind: FailureKind) -> Failure:
    return Failure(kind=kind, message=kind.value)


def answered(call: Call, attempt: int, body: bytes = ANSWER) -> None:
    call.upstream_head(attempt, 200, [(b"content-type", b"application/json")])
    call.upstream_bytes(attempt, body)
    call.upstream_done(attempt, framed=True)


def streaming(stage: Stage) -> Call:
    """A call whose caller has the first event."""
    call = stage.begun(STREAMED)
    call.upstream_head(1, 200, [])
    call.upstream_bytes(1, chunk("Hel"))
    return call


def test_a_whole_answer_reaches_the_caller_with_its_cost() -> None:
    stage = Stage()

    answered(stage.begun(WHOLE), 1)

    ((_, status, headers, body),) = stage.told
    assert status == 200
    assert b"x-headgate-cost: 0.000020000000\r\n" in headers
    assert b"x-headgate-attempts: 1\r\n" in headers
    answer = json.loads(body)
    assert answer["model"] == "gpt-4o"
    assert answer["usage"]["cost"] == 0.00002
    assert answer["usage"]["cost_details"] == {"input_cost": 0.00001, "output_cost": 0.00001}
    assert [each.outcome for each in stage.settlements] == ["answered"]
    assert stage.settlements[0].cost == 20_000_000


def test_the_upstream_gets_its_own_model_name_and_the_callers_other_fields() -> None:
    stage = Stage()

    stage.begun(b'{"model":"gpt-4o","messages":[],"seed":7,"unknown":{"a":[1.50]}}')

    (sent,) = [each for each in stage.did if each[0] == "send"]
    assert sent[2] == "/v1/chat/completions"
    assert sent[3] == b'{"model":"gpt-4o-upstream","messages":[],"seed":7,"unknown":{"a":[1.50]}}'


def test_a_bad_key_is_refused_before_the_body_is_taken() -> None:
    stage = Stage()
    call = stage.call()

    call.head(head([(b"authorization", b"Bearer bad")]))

    assert stage.told[0][3] == b"NotAuthenticated"
    assert stage.settlements == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"not json", b"InvalidJson", id="text that is not JSON"),
        pytest.param(b"[1]", b"InvalidJson", id="a list"),
        pytest.param(
            b'{"model":"gpt-4o","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"InvalidJson", id="depth"
        ),
        pytest.param(b'{"model":"gpt-4o","messages":["\xff"]}', b"InvalidJson", id="bytes that are not UTF-8"),
        pytest.param(b'{"model":7,"messages":[]}', b"InvalidBody", id="a model that is a number"),
        pytest.param(b'{"model":"","messages":[]}', b"InvalidBody", id="an empty model"),
        pytest.param(b'{"messages":[]}', b"InvalidBody", id="no model where no default exists"),
        pytest.param(b'{"model":"gpt-4o"}', b"InvalidBody", id="no messages"),
        pytest.param(b'{"model":"gpt-4o","messages":[],"stream":"yes"}', b"InvalidBody", id="a stream that is text"),
        pytest.param(b'{"model":"nothing","messages":[]}', b"ModelNotFound", id="an unknown model"),
        pytest.param(b'{"model":"off","messages":[]}', b"ModelNotAllowed", id="a disabled model"),
        pytest.param(b'{"model":"vectors","messages":[]}', b"WrongEndpoint", id="a model of another kind"),
        pytest.param(b'{"model":"lost","messages":[]}', b"ModelNotRoutable", id="an entry without a provider"),
    ],
)
def test_a_request_that_cannot_be_served_is_refused_without_an_attempt(body: bytes, error: bytes) -> None:
    stage = Stage(
        entry("gpt-4o"),
        entry("off", enabled=False),
        entry("vectors", kind=Kind.EMBEDDING),
        entry("lost", provider=None),
    )

    stage.begun(body)

    assert stage.told[0][3] == error
    assert [each[0] for each in stage.did] == ["answer"]
    assert stage.settlements == []
    assert stage.refusals == [error.decode()]


def test_a_body_split_anywhere_is_one_body() -> None:
    stage = Stage()
    call = stage.call()
    call.head(head())

    for byte in WHOLE:
        call.body(bytes([byte]))
    call.body_complete()

    assert [each[0] for each in stage.did] == ["connect", "send"]


@pytest.mark.parametrize("body", [WHOLE, memoryview(WHOLE)], ids=["copied", "in place"])
def test_a_request_that_comes_at_once_is_the_same_as_one_in_parts(body: bytes | memoryview) -> None:
    at_once, in_parts = Stage(), Stage()
    call = at_once.call()

    call.whole(head(), body)
    answered(call, 1)
    answered(in_parts.begun(WHOLE), 1)

    assert at_once.did == in_parts.did


@pytest.mark.parametrize("body", [b"not json", WHOLE])
def test_a_bad_key_is_refused_whatever_comes_with_it(body: bytes) -> None:
    stage = Stage()

    stage.call().whole(head([(b"authorization", b"Bearer bad")]), body)

    assert stage.told[0][3] == b"NotAuthenticated"


def test_a_connection_that_takes_time_is_sent_to_when_it_is_there() -> None:
    stage = Stage(ready=False)
    call = stage.begun(WHOLE)
    assert [each[0] for each in stage.did] == ["connect"]

    call.connected(1)

    assert [each[0] for each in stage.did] == ["connect", "send"]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("request_body", [WHOLE, STREAMED])
@pytest.mark.parametrize("body", [ANSWER, chunk("a") + chunk("", "stop") + DONE, b"", b"<html>"])
def test_an_answer_that_comes_at_once_is_the_same_as_one_in_parts(
    status: int, request_body: bytes, body: bytes
) -> None:
    at_once, in_parts = Stage(), Stage()
    call = in_parts.begun(request_body)

    at_once.begun(request_body).upstream_whole(1, status, headers=[], body=body)
    call.upstream_head(1, status, [])
    if body:
        call.upstream_bytes(1, body)
    call.upstream_done(1, framed=True)

    assert at_once.told == in_parts.told
    assert at_once.settlements == in_parts.settlements


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


@pytest.mark.parametrize(
    "kind",
    [
        FailureKind.REFUSED,
        FailureKind.NAME_NOT_FOUND,
        FailureKind.RESET,
        FailureKind.MALFORMED,
        FailureKind.TLS,
        FailureKind.BUSY,
    ],
)
def test_failover_serves_when_the_first_upstream_fails_before_an_event(kind: FailureKind) -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)

    call.upstream_failed(1, failure(kind))
    answered(call, 2)

    ((_, status, headers, body),) = stage.told
    assert status == 200
    assert b"x-headgate-model: other\r\n" in headers
    assert b"x-headgate-attempts: 2\r\n" in headers
    assert json.loads(body)["model"] == "other"
    assert [each.attempts for each in stage.settlements] == [2]


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_failover_serves_when_the_first_upstream_answers_with_a_status_that_another_may_not(status: int) -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)

    call.upstream_head(1, status, [(b"retry-after", b"3")])
    call.upstream_bytes(1, b'{"error":{"message":"busy"}}')
    call.upstream_done(1, framed=True)
    answered(call, 2)

    assert stage.told[0][1] == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_an_answer_that_blames_the_request_is_not_tried_elsewhere(status: int) -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)

    call.upstream_head(1, status, [])
    call.upstream_done(1, framed=True)

    assert [each[1] for each in stage.did if each[0] == "connect"] == ["gpt-4o"]
    assert stage.told[0][3] == b"UpstreamFailed"


def test_a_chain_of_failovers_ends_after_five_hops_and_never_turns_back() -> None:
    names = [f"m{n}" for n in range(8)]
    following = dict(zip(names, [*names[1:], "m0"], strict=True))
    stage = Stage(*(entry(name, failover=following[name]) for name in names))
    call = stage.begun(WHOLE.replace(b"gpt-4o", b"m0"))

    for attempt in range(1, 7):
        call.upstream_failed(attempt, failure(FailureKind.REFUSED))

    assert [each[1] for each in stage.did if each[0] == "connect"] == names[:6]
    assert stage.told[0][3] == b"UpstreamFailed"


def test_two_entries_that_name_each_other_are_tried_once_each() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other", failover="gpt-4o"))
    call = stage.begun(WHOLE)

    call.upstream_failed(1, failure(FailureKind.REFUSED))
    call.upstream_failed(2, failure(FailureKind.REFUSED))

    assert stage.told[0][0] == "answer"
    assert len(stage.settlements) == 1


def test_a_stale_connection_is_tried_again_once_on_a_fresh_one() -> None:
    stage = Stage()
    call = stage.begun(WHOLE)

    call.upstream_failed(1, failure(FailureKind.STALE))
    answered(call, 2)

    assert [each[1:] for each in stage.did if each[0] == "connect"] == [("gpt-4o", 1, "pooled"), ("gpt-4o", 2, "fresh")]
    assert stage.settlements[0].attempts == 2


def test_events_of_an_earlier_attempt_are_dropped() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)
    call.upstream_failed(1, failure(FailureKind.REFUSED))

    answered(call, 1)

    assert stage.told == []


def test_an_error_as_the_first_event_leaves_failover_open() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(STREAMED)
    call.upstream_head(1, 200, [])

    call.upstream_bytes(1, b": keep-alive\n\n" + b'data: {"error":{"message":"overloaded"}}\n\n')

    assert stage.told == []
    assert [each[1] for each in stage.did if each[0] == "connect"] == ["gpt-4o", "other"]


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


@pytest.mark.parametrize(
    ("told", "seconds", "kind"),
    [
        pytest.param(0, 5.1, "connect_timeout", id="no connection"),
        pytest.param(1, 30.1, "first_byte_timeout", id="no first byte"),
        pytest.param(2, 10.6, "idle_timeout", id="a stall in the answer"),
    ],
)
def test_each_phase_has_its_own_deadline(told: int, seconds: float, kind: str) -> None:
    stage = Stage(ready=False)
    call = stage.begun(WHOLE)
    if told >= 1:
        call.connected(1)
    if told >= 2:
        call.upstream_head(1, 200, [])
    call.tick(stage.time + 0.25)

    call.tick(stage.time + seconds)

    assert stage.failures == [kind]
    assert ("drop", 1) in stage.did
    assert stage.told[0][3] == b"UpstreamFailed"


def test_an_entrys_own_timeout_bounds_the_whole_attempt() -> None:
    stage = Stage(entry("gpt-4o", timeout=3.0))
    call = streaming(stage)

    call.tick(stage.time + 3.1)

    assert stage.failures == ["total_timeout"]
    assert stage.told[-2][1] == b"error event: UpstreamFailed"


def test_the_end_of_the_grace_tells_a_stream_why_it_ends() -> None:
    stage = Stage()
    call = streaming(stage)

    call.drain()

    assert stage.told[-2][1] == b"error event: ShuttingDown"
    assert [each.outcome for each in stage.settlements] == ["drained"]


def test_an_answer_above_the_limit_is_a_failure_and_not_kept() -> None:
    stage = Stage()
    call = stage.begun(WHOLE)
    call.upstream_head(1, 200, [])

    call.upstream_bytes(1, b"x" * 100_001)

    assert stage.failures == ["too_large"]


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


def test_a_bug_of_ours_aborts_both_sides_and_settles() -> None:
    stage = Stage()
    call = streaming(stage)

    call.abandon()

    assert stage.did[-2:] == [("drop", 1), ("abort",)]
    assert [each.outcome for each in stage.settlements] == ["abandoned"]


EVENTS: dict[str, Any] = {
    "head": lambda call, _: call.head(head()),
    "bad head": lambda call, _: call.head(RequestHead(b"/", b"", (), "")),
    "body": lambda call, _: call.body(STREAMED),
    "whole body": lambda call, _: call.body(WHOLE),
    "body complete": lambda call, _: call.body_complete(),
    "all at once": lambda call, _: call.whole(head(), STREAMED),
    "connected": lambda call, n: call.connected(n),
    "sent": lambda call, n: call.request_sent(n),
    "200": lambda call, n: call.upstream_head(n, 200, []),
    "500": lambda call, n: call.upstream_head(n, 500, []),
    "429": lambda call, n: call.upstream_head(n, 429, [(b"retry-after", b"1")]),
    "302": lambda call, n: call.upstream_head(n, 302, []),
    "chunk": lambda call, n: call.upstream_bytes(n, chunk("x")),
    "half a chunk": lambda call, n: call.upstream_bytes(n, chunk("x")[:20]),
    "comment": lambda call, n: call.upstream_bytes(n, b": ping\n\n"),
    "finish": lambda call, n: call.upstream_bytes(n, chunk("", "stop")),
    "done marker": lambda call, n: call.upstream_bytes(n, DONE),
    "error event": lambda call, n: call.upstream_bytes(n, b'data: {"error":{"message":"no"}}\n\n'),
    "answer": lambda call, n: call.upstream_bytes(n, ANSWER),
    "done": lambda call, n: call.upstream_done(n, framed=True),
    "whole answer": lambda call, n: call.upstream_whole(n, 200, headers=[], body=ANSWER),
    "whole stream": lambda call, n: call.upstream_whole(n, 200, headers=[], body=chunk("x") + DONE),
    "whole refusal": lambda call, n: call.upstream_whole(n, 503, headers=[], body=b"{}"),
    "done by eof": lambda call, n: call.upstream_done(n, framed=False),
    "refused": lambda call, n: call.upstream_failed(n, failure(FailureKind.REFUSED)),
    "stale": lambda call, n: call.upstream_failed(n, failure(FailureKind.STALE)),
    "cut": lambda call, n: call.upstream_failed(n, failure(FailureKind.CUT)),
    "gone": lambda call, _: call.client_gone(),
    "blocked": lambda call, _: call.client_blocked(),
    "writable": lambda call, _: call.client_writable(),
    "tick": lambda call, _: call.tick(101.0),
    "late tick": lambda call, _: call.tick(131.0),
    "very late tick": lambda call, _: call.tick(1000.0),
    "drain": lambda call, _: call.drain(),
    "abandon": lambda call, _: call.abandon(),
}

PREFIXES: dict[State, list[str]] = {
    State.HEAD: [],
    State.BODY: ["head", "body"],
    State.CONNECT: ["head", "body", "body complete"],
    State.WAIT: ["head", "body", "body complete", "connected"],
    State.ANSWER: ["head", "body", "body complete", "connected", "200"],
    State.STREAM: ["head", "body", "body complete", "connected", "200", "chunk"],
    State.ENDED: ["head", "body", "body complete", "connected", "200", "chunk", "gone"],
}


def play(names: list[str]) -> tuple[Stage, Call]:
    """Tell a call the named events. The client's own assertions catch a byte after the end; nothing is told to a call
    by the driver of its connection once that has the answer's end, as the lane keeps it."""
    stage = Stage(entry("gpt-4o", failover="other"), entry("other", failover="third"), entry("third"), ready=False)
    call = stage.call()
    for name in names:
        if name in ("head", "bad head", "all at once") and call.state is not State.HEAD:
            continue
        attempt = max((each[2] for each in stage.did if each[0] == "connect"), default=0)
        EVENTS[name](call, attempt)
    return stage, call


@pytest.mark.parametrize("state", PREFIXES)
@pytest.mark.parametrize("event", EVENTS)
def test_every_event_in_every_state_leaves_at_most_one_settlement(state: State, event: str) -> None:
    stage, before = play(PREFIXES[state])
    assert before.state is state

    stage, call = play([*PREFIXES[state], event])

    call.drain()
    assert call.state is State.ENDED
    assert len(stage.settlements) <= 1


@given(st.lists(st.sampled_from(sorted(EVENTS)), max_size=25), st.sampled_from(sorted(PREFIXES)))
def test_any_life_of_a_call_is_settled_once_if_it_was_tried_and_never_writes_after_its_end(
    names: list[str], state: State
) -> None:
    stage, call = play([*PREFIXES[state], *names])
    call.drain()

    tried = any(each[0] == "connect" for each in stage.did)
    assert call.state is State.ENDED
    assert len(stage.settlements) == (1 if tried else 0)
    opened = [each[2] for each in stage.did if each[0] == "connect"]
    assert opened == list(range(1, len(opened) + 1))
