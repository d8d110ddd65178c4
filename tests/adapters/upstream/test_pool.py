"""Connections that are kept, shared and given back."""

from __future__ import annotations

import pytest

from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.adapters.upstream.pool import Counts
from headgate.core.failure import FailureKind
from tests.adapters.upstream.recorder import Recorder
from tests.adapters.upstream.rig import Rig, make_offer
from tests.origin.script import (
    LAST_CHUNK,
    Step,
    answer,
    answering,
    chunk,
    expect,
    expect_head,
    half_close,
    pause,
    reset,
    send,
    stream_head,
    until_closed,
)
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio


async def test_a_whole_answer_leaves_its_connection_for_the_next(rig: Rig) -> None:
    with Origin(answering(answer(b"one"))) as origin:
        first = await rig.call(origin.url)
        second = await rig.call(origin.url)

    assert (first.body, second.body) == (b"one", b"one")
    assert origin.accepted == 1
    assert second.told == ["head", "bytes", "done"]


async def test_a_wire_from_the_pool_is_ready_at_once(rig: Rig) -> None:
    with Origin(answering(answer())) as origin:
        await rig.call(origin.url)
        wire, _ = rig.connect(origin.url)

        assert wire.ready
        assert rig.counts == Counts(connections=1, idle=0, waiting=0)


async def test_a_chunked_answer_leaves_its_connection_too(rig: Rig) -> None:
    with Origin(answering(stream_head(), chunk(b"one"), LAST_CHUNK)) as origin:
        await rig.call(origin.url)
        await rig.call(origin.url)

    assert origin.accepted == 1


async def test_the_next_attempt_of_a_call_finds_the_connection_of_the_last(rig: Rig) -> None:
    with Origin(answering(answer())) as origin:
        ready: list[bool] = []
        _, told = await rig.start(origin.url)
        told.react = lambda event: ready.append(rig.connect(origin.url)[0].ready) if event == "done" else None
        await told.over()

    assert ready == [True]


async def test_a_fresh_connection_passes_by_the_pool(rig: Rig) -> None:
    with Origin(answering(answer())) as origin:
        await rig.call(origin.url)
        told = await rig.call(origin.url, fresh=True)

    assert (told.told[0], origin.accepted) == ("connected", 2)


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(answer(headers=b"connection: close\r\n"), id="close"),
        pytest.param(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}", id="HTTP/1.0"),
        pytest.param(answer() + b"HTTP/1.1 200 OK\r\n", id="more of the protocol"),
        pytest.param(answer() + b"garbage", id="garbage"),
        pytest.param(answer() + answer(b"another"), id="a second answer"),
        pytest.param(stream_head() + chunk(b"{}") + LAST_CHUNK + b"x", id="a byte after the last chunk"),
    ],
)
async def test_a_connection_with_something_left_over_is_not_kept(rig: Rig, response: bytes) -> None:
    with Origin([expect(), send(response), until_closed()]) as origin:
        told = await rig.call(origin.url)
        await origin.closes()

    assert (told.told, told.body) == (["connected", "head", "bytes", "done"], b"{}")
    assert rig.counts.idle == 0


async def test_an_answer_before_the_whole_request_ends_its_connection(rig: Rig) -> None:
    with Origin([expect_head(), send(answer(status=413)), pause("unread"), until_closed()]) as origin:
        told = await rig.call(origin.url, b"x" * 30_000_000)
        origin.go("unread")
        await origin.closes()

    assert told.status == 413
    assert rig.counts.idle == 0


async def test_offers_of_another_egress_class_do_not_share_connections() -> None:
    rig = Rig()
    with Origin(answering(answer())) as origin:
        await rig.call(make_offer(origin.url, private=True))
        told = await rig.call(make_offer(origin.url, private=False))
        await rig.close()

    assert told.kind is FailureKind.EGRESS_REFUSED


async def test_an_idle_connection_is_closed_after_four_seconds(rig: Rig) -> None:
    with Origin(answering(answer())) as origin:
        await rig.call(origin.url)
        rig.clock.seconds += 3.9
        rig.upstream.sweep()
        kept = rig.counts.idle
        rig.clock.seconds += 0.1
        rig.upstream.sweep()
        await origin.closes()

    assert (kept, rig.counts.idle) == (1, 0)


async def test_the_sweep_comes_by_itself() -> None:
    rig = Rig(limits=UpstreamLimits(idle=0.0, sweep=0.01))
    with Origin(answering(answer())) as origin:
        await rig.call(origin.url)
        await origin.closes()
    await rig.close()


@pytest.mark.parametrize(
    ("promise", "seconds"),
    [
        pytest.param(b"timeout=30", 29, id="longer"),
        pytest.param(b"timeout=3, max=100", 2, id="shorter"),
        pytest.param(b"timeout=86400", 60, id="much longer"),
        pytest.param(b"max=100", 4, id="no time"),
        pytest.param(b"timeout=soon", 4, id="no number"),
    ],
)
async def test_keep_alive_says_how_long_a_connection_is_kept(rig: Rig, promise: bytes, seconds: int) -> None:
    with Origin(answering(answer(headers=b"keep-alive: " + promise + b"\r\n"))) as origin:
        await rig.call(origin.url)
        rig.clock.seconds += seconds - 0.1
        rig.upstream.sweep()
        kept = rig.counts.idle
        rig.clock.seconds += 0.1
        rig.upstream.sweep()

    assert (kept, rig.counts.idle) == (1, 0)


async def test_a_connection_past_its_time_is_not_taken_even_before_the_sweep(rig: Rig) -> None:
    with Origin(answering(answer())) as origin:
        await rig.call(origin.url)
        rig.clock.seconds += 4.0
        told = await rig.call(origin.url)

    assert (told.told[0], origin.accepted) == ("connected", 2)


@pytest.mark.parametrize(
    "end",
    [half_close(), reset(), send(b"HTTP/1.1 408 Request Timeout\r\n\r\n")],
    ids=["end", "reset", "unasked bytes"],
)
async def test_an_idle_connection_that_ends_or_speaks_is_dropped(rig: Rig, end: Step) -> None:
    with Origin([expect(), send(answer()), pause("idle"), end, until_closed()], answering(answer())) as origin:
        await rig.call(origin.url)
        origin.go("idle")
        await rig.settled()
        told = await rig.call(origin.url)

    assert (told.told[0], origin.accepted) == ("connected", 2)


async def test_nothing_is_left_of_attempts_that_ended_in_every_way(rig: Rig) -> None:
    scripts = [
        [expect(), reset()],
        [expect(), send(b"HTTP/1.1 200 OK\r\n")],
        [expect(), send(stream_head(), chunk(b"1")), reset()],
        [expect(), send(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")],
        [expect(), send(b"nonsense"), until_closed()],
        [expect(), until_closed()],
        [expect(), send(answer()), until_closed()],
    ]
    with Origin(*scripts) as origin:
        recorders: list[Recorder] = []
        for script in scripts:
            wire, told = await rig.start(origin.url, fresh=True)
            recorders.append(told)
            if script[1:] == [until_closed()]:
                wire.abort()
            else:
                await told.over()
        rig.clock.seconds += 10
        rig.upstream.sweep()
        await rig.settled()
        await origin.closes()
        rig.upstream.sweep()

    assert (rig.counts, len(rig.tasks)) == (Counts(0, 0, 0), 0)
    assert all(told.attempts <= {1} for told in recorders)


async def test_closing_breaks_off_everything_and_tells_nobody(rig: Rig) -> None:
    with Origin(answering(answer()), [expect(), until_closed()], [until_closed()]) as origin:
        await rig.call(origin.url)
        _, running = await rig.start(origin.url, fresh=True)
        await rig.close()
        await origin.closes()

    assert running.told == ["connected"]
    assert rig.counts == Counts(0, 0, 0)
