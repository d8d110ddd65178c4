"""Look-ups: shared, remembered, and in nobody's way."""

from __future__ import annotations

import asyncio
import threading
from ipaddress import ip_address

import pytest

from headgate.adapters.upstream.dns import Resolver
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.core.failure import Failure, FailureKind
from tests.adapters.upstream.rig import ManualClock, Rig, means
from tests.origin.script import answer, answering
from tests.origin.server import PATIENCE, Origin

pytestmark = pytest.mark.anyio

ONE = (ip_address("192.0.2.1"),)


class SlowNames:
    """Names whose look-up lasts until the test lets it end."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.begun = threading.Semaphore(0)
        self.end = threading.Event()

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        self.begun.release()
        assert self.end.wait(PATIENCE)
        return ["192.0.2.1"]

    async def begins(self) -> None:
        assert await asyncio.to_thread(self.begun.acquire, timeout=PATIENCE)


async def test_those_who_ask_for_the_same_name_share_one_look_up() -> None:
    names = SlowNames()
    resolver = Resolver(ManualClock(), UpstreamLimits(), look_up=names)
    waiting = [asyncio.ensure_future(resolver.resolve("one.example")) for _ in range(3)]
    await names.begins()
    names.end.set()

    assert await asyncio.gather(*waiting) == [ONE, ONE, ONE]
    assert names.asked == ["one.example"]


async def test_who_stops_waiting_does_not_take_the_answer_from_the_others() -> None:
    names = SlowNames()
    resolver = Resolver(ManualClock(), UpstreamLimits(), look_up=names)
    first, second = (asyncio.ensure_future(resolver.resolve("one.example")) for _ in range(2))
    await names.begins()
    first.cancel()
    names.end.set()

    assert await second == ONE


async def test_an_answer_is_remembered_for_thirty_seconds() -> None:
    clock, asked = ManualClock(), []

    def look_up(host: str) -> list[str]:
        asked.append(host)
        return ["192.0.2.1"]

    resolver = Resolver(clock, UpstreamLimits(), look_up=look_up)
    await resolver.resolve("one.example")
    clock.seconds += 29.9
    await resolver.resolve("one.example")
    before = len(asked)
    clock.seconds += 0.1
    await resolver.resolve("one.example")

    assert (before, len(asked)) == (1, 2)


@pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("label too long")])
async def test_a_name_that_is_not_found_is_not_remembered(error: Exception) -> None:
    answers = iter([error, None])

    def look_up(_: str) -> list[str]:
        failed = next(answers)
        if failed is not None:
            raise failed
        return ["192.0.2.1"]

    resolver = Resolver(ManualClock(), UpstreamLimits(), look_up=look_up)
    first = await resolver.resolve("one.example")

    assert isinstance(first, Failure)
    assert first.kind is FailureKind.NAME_NOT_FOUND
    assert await resolver.resolve("one.example") == ONE


async def test_a_name_without_addresses_is_not_found() -> None:
    rig = Rig(look_up=means())

    told = await rig.call("http://none.example/v1")
    await rig.close()

    assert told.kind is FailureKind.NAME_NOT_FOUND


async def test_the_same_address_twice_is_one() -> None:
    resolver = Resolver(ManualClock(), UpstreamLimits(), look_up=means("192.0.2.1", "192.0.2.1"))

    assert await resolver.resolve("one.example") == ONE


async def test_a_slow_name_keeps_no_other_waiting() -> None:
    names = SlowNames()
    rig = Rig(look_up=lambda host: names(host) if host == "slow.example" else ["127.0.0.1"])
    with Origin(answering(answer(b"fast"))) as origin:
        wire, slow = rig.connect("http://slow.example/v1")
        await names.begins()
        told = await rig.call(f"http://fast.example:{origin.port}/v1")
        wire.abort()
        names.end.set()
    await rig.close()

    assert (told.body, slow.told) == (b"fast", [])


async def test_too_many_look_ups_at_once_are_refused() -> None:
    names = SlowNames()
    resolver = Resolver(ManualClock(), UpstreamLimits(look_ups=1), look_up=names)
    first = asyncio.ensure_future(resolver.resolve("one.example"))
    await names.begins()
    second = await resolver.resolve("two.example")
    names.end.set()
    await first

    assert isinstance(second, Failure)
    assert second.kind is FailureKind.BUSY


async def test_abort_during_the_look_up() -> None:
    names = SlowNames()
    rig = Rig(look_up=names)
    wire, told = rig.connect("http://slow.example/v1")
    await names.begins()
    wire.abort()
    await rig.settled()
    names.end.set()
    await rig.close()

    assert told.told == []


async def test_the_addresses_of_a_name_are_tried_in_order() -> None:
    with Origin(answering(answer())) as origin:
        # 127.0.0.2 is this machine too, and nothing listens there.
        rig = Rig(look_up=means("127.0.0.2", "127.0.0.1"))
        told = await rig.call(f"http://two.example:{origin.port}/v1")
        await rig.close()

    assert told.told[-1] == "done"
    assert origin.requests[0].header(b"host") == b"two.example:%d" % origin.port


async def test_an_address_that_does_not_answer_gives_way_to_the_next() -> None:
    with Origin(answering(answer())) as origin:
        # No time at all for an address that is not the last.
        rig = Rig(look_up=means("127.0.0.2", "127.0.0.1"), limits=UpstreamLimits(address=0.0))
        told = await rig.call(f"http://two.example:{origin.port}/v1")
        await rig.close()

    assert told.told[-1] == "done"


async def test_a_look_up_that_ends_after_its_loop_harms_nobody() -> None:
    names = SlowNames()

    def ask() -> None:
        async def leave() -> None:
            resolver = Resolver(ManualClock(), UpstreamLimits(), look_up=names)
            waiting = asyncio.ensure_future(resolver.resolve("one.example"))
            await asyncio.to_thread(names.begun.acquire, timeout=PATIENCE)
            waiting.cancel()

        asyncio.run(leave())

    await asyncio.to_thread(ask)
    names.end.set()
    for thread in threading.enumerate():
        if thread.name == "look-up one.example":
            await asyncio.to_thread(thread.join, PATIENCE)
