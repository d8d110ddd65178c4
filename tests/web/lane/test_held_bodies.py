"""A call that is given its body faster than it can pass it on holds the client back."""

from __future__ import annotations

import pytest

from tests.clients.wire import connected, request
from tests.web.lane.serving import ECHO, SILENT, Script, ScriptedCall, serving

pytestmark = pytest.mark.anyio

BODY = b"x" * 100_000


def hold(call: ScriptedCall) -> None:
    call.client.hold_body()


def hold_and_refuse(call: ScriptedCall) -> None:
    call.client.hold_body()
    call.client.answer(400, b"", b"no")


HELD: Script = {"head": hold}


async def test_nothing_more_of_a_body_is_read_until_the_call_takes_it() -> None:
    async with serving({**ECHO, **HELD}) as served, connected(served.port) as wire:
        await wire.send(request(BODY)[:-90_000])
        call = await served.call()
        before = len(call.received)
        await wire.send(BODY[:90_000])
        await served.pass_time(1)
        assert len(call.received) == before
        call.client.take_body()

        assert (await wire.answer()).body == BODY


async def test_a_body_that_is_held_back_is_not_late() -> None:
    async with serving({**ECHO, **HELD}) as served, connected(served.port) as wire:
        await wire.send(request(BODY)[:-90_000])
        call = await served.call()
        for _ in range(5):
            await served.pass_time(29)
        call.client.take_body()
        await served.pass_time(29)
        assert "client_gone" not in call.told
        await wire.send(BODY[:90_000])

        assert (await wire.answer()).status == 200


async def test_a_body_that_is_taken_again_may_be_late() -> None:
    async with serving({**SILENT, **HELD}) as served, connected(served.port) as wire:
        await wire.send(request(BODY)[:-90_000])
        call = await served.call()
        await served.pass_time(100)
        call.client.take_body()
        await served.pass_time(31)

        assert (await wire.answer()).status == 408
        assert call.told[-1] == "client_gone"


async def test_a_connection_is_read_again_after_the_answer_of_a_call_that_held_its_body() -> None:
    async with serving({**ECHO, "body": hold}) as served, connected(served.port) as wire:
        await wire.send(request(b"short"))
        first = await wire.answer()
        await wire.send(request(b"short"))
        second = await wire.answer()

    assert (first.status, second.status) == (200, 200)


async def test_a_refusal_of_a_body_that_was_held_back_is_read_by_a_client_that_goes_on_sending() -> None:
    async with serving({"head": hold_and_refuse}) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * 500_000)[:-400_000])
        told = await wire.answer()
        await wire.send(b"x" * 100_000)

    assert (told.status, told.closes) == (400, True)
