"""The threads that speak with the database, so that the event loop never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from headgate.core.errors import StoreUnavailable

T = TypeVar("T")


class Workers:
    """Threads that take work in the order in which it comes. One thread makes that an order of execution."""

    def __init__(self, name: str, *, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue `work`; StoreUnavailable after `close`. It is done in the context of whoever asks for it."""
        try:
            return self._executor.submit(copy_context().run, work)
        except RuntimeError:
            raise StoreUnavailable("the database is closed: the process is stopping") from None

    async def run(self, work: Callable[[], T]) -> T:
        """Queue `work` and wait for it.

        A wait that is cancelled takes back work that has not begun, and leaves alone what has: a write may have
        happened although nobody heard of it. Whoever must act on the outcome uses `submit`, or shields the wait.
        """
        return await asyncio.wrap_future(self.submit(work))

    def close(self) -> None:
        """Take no more work, do what is queued, end the threads."""
        self._executor.shutdown(wait=True)
