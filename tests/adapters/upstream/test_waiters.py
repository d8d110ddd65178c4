"""Caps on connections, and those who wait for one."""

from __future__ import annotations

import asyncio
import resource

import pytest

from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.adapters.upstream.pool import Counts
from headgate.core.failure import FailureKind
from tests.adapters.upstream.rig import Rig
from tests.origin.script import (
    answer,
    answering,
    expect,
    pause,
    reset,
    send,
    until_closed,
)
from tests.origin.server import Origin, refusing

pytestmark = pytest.mark.anyio


async def test_who_finds_no_connection_waits_for_one(narrow: Rig) -> None:
    with Origin([expect(), pause("busy"), send(answer(b"one")), *answering(answer(b"two"))]) as origin:
        _, first = await narrow.start(origin.url)
        second = asyncio.ensure_future(narrow.call(origin.url))
        await origin.reaches("busy")
        waiting = narrow.counts
        origin.go("busy")
        await first.over()
        told = await second

    assert waiting == Counts(connections=1, idle=0, waiting=1)
    assert (told.told, told.body) == (["connected", "head", "bytes", "done"], b"two")
    assert origin.accepted == 1


async def test_who_waits_gets_a_connection_of_its_own_when_the_other_breaks(narrow: Rig) -> None:
    with Origin([expect(), pause("busy"), reset()], answering(answer(b"two"))) as origin:
        _, first = await narrow.start(origin.url)
        second = asyncio.ensure_future(narrow.call(origin.url))
        await origin.reaches("busy")
        origin.go("busy")
        await first.over()
        told = await second

    assert (first.kind, told.body, origin.accepted) == (FailureKind.RESET, b"two", 2)


async def test_too_many_waiters_are_sent_away(narrow: Rig) -> None:
    with Origin([expect(), until_closed()]) as origin:
        await narrow.start(origin.url)
        _, waiting = narrow.connect(origin.url)
        _, refused = narrow.connect(origin.url)
        before = list(refused.told)
        await refused.over()

    assert (before, refused.kind) == ([], FailureKind.BUSY)
    assert waiting.told == []


async def test_a_fresh_attempt_makes_room_among_idle_connections(narrow: Rig) -> None:
    with Origin(answering(answer())) as origin:
        await narrow.call(origin.url)
        told = await narrow.call(origin.url, fresh=True)

    assert (told.told[0], origin.accepted) == ("connected", 2)


async def test_a_fresh_attempt_that_waits_is_not_given_a_used_connection(narrow: Rig) -> None:
    with Origin([expect(), pause("busy"), send(answer()), until_closed()], answering(answer())) as origin:
        _, first = await narrow.start(origin.url)
        second = asyncio.ensure_future(narrow.call(origin.url, fresh=True))
        await origin.reaches("busy")
        origin.go("busy")
        await first.over()
        told = await second

    assert (told.told[-1], origin.accepted) == ("done", 2)


async def test_a_failed_connection_makes_room_for_who_waits(narrow: Rig) -> None:
    with refusing() as url:
        told = await asyncio.gather(narrow.call(url), narrow.call(url))

    assert [each.kind for each in told] == [FailureKind.REFUSED, FailureKind.REFUSED]
    assert narrow.counts == Counts(0, 0, 0)


async def test_origins_have_caps_of_their_own(narrow: Rig) -> None:
    with Origin([expect(), until_closed()]) as busy, Origin(answering(answer())) as free:
        await narrow.start(busy.url)
        told = await narrow.call(free.url)

    assert told.told[-1] == "done"


async def test_many_calls_share_few_connections() -> None:
    rig = Rig(limits=UpstreamLimits(connections=4, waiters=1000))
    with Origin(answering(answer(b"ok"))) as origin:
        told = await asyncio.gather(*(rig.call(origin.url) for _ in range(200)))
        await rig.close()
        await origin.closes()

    assert {each.body for each in told} == {b"ok"}
    assert origin.accepted == 4


async def test_a_machine_that_is_out_of_descriptors_is_busy(rig: Rig) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with refusing() as url:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
            told = await rig.call(url)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert told.kind is FailureKind.BUSY
