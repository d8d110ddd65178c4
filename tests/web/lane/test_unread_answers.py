"""A client that asks on and on without reading what it is answered is held back, and cut when it stalls."""

from __future__ import annotations

import pytest
from starlette.types import Receive, Scope, Send

from headgate.web.lane_shared import LaneLimits
from tests.clients.wire import Wire, connected, request
from tests.web.lane.serving import SILENT, Script, ScriptedCall, Served, next_turn, serving

pytestmark = pytest.mark.anyio

LIMITS = LaneLimits(stall_seconds=60)
LARGE = b"x" * 8_000_000


def large(call: ScriptedCall) -> None:
    call.client.answer(200, b"", LARGE)


def large_in_pieces(call: ScriptedCall) -> None:
    call.client.start(200, b"")
    for _ in range(800):
        call.client.write(b"x" * 10_000)
    call.client.end()


async def large_page(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": LARGE})


@pytest.mark.parametrize("script", [{"body_complete": large}, {"body_complete": large_in_pieces}])
async def test_no_further_request_is_read_until_the_last_answer_is(script: Script) -> None:
    limits = LaneLimits(unwritten_bytes=len(LARGE) * 2)
    async with serving(script, limits=limits) as served, connected(served.port, receive_buffer=4096) as wire:
        await wire.send(request(b""))
        await served.call()
        while not served.lane.flow.write_paused:
            await next_turn()
        await wire.send(request(b""))
        await served.pass_time(1)
        before = len(served.calls)
        first = await wire.answer()
        second = await wire.answer()

    assert (before, first.status, second.status) == (1, 200, 200)


async def test_a_client_that_asks_again_without_reading_is_cut_when_it_stalls() -> None:
    async with (
        serving(SILENT, limits=LIMITS, app=large_page) as served,
        connected(served.port, receive_buffer=4096) as wire,
    ):
        await wire.send(request(b"", path=b"/other"))
        await waiting(served, wire)
        await wire.send(request(b"", path=b"/other"))
        await stall(served)


async def test_a_client_that_ends_its_body_only_when_the_answer_waits_for_it_is_cut_when_it_stalls() -> None:
    async with (
        serving(SILENT, limits=LIMITS, app=large_page) as served,
        connected(served.port, receive_buffer=4096) as wire,
    ):
        whole = request(b"xx", path=b"/other")
        await wire.send(whole[:-1])
        await waiting(served, wire)
        await wire.send(whole[-1:])
        await stall(served)


def refuse_at_length(call: ScriptedCall) -> None:
    call.client.answer(401, b"", LARGE)


async def test_no_request_is_read_that_begins_where_the_body_of_an_unread_refusal_ends() -> None:
    async with (
        serving({"head": refuse_at_length}, limits=LIMITS) as served,
        connected(served.port, receive_buffer=4096) as wire,
    ):
        whole = request(b"xx")
        await wire.send(whole[:-1])
        await waiting(served, wire)
        await wire.send(whole[-1:] + request(b"xx")[:-1])
        await stall(served)

        assert len(served.calls) == 1


async def waiting(served: Served, wire: Wire) -> None:
    """An answer has begun, and more of it is there than its client takes."""
    await wire.until(b"\r\n\r\n")
    while not served.lane.flow.write_paused:
        await next_turn()


async def stall(served: Served) -> None:
    """Time passes in which nothing is read, until the server holds no connection."""
    for _ in range(4):
        await served.pass_time(61)
    await served.without_connections()
