"""Tasks are kept, named, and their failure is logged."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from headgate.adapters.tasks import Tasks


def test_a_task_is_kept_until_it_ends() -> None:
    async def scenario() -> tuple[int, str, int, int]:
        tasks, go = Tasks(), asyncio.Event()

        async def work() -> int:
            await go.wait()
            return 7

        task = tasks.start(work(), name="seven")
        gc.collect()
        running = len(tasks)
        go.set()
        result = await task
        await asyncio.sleep(0)
        return running, task.get_name(), result, len(tasks)

    assert asyncio.run(scenario()) == (1, "seven", 7, 0)


def test_a_failure_is_logged_with_the_name_of_its_task(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    async def scenario() -> None:
        await asyncio.wait([Tasks().start(fail(), name="the frail")])
        await asyncio.sleep(0)

    asyncio.run(scenario())

    (record,) = caplog.records
    assert (record.name, record.levelno, record.getMessage()) == (
        "headgate.tasks",
        logging.ERROR,
        "task the frail failed",
    )
    assert record.exc_info is not None


def test_closing_cancels_what_runs_and_what_that_starts(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> int:
        tasks = Tasks()

        async def hang() -> None:
            await asyncio.Event().wait()

        async def start_another() -> None:
            try:
                await hang()
            finally:
                _ = tasks.start(hang(), name="second")

        _ = tasks.start(start_another(), name="first")
        await asyncio.sleep(0)
        await tasks.close()
        return len(tasks)

    assert asyncio.run(scenario()) == 0
    assert caplog.records == []


def test_closing_ends_also_when_a_task_has_ended_just_before() -> None:
    """Under Python 3.12 and later it went round for ever."""

    async def scenario() -> int:
        tasks = Tasks()

        async def work() -> None:
            pass

        task = tasks.start(work(), name="short")
        # One turn for the task; its callbacks are due in the next.
        await asyncio.sleep(0)
        assert task.done()
        await tasks.close()
        return len(tasks)

    assert asyncio.run(scenario()) == 0
