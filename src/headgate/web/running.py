"""How a management API has work done that must not hold the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Runner(Protocol):
    """A queue of work on a thread of its own: what is awaited has happened, in the order in which it was asked for."""

    async def run(self, work: Callable[[], T]) -> T: ...
