"""No client can hold a connection by being slow. Time passes when the test says so."""

from __future__ import annotations

import pytest

from headgate.web.lane_shared import LaneLimits
from tests.clients.wire import chunked, connected, in_pieces, request
from tests.web.lane.serving import ECHO, REFUSE, SILENT, ScriptedCall, Served, serving

pytestmark = pytest.mark.anyio

LIMITS = LaneLimits(head_seconds=10, body_seconds=30, idle_seconds=75)


async def count_after(served: Served, seconds: float) -> int:
    await served.pass_time(seconds)
    return len(served.server.server_state.connections)


async def test_a_connection_that_sends_nothing_is_closed_without_an_answer() -> None:
    async with serving(ECHO, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(b"\r\n")
        await served.pass_time(9.9)
        await served.pass_time(0.2)

        assert await wire.rest() == b""


@pytest.mark.parametrize("size", [1, 40])
async def test_a_head_that_does_not_end_is_answered_408(size: int) -> None:
    async with serving(ECHO, limits=LIMITS) as served, connected(served.port) as wire:
        for piece in in_pieces(request(b"")[:40], size):
            await wire.send(piece)
            await served.pass_time(0.1)
        await served.pass_time(10)
        answer = await wire.answer()

        assert (answer.status, answer.closes, served.calls) == (408, True, [])
        assert await wire.rest() == b""


async def test_a_slow_head_in_time_is_served() -> None:
    async with serving(ECHO, limits=LIMITS) as served, connected(served.port) as wire:
        for piece in in_pieces(request(b"hello"), 10):
            await wire.send(piece)
            await served.pass_time(1)

        assert (await wire.answer()).body == b"hello"


@pytest.mark.parametrize("path", [b"/v1/call", b"/other"])
@pytest.mark.parametrize("make", [request, chunked], ids=["with a length", "in chunks"])
async def test_a_body_that_stops_is_answered_408(path: bytes, make: object) -> None:
    message = request(b"hello", path=path) if make is request else chunked(b"hello", b"more", path=path)
    async with serving(ECHO, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(message[:-3], b"")
        await served.pass_time(29.9)
        await served.pass_time(0.2)
        answer = await wire.answer()

        assert (answer.status, answer.closes) == (408, True)
        assert await wire.rest() == b""
    assert [call.told[-1] for call in served.calls] == ["client_gone"][: len(served.calls)]


async def test_a_body_that_trickles_is_answered_408() -> None:
    async with serving(ECHO, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * 5000)[:-5000])
        for _ in range(4):
            await wire.send(b"x", b"")
            await served.pass_time(10)

        assert (await wire.answer()).status == 408


async def test_a_slow_body_that_goes_on_is_taken() -> None:
    async with serving(ECHO, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * 5000)[:-5000])
        call = await served.call()
        for number in range(1, 6):
            await wire.send(b"x" * 1000)
            while len(call.received) < number * 1000:
                await call.until(call.told[-1])
                await wire.turn()
            await served.pass_time(12)

        assert len((await wire.answer()).body) == 5000


@pytest.mark.parametrize("path", [b"/v1/call", b"/other"])
async def test_an_idle_connection_is_closed(path: bytes) -> None:
    async with serving(ECHO, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(request(b"hello", path=path))
        await wire.answer()
        before = await count_after(served, 74.9)
        await served.pass_time(0.2)

        assert (before, await wire.rest()) == (1, b"")


async def test_the_deadline_of_an_idle_connection_ends_with_the_next_request() -> None:
    async with serving(SILENT, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        call = await served.call()
        call.client.answer(200, b"", b"1")
        await wire.answer()
        await served.pass_time(70)
        await wire.send(request(b"two"))
        call = await served.call(1)
        await call.until("body_complete")
        await served.pass_time(1000)
        call.client.answer(200, b"", b"2")

        assert (await wire.answer()).body == b"2"


async def test_a_call_is_told_that_time_passes() -> None:
    async with serving(SILENT, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))
        call = await served.call()
        await call.until("body_complete")
        call.ticks.clear()
        await served.pass_time(5)
        await served.pass_time(5)

    assert call.ticks[:2] == [1005, 1010]


async def test_a_call_may_answer_when_its_time_is_up() -> None:
    def give_up(call: ScriptedCall) -> None:
        if call.ticks[-1] > 1100:
            call.client.answer(504, b"", b"too late")

    async with serving({"tick": give_up}, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))
        await (await served.call()).until("body_complete")
        await served.pass_time(200)
        answer = await wire.answer()

    assert (answer.status, answer.body, answer.closes) == (504, b"too late", False)


async def test_the_rest_of_a_refused_body_has_a_deadline() -> None:
    async with serving(REFUSE, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * 1000)[:-500])
        await wire.answer()
        await served.pass_time(30.1)

        assert await wire.rest() == b""


async def test_a_connection_whose_last_bytes_nobody_takes_is_cut() -> None:
    async with serving(SILENT, limits=LIMITS) as served, connected(served.port, receive_buffer=4096) as wire:
        await wire.send(request(b"", headers=[b"connection: close"]))
        call = await served.call()
        call.client.answer(200, b"", b"x" * 8_000_000)
        before = await count_after(served, 0)
        await served.pass_time(LIMITS.stall_seconds + LIMITS.close_seconds)
        await served.without_connections()

    assert before == 1
