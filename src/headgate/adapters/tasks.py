"""The one place where tasks are made.

The event loop keeps only weak references to tasks, so one that nobody holds can vanish while it runs; and a task that
nobody awaits fails unseen. Here each is kept until it ends, has a name, and its failure is logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Final, TypeVar

T = TypeVar("T")

_LOG: Final = logging.getLogger("headgate.tasks")


class Tasks:
    """The running tasks of one event loop."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[object]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[object, object, T], *, name: str) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """Cancel whatever runs and wait until all of it has ended."""
        while self._running:
            running = tuple(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            # Since Python 3.12 gathering what has ended does not yield, so their own callbacks may be still to come.
            self._running.difference_update(running)

    def _ended(self, task: asyncio.Task[T]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            _LOG.error("task %s failed", task.get_name(), exc_info=error)
