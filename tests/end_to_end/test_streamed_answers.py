"""Answers in a stream, from an origin that sends them byte by byte as scripted.

A stream that broke ends with an error event and a proper end of the body, and never looks whole.
"""

from __future__ import annotations

import pytest

from tests.end_to_end.chat import COST, DONE, FAULT, FINISH, REPORT, events, piece, streamed
from tests.end_to_end.gateway import Gateway
from tests.origin.script import (
    LAST_CHUNK,
    Script,
    Step,
    chunk,
    expect,
    half_close,
    pause,
    reset,
    send,
    send_bytewise,
    stream_head,
    until_closed,
)
from tests.origin.server import Origin

UNTIL_THE_END = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
WHOLE = b"".join(events("Hel", "lo"))
WITH_USAGE = {"stream_options": {"include_usage": True}}


def in_chunks(data: bytes, size: int) -> bytes:
    return b"".join(chunk(data[start : start + size]) for start in range(0, len(data), size))


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([expect(), send(streamed("Hel", "lo")), until_closed()], id="at once"),
        pytest.param([expect(), send_bytewise(streamed("Hel", "lo")), until_closed()], id="in single bytes"),
        pytest.param([expect(), send(stream_head(), in_chunks(WHOLE, 1), LAST_CHUNK)], id="in chunks of one byte"),
        pytest.param([expect(), send(stream_head(), in_chunks(WHOLE, 7), LAST_CHUNK)], id="in chunks of seven"),
        pytest.param(
            [expect(), send(stream_head(), chunk(WHOLE.replace(b"\n", b"\r\n")), LAST_CHUNK)], id="with CR LF"
        ),
        pytest.param([expect(), send(stream_head(), chunk(b": wait\n\n" + WHOLE), LAST_CHUNK)], id="after a comment"),
        pytest.param(
            [expect(), send(b"HTTP/1.1 103 Early Hints\r\n\r\n", streamed("Hel", "lo")), until_closed()],
            id="after an interim answer",
        ),
        pytest.param(
            [expect(), send(UNTIL_THE_END, WHOLE), half_close(), until_closed()], id="ended by the connection"
        ),
        pytest.param(
            [expect(), send(stream_head(), chunk(WHOLE.removesuffix(DONE)), LAST_CHUNK), until_closed()],
            id="without [DONE], but with a reason to finish",
        ),
        pytest.param([expect(), send(stream_head(), chunk(WHOLE)), reset()], id="reset after [DONE]"),
    ],
)
def test_a_stream_arrives_that_came(gateway: Gateway, script: Script) -> None:
    with Origin(script) as origin:
        got = gateway.chat(gateway.add(origin.url), WITH_USAGE, stream=True)

    *_, last, done = got.payloads
    assert isinstance(last, dict)
    assert (got.text, got.framed, done, last["usage"]["cost"]) == ("Hello", True, "[DONE]", COST)
    gateway.comes_to_rest()


def test_every_event_names_the_entry_that_serves(gateway: Gateway) -> None:
    with Origin([expect(), send(streamed("a", "b", "c")), until_closed()]) as origin:
        model = gateway.add(origin.url)
        got = gateway.chat(model, WITH_USAGE, stream=True)

    assert {event["model"] for event in got.payloads if isinstance(event, dict)} == {model}


@pytest.mark.parametrize(
    ("rest", "end", "code"),
    [
        pytest.param(b"", reset(), "provider_error", id="that is reset"),
        pytest.param(b"", half_close(), "provider_error", id="whose connection ends"),
        pytest.param(LAST_CHUNK, half_close(), "provider_error", id="without a reason to finish"),
        pytest.param(b"xyz\r\n", until_closed(), "provider_error", id="with a chunk of no size"),
        pytest.param(
            chunk(b"data: {no JSON\n\n"), until_closed(), "provider_error", id="with an event that is not JSON"
        ),
        pytest.param(chunk(FAULT), until_closed(), "provider_error", id="with an error event"),
        pytest.param(chunk(FINISH + REPORT), half_close(), "provider_error", id="that finished, but has no end"),
        pytest.param(chunk(piece("lo")[:-9]), reset(), "provider_error", id="that is reset inside an event"),
    ],
)
def test_an_error_event_ends_a_stream(gateway: Gateway, rest: bytes, end: Step, code: str) -> None:
    script = [expect(), send(stream_head(), chunk(piece("Hel"))), pause("begun"), send(rest), end, until_closed()]
    with Origin(script) as origin:
        with gateway.calling(gateway.add(origin.url)) as live:
            live.event()
            origin.go("begun")
            got = live.rest()
        origin.closed()
        gateway.comes_to_rest()

    assert (got.status, got.text, got.error["code"], got.framed) == (200, "Hel", code, True)


def test_a_body_ended_by_the_connection_is_no_stream_without_its_last_event(gateway: Gateway) -> None:
    script = [expect(), send(UNTIL_THE_END, piece("Hel"), FINISH, REPORT), half_close(), until_closed()]
    with Origin(script) as origin:
        got = gateway.chat(gateway.add(origin.url), stream=True)
        origin.closed()

    assert (got.text, got.error["code"], got.framed) == ("Hel", "provider_error", True)
    gateway.comes_to_rest()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([expect(), send(stream_head(), chunk(FAULT)), until_closed()], id="an error event"),
        pytest.param([expect(), send(stream_head(), chunk(b": wait\n\n"), LAST_CHUNK)], id="only a comment"),
        pytest.param([expect(), send(stream_head(), LAST_CHUNK)], id="nothing"),
    ],
)
def test_a_stream_that_begins_with_this_is_refused_with_a_status(gateway: Gateway, script: Script) -> None:
    with Origin(script) as origin:
        got = gateway.chat(gateway.add(origin.url), stream=True)
        gateway.comes_to_rest()

    assert (got.status, got.error["code"], got.headers["content-type"]) == (502, "provider_error", "application/json")


@pytest.mark.parametrize(
    ("head", "status"),
    [pytest.param(b"", 504, id="before its head"), pytest.param(stream_head(), 504, id="before its first event")],
)
def test_a_stream_that_stalls_early_is_refused_with_a_status(hasty: Gateway, head: bytes, status: int) -> None:
    with Origin([expect(), send(head), until_closed()]) as origin:
        got = hasty.chat(hasty.add(origin.url), stream=True)
        origin.closed()
        hasty.comes_to_rest()

    assert (got.status, got.error["code"]) == (status, "provider_no_response")


def test_a_stream_that_stalls_ends_with_an_error_event(hasty: Gateway) -> None:
    with Origin([expect(), send(stream_head(), chunk(piece("Hel"))), until_closed()]) as origin:
        got = hasty.chat(hasty.add(origin.url), stream=True)
        origin.closed()
        hasty.comes_to_rest()

    assert (got.text, got.error["code"], got.framed) == ("Hel", "provider_no_response", True)
