"""A change that is stored first and takes effect in memory right after, before anybody is told of it.

The store is spoken with on its own thread; what follows a successful write runs on the event loop even if the request
that asked for it has been given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol


class Submits(Protocol):
    """A thread that does work in the order in which it comes."""

    def submit(self, work: Callable[[], None]) -> Future[None]: ...


def begin(writer: Submits, work: Callable[[], None], *, then: Callable[[], None]) -> asyncio.Future[None]:
    """Do `work` on the thread and, if it did not fail, `then` on the event loop. Both happen in order of submission.

    Whoever waits for the future goes on after `then`.
    """
    waiting = asyncio.wrap_future(writer.submit(work))

    def take_effect(done: asyncio.Future[None]) -> None:
        if not done.cancelled() and done.exception() is None:
            then()

    waiting.add_done_callback(take_effect)
    return waiting


async def write_through(writer: Submits, work: Callable[[], None], *, then: Callable[[], None]) -> None:
    """The same, awaited."""
    # Shielded: if the request is given up, what was written still takes effect.
    await asyncio.shield(begin(writer, work, then=then))
