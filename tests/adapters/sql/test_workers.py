"""The threads between the event loop and a database."""

from __future__ import annotations

import asyncio
import threading

import pytest

from headgate.adapters.sql.workers import Workers


def test_work_runs_on_a_thread_of_the_name() -> None:
    workers = Workers("scribe", threads=1)

    assert workers.submit(lambda: threading.current_thread().name).result().startswith("scribe")
    workers.close()


async def cancelled_wait(workers: Workers, *, begun: threading.Event, gate: threading.Event, done: list[str]) -> None:
    """One piece of work that has begun and one that has not; both waits are cancelled."""

    def first() -> None:
        begun.set()
        gate.wait()
        done.append("first")

    waits = [asyncio.ensure_future(workers.run(work)) for work in (first, lambda: done.append("second"))]
    await asyncio.to_thread(begun.wait)
    for wait in waits:
        wait.cancel()
    for wait in waits:
        with pytest.raises(asyncio.CancelledError):
            await wait


def test_a_cancelled_wait_takes_back_what_has_not_begun_and_leaves_what_has() -> None:
    workers = Workers("scribe", threads=1)
    begun, gate, done = threading.Event(), threading.Event(), list[str]()

    asyncio.run(cancelled_wait(workers, begun=begun, gate=gate, done=done))
    gate.set()
    workers.close()

    assert done == ["first"]


def test_work_of_one_thread_never_overlaps() -> None:
    workers = Workers("scribe", threads=1)
    inside, most = 0, 0

    def enter() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        inside -= 1

    for each in [workers.submit(enter) for _ in range(200)]:
        each.result()
    workers.close()

    assert most == 1
