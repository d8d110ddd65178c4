"""Faults of every kind at once, aborts in between, few connections: each attempt still ends once."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.adapters.upstream.pool import Counts
from tests.adapters.upstream.recorder import Recorder
from tests.adapters.upstream.rig import BODY, PATH, Rig
from tests.origin.script import (
    LAST_CHUNK,
    Script,
    answer,
    answering,
    chunk,
    expect,
    half_close,
    reset,
    send,
    stream_head,
    until_closed,
)
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio

STREAM = (stream_head(), chunk(b"data: 1\n\n"), chunk(b"data: 2\n\n"), LAST_CHUNK)
WHOLE = (expect(), send(answer(b"whole")))
ENDS: list[Script] = [
    [],
    [reset()],
    [half_close(), until_closed()],
    [expect(), reset()],
    [expect(), send(b"HTTP/1.1 200 OK\r\ncontent-"), reset()],
    [expect(), send(*STREAM[:2]), reset()],
    [expect(), send(*STREAM[:2]), half_close(), until_closed()],
    [expect(), send(stream_head(), b"zz\r\n"), until_closed()],
    [expect(), send(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")],
    [expect(), send(answer(b"last", headers=b"connection: close\r\n"))],
    [expect(), send(*STREAM)],
    [send(answer(status=408, headers=b"connection: close\r\n")), until_closed()],
]
EVENTS = ("connected", "head", "bytes")


def scripts(random: Random, count: int) -> list[Script]:
    """Some good answers on each connection, then an end."""
    return [[*WHOLE * random.randrange(4), *random.choice(ENDS)] for _ in range(count)]


async def attempt(rig: Rig, url: str, abort_at: str | None) -> Recorder:
    wire, told = rig.connect(url)
    aborted = asyncio.Event()

    def react(event: str) -> None:
        assert not aborted.is_set(), f"{event} was told after the end"
        if event == abort_at:
            wire.abort()
            aborted.set()
            told.stopped = True
        elif event == "connected":
            wire.send(PATH, BODY)

    told.react = react
    if wire.ready:
        wire.send(PATH, BODY)
    ends = [asyncio.ensure_future(told.over()), asyncio.ensure_future(aborted.wait())]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
    await asyncio.gather(*ends, return_exceptions=True)
    return told


@pytest.mark.parametrize("seed", range(6))
async def test_each_attempt_ends_once_and_nothing_is_left(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - for variety, not for secrets
    rig = Rig(limits=UpstreamLimits(connections=4, waiters=1000))
    with Origin(*scripts(random, 80), answering(answer())) as origin:
        aborts = [random.choice((None, None, None, *EVENTS)) for _ in range(200)]
        told = await asyncio.gather(*(attempt(rig, origin.url, abort_at) for abort_at in aborts))
        rig.clock.seconds += 100
        rig.upstream.sweep()
        await rig.settled()
        await origin.closes()
        rig.upstream.sweep()
        left = (rig.counts, len(rig.tasks))
        await rig.close()

    assert left == (Counts(0, 0, 0), 0)
    for recorder, abort_at in zip(told, aborts, strict=True):
        ends = [event for event in recorder.told if event in ("done", "failed", "abandoned")]
        assert ends in ([], recorder.told[-1:])
        assert ends or abort_at == recorder.told[-1]
        assert "abandoned" not in ends
