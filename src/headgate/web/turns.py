"""Work that is too long for one turn of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


async def in_turns(work: Generator[None, None, T]) -> T:
    """The generator's value, with the event loop's other work between its steps."""
    while True:
        try:
            next(work)
        except StopIteration as ended:
            value: T = ended.value
            return value
        await asyncio.sleep(0)


def at_once(work: Generator[None, None, T]) -> T:
    """The generator's value, on a thread that nobody waits for meanwhile."""
    while True:
        try:
            next(work)
        except StopIteration as ended:
            value: T = ended.value
            return value
