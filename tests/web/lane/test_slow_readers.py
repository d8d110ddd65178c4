"""A client that reads slowly slows its own answer down, and nothing else."""

from __future__ import annotations

import pytest
from starlette.types import Receive, Scope, Send

from headgate.web.lane_shared import LaneLimits
from tests.clients.wire import Wire, connected, request
from tests.web.lane.serving import SILENT, ScriptedCall, Served, next_turn, serving

pytestmark = pytest.mark.anyio

LIMITS = LaneLimits(unwritten_bytes=2_000_000, stall_seconds=60)
PIECE = b"x" * 50_000


async def blocked(served: Served, wire: Wire, *, version: bytes = b"HTTP/1.1") -> ScriptedCall:
    """A call that has written until its client could take no more."""
    await wire.send(request(b"", version=version))
    call = await served.call()
    call.client.start(200, b"")
    while "client_blocked" not in call.told:
        call.client.write(PIECE)
        await wire.turn()
    return call


async def test_the_call_is_told_that_its_client_is_blocked_and_when_it_reads_again() -> None:
    async with serving(SILENT, limits=LIMITS) as served, connected(served.port, receive_buffer=4096) as wire:
        call = await blocked(served, wire)
        while "client_writable" not in call.told:
            await wire.exactly(1000)
        call.client.end()
        await served.server.lifespan.startup()

    assert call.told == ["head", "body_complete", "client_blocked", "client_writable"][: len(call.told)]


async def test_a_call_that_writes_on_all_the_same_is_cut_at_the_cap() -> None:
    async with serving(SILENT, limits=LIMITS) as served, connected(served.port, receive_buffer=4096) as wire:
        call = await blocked(served, wire)
        for _ in range(60):
            call.client.write(PIECE)
        await call.until("client_gone")

        assert await wire.is_reset()
        assert call.told[-1] == "client_gone"


async def test_a_client_that_takes_nothing_for_a_minute_is_cut() -> None:
    async with serving(SILENT, limits=LIMITS) as served, connected(served.port, receive_buffer=4096) as wire:
        call = await blocked(served, wire)
        await served.pass_time(59)
        before = call.told[-1]
        await served.pass_time(2)

        assert (before, call.told[-1]) == ("client_blocked", "client_gone")
        assert await wire.is_reset()


async def test_a_client_that_takes_a_little_now_and_then_is_served() -> None:
    async with serving(SILENT, limits=LIMITS) as served, connected(served.port, receive_buffer=4096) as wire:
        call = await blocked(served, wire)
        lane = served.lane
        for _ in range(5):
            unsent = lane.transport.get_write_buffer_size()
            while lane.transport.get_write_buffer_size() == unsent:
                await wire.exactly(1000)
            if "client_writable" in call.told:
                break
            await served.pass_time(61)

        assert "client_gone" not in call.told


async def test_the_time_for_a_stall_ends_when_the_client_reads() -> None:
    async with serving(SILENT, limits=LIMITS) as served, connected(served.port, receive_buffer=4096) as wire:
        call = await blocked(served, wire)
        while "client_writable" not in call.told:
            await wire.exactly(1000)
        await served.pass_time(1000)

        assert call.told[-1] == "client_writable"


async def test_an_answer_that_waits_for_its_reader_keeps_the_connection_until_it_stalls() -> None:
    async with serving(SILENT, limits=LIMITS) as served, connected(served.port, receive_buffer=4096) as wire:
        await wire.send(request(b""))
        call = await served.call()
        call.client.answer(200, b"", b"x" * 8_000_000)
        await wire.until(b"\r\n\r\n")
        await served.pass_time(59)
        lane = served.lane
        unsent = lane.transport.get_write_buffer_size()
        left = 8_000_000
        while lane.transport.get_write_buffer_size() == unsent:
            left -= len(await wire.exactly(1000))
        await served.pass_time(2)
        await served.pass_time(59)

        assert await wire.exactly(left) == b"x" * left


async def test_a_slow_reader_of_an_application_is_cut_when_it_stalls() -> None:
    async def endless(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            await next_turn()

    async with (
        serving(SILENT, limits=LIMITS, app=endless) as served,
        connected(served.port, receive_buffer=4096) as wire,
    ):
        await wire.send(request(b"", path=b"/other"))
        await wire.until(b"\r\n\r\n")
        while not served.lane.flow.write_paused:
            await wire.turn()
        await served.pass_time(61)
        await served.pass_time(61)
        await served.without_connections()
