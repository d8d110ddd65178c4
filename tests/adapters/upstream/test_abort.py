"""An attempt may be broken off in every state, and nothing more is told of it."""

from __future__ import annotations

import pytest

from tests.adapters.upstream.rig import BODY, PATH, Rig, make_offer, turn
from tests.origin.script import (
    answer,
    answering,
    expect,
    pause,
    send,
    until_closed,
)
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio


async def test_abort_while_waiting_for_a_connection(narrow: Rig) -> None:
    with Origin([expect(), pause("busy"), send(answer()), until_closed()]) as origin:
        _, first = await narrow.start(origin.url)
        wire, waiting = narrow.connect(origin.url)
        wire.abort()
        await origin.reaches("busy")
        origin.go("busy")
        await first.over()

    assert waiting.told == []
    assert narrow.counts.waiting == 0


async def test_abort_right_after_connect(rig: Rig) -> None:
    with Origin(answering(answer())) as origin:
        wire, told = rig.connect(origin.url)
        wire.abort()
        await rig.settled()
        await origin.closes()

    assert told.told == []


async def test_abort_of_a_wire_from_the_pool(rig: Rig) -> None:
    with Origin(answering(answer())) as origin:
        await rig.call(origin.url)
        wire, told = rig.connect(origin.url)
        wire.abort()
        await origin.closes()

    assert told.told == []


async def test_abort_before_a_failure_is_told(rig: Rig) -> None:
    wire, told = rig.connect(make_offer(None))
    wire.abort()
    await turn(2)

    assert told.told == []


async def test_abort_between_the_end_of_the_wait_and_its_telling(narrow: Rig) -> None:
    with Origin([expect(), pause("busy"), send(answer()), *answering(answer())]) as origin:
        _, first = await narrow.start(origin.url)
        wire, waiting = narrow.connect(origin.url)
        first.react = lambda event: wire.abort() if event == "done" else None
        await origin.reaches("busy")
        origin.go("busy")
        await first.over()
        await narrow.settled()

    assert waiting.told == []


@pytest.mark.parametrize("event", ["connected", "head", "bytes"])
async def test_abort_from_within_what_is_told(rig: Rig, event: str) -> None:
    with Origin([expect(), send(answer()[:-1]), until_closed()]) as origin:
        wire, told = rig.connect(origin.url)

        def react(name: str) -> None:
            if name == event:
                wire.abort()
            elif name == "connected":
                wire.send(PATH, BODY)

        told.react = react
        await told.until(event)
        await rig.settled()
        await origin.closes()

    assert told.told[-1] == event


async def test_abort_after_the_end_leaves_the_connection_alone(rig: Rig) -> None:
    with Origin(answering(answer())) as origin:
        wire, told = await rig.start(origin.url)
        await told.over()
        wire.abort()
        wire.pause()
        wire.resume()
        again = await rig.call(origin.url)

    assert (again.told[-1], origin.accepted) == ("done", 1)


async def test_abort_twice_is_harmless(rig: Rig) -> None:
    with Origin([expect(), until_closed()]) as origin:
        wire, told = await rig.start(origin.url)
        wire.abort()
        wire.abort()
        await origin.closes()

    assert told.told == ["connected"]


async def test_a_paused_connection_reads_again_when_it_is_kept(rig: Rig) -> None:
    with Origin(answering(answer())) as origin:
        wire, told = await rig.start(origin.url)
        told.react = lambda event: wire.pause() if event == "head" else None
        await told.over()
        again = await rig.call(origin.url)

    assert (again.told[-1], origin.accepted) == ("done", 1)
