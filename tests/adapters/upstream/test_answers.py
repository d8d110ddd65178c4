"""Answers as they should be, and requests on their way, over real sockets."""

from __future__ import annotations

import pytest

from tests.adapters.upstream.rig import PATH, Rig, turn
from tests.origin.script import (
    LAST_CHUNK,
    answer,
    chunk,
    expect,
    expect_head,
    half_close,
    pause,
    send,
    send_bytewise,
    stream_head,
    until_closed,
)
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio


async def test_a_body_ended_by_the_connection_is_done_and_not_framed(rig: Rig) -> None:
    with Origin([expect(), send(b"HTTP/1.1 200 OK\r\n\r\nall of it"), half_close(), until_closed()]) as origin:
        told = await rig.call(origin.url)
        await origin.closes()

    assert (told.told[-1], told.body, told.framed) == ("done", b"all of it", False)


async def test_a_large_body_after_a_small_head_is_no_large_head(rig: Rig) -> None:
    body = b"x" * 3_000_000
    with Origin([expect(), send(answer(body)), until_closed()]) as origin:
        told = await rig.call(origin.url)

    assert (told.told[-1], told.body == body) == ("done", True)


async def test_informational_heads_are_skipped(rig: Rig) -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\ncontent-length: 9\r\n\r\n"
    with Origin([expect(), send(early), send(answer(b"{}"))]) as origin:
        told = await rig.call(origin.url)

    assert (told.status, told.body) == (200, b"{}")
    assert told.headers == ((b"content-type", b"application/json"), (b"content-length", b"2"))


async def test_header_names_are_told_in_lower_case_and_values_trimmed(rig: Rig) -> None:
    head = b"HTTP/1.1 429 Slow\r\nRetry-After:   7 \t\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n"
    with Origin([expect(), send(head)]) as origin:
        told = await rig.call(origin.url)

    assert told.status == 429
    assert told.headers == ((b"retry-after", b"7"), (b"x-empty", b""), (b"content-length", b"0"))


async def test_trailers_are_dropped(rig: Rig) -> None:
    stream = stream_head(b"") + chunk(b"all") + b"0\r\nx-trailer: late\r\n\r\n"
    with Origin([expect(), send(stream), until_closed()]) as origin:
        told = await rig.call(origin.url)

    assert (told.body, told.headers) == (b"all", ((b"transfer-encoding", b"chunked"),))


async def test_an_answer_without_a_body_is_done_at_once(rig: Rig) -> None:
    with Origin([expect(), send(b"HTTP/1.1 204 No Content\r\n\r\n"), until_closed()]) as origin:
        told = await rig.call(origin.url)

    assert (told.told, told.framed) == (["connected", "head", "done"], True)


async def test_a_stream_may_arrive_byte_by_byte(rig: Rig) -> None:
    stream = stream_head() + chunk(b"data: 1\n\n") + chunk(b"data: 2\n\n") + LAST_CHUNK
    with Origin([expect(), send_bytewise(stream), until_closed()]) as origin:
        told = await rig.call(origin.url)

    assert (told.body, told.framed) == (b"data: 1\n\ndata: 2\n\n", True)


async def test_an_answer_may_come_before_the_request_has_left(rig: Rig) -> None:
    with Origin([expect_head(), send(answer(b"early", status=413)), pause("told"), until_closed()]) as origin:
        _, told = await rig.start(origin.url, b"x" * 30_000_000)
        await told.over()
        origin.go("told")
        await origin.closes()

    assert (told.status, told.body) == (413, b"early")
    assert "sent" not in told.told


async def test_a_request_that_has_to_wait_is_told_when_it_has_left(rig: Rig) -> None:
    body = b"x" * 30_000_000
    with Origin([expect_head(), pause("full"), until_closed()]) as origin:
        wire, told = rig.connect(origin.url)
        await told.until("connected")
        left = wire.send(PATH, body)
        await origin.reaches("full")
        origin.go("full")
        await told.until("sent")
        wire.abort()

    assert left is False


async def test_reading_stops_while_paused(rig: Rig) -> None:
    half = b"x" * 8_000_000
    with Origin([expect(), send(answer(half + half)), until_closed()]) as origin:
        wire, told = await rig.start(origin.url)
        told.react = lambda event: wire.pause() if event == "head" else None
        await told.until("head")
        heard = len(told.body)
        await turn(100)
        paused = len(told.body)
        wire.resume()
        await told.over()

    assert heard <= paused < len(half)
    assert len(told.body) == 2 * len(half)
