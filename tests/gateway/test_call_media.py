"""Speech: a request in JSON, an answer in sound that passes piece by piece."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.catalogue.kinds import Kind
from headgate.core.failure import Failure, FailureKind
from headgate.core.usage import Usage
from headgate.gateway.call_media import MediaCall
from headgate.gateway.call_state import State
from tests.gateway.stage import Stage, endpoint_at, entry, head

ASKED = b'{"model":"say","input":"Hello you","voice":"alloy","api_key":"k"}'
SOUND = ((b"content-type", b"audio/mpeg"), (b"x-secret", b"inner"), (b"set-cookie", b"a=b"))
EVENTS = ((b"content-type", b"text/event-stream"),)


def stage(*, ready: bool = True) -> Stage:
    made = Stage(entry("say", kind=Kind.SPEECH, failover="other"), entry("other", kind=Kind.SPEECH), ready=ready)
    made.endpoint = endpoint_at("/v1/audio/speech")
    return made


def begun(on: Stage) -> MediaCall:
    call = MediaCall(on.road(), on.client, on.endpoint)
    call.whole(head(), ASKED)
    return call


def told(on: Stage) -> list[Any]:
    """What the caller got, heads without their lines."""
    return [each[:2] if each[0] in ("start", "answer") else each for each in on.told]


def test_speech_is_asked_for_under_the_upstreams_name_of_the_model() -> None:
    on = stage()

    begun(on)

    send = on.did[-1]
    assert send[:3] == ("send", 1, "/v1/audio/speech")
    assert send[3] == b'{"model":"say-upstream","input":"Hello you","voice":"alloy"}'


def test_sound_passes_piece_by_piece_and_none_of_the_upstreams_headers_but_its_type() -> None:
    on = stage()
    call = begun(on)

    call.upstream_head(1, 200, SOUND)
    assert on.told == []
    call.upstream_bytes(1, b"ID3")
    call.upstream_bytes(1, b"\x00\xff")
    call.upstream_done(1, framed=True)

    assert told(on) == [("start", 200), ("write", b"ID3"), ("write", b"\x00\xff"), ("end",)]
    lines = on.told[0][2]
    assert b"content-type: audio/mpeg\r\n" in lines
    assert b"x-headgate-model: say\r\n" in lines
    assert b"secret" not in lines
    assert b"cookie" not in lines


def test_sound_that_comes_at_once_is_told_the_same() -> None:
    on = stage()

    begun(on).upstream_whole(1, 200, headers=SOUND, body=b"ID3")

    assert told(on) == [("start", 200), ("write", b"ID3"), ("end",)]


def test_speech_costs_what_its_text_and_its_sound_are_estimated_at() -> None:
    on = stage()

    begun(on).upstream_whole(1, 200, headers=SOUND, body=b"ID3")

    (settlement,) = on.settlements
    assert settlement.usage == Usage(3, audio_output=1, estimated=True)
    assert settlement.cost == 3 * 1_000_000 + 2_000_000
    assert settlement.first_byte == 0


def test_events_of_speech_pass_and_their_usage_counts() -> None:
    on = stage()
    done = b'data: {"type":"speech.audio.done","usage":{"input_tokens":5,"output_tokens":6}}\n\n'

    begun(on).upstream_whole(1, 200, headers=EVENTS, body=done)

    assert on.settlements[0].usage == Usage(5, audio_output=6)
    assert b'"cost":0.000017' in on.told[1][1]


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        pytest.param(503, SOUND, b"", id="it refuses"),
        pytest.param(200, ((b"content-type", b"text/html"),), b"<html>", id="it answers with a page"),
        pytest.param(200, ((b"content-type", b"application/json"),), b'{"error":"no"}', id="it fails in JSON"),
        pytest.param(200, SOUND, b"", id="it answers with nothing"),
        pytest.param(200, EVENTS, b'data: {"type":"error"}\n\n', id="it fails in its first event"),
    ],
)
def test_another_entry_speaks_if_one_fails_before_its_first_byte(
    status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes
) -> None:
    on = stage()
    call = begun(on)

    call.upstream_whole(1, status, headers=headers, body=body)
    call.upstream_whole(2, 200, headers=SOUND, body=b"ID3")

    assert told(on) == [("start", 200), ("write", b"ID3"), ("end",)]
    assert b"x-headgate-model: other\r\n" in on.told[0][2]
    assert [each.attempts for each in on.settlements] == [2]


@pytest.mark.parametrize("end", ["failed", "unframed", "silent", "drained"])
def test_sound_that_breaks_off_never_looks_whole(end: str) -> None:
    on = stage()
    call = begun(on)
    call.upstream_head(1, 200, SOUND)
    call.upstream_bytes(1, b"ID3")

    if end == "failed":
        call.upstream_failed(1, Failure(kind=FailureKind.CUT, message="cut"))
    elif end == "unframed":
        call.upstream_done(1, framed=False)
    elif end == "drained":
        call.drain()
    else:
        call.tick(on.time)
        call.tick(on.time + 11)

    assert told(on) == [("start", 200), ("write", b"ID3"), ("abort",)]
    assert len(on.settlements) == 1
    assert call.state is State.ENDED


def test_events_that_break_off_end_with_one_that_says_so() -> None:
    on = stage()
    call = begun(on)
    call.upstream_head(1, 200, EVENTS)
    call.upstream_bytes(1, b'data: {"type":"speech.audio.delta"}\n\n')

    call.upstream_failed(1, Failure(kind=FailureKind.CUT, message="cut"))

    assert told(on)[-2:] == [("write", b"error event: UpstreamFailed"), ("end",)]


def test_a_slow_caller_holds_the_sound_back() -> None:
    on = stage()
    call = begun(on)
    call.upstream_head(1, 200, SOUND)
    call.client_blocked()
    call.client_writable()

    assert on.did[-2:] == [("pause", 1), ("resume", 1)]
