"""What is written in one turn of the event loop leaves at its end.

A write to a socket wakes whoever reads at its other end, which costs more than the write when that has gone to sleep.
Written together, the bytes of a turn wake others less often, and the event loop reads everything that is there before
it hands anything on. Measured: a sixth of the processor time of a short request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol


class Writable(Protocol):
    """The part of a transport that an outbox uses."""

    def is_closing(self) -> bool: ...
    def write(self, data: bytes, /) -> None: ...


class Outbox:
    """The writes of one turn, in order. Whoever closes a transport, or writes to it directly, flushes first.

    `turn` rises with each flush: who keeps it from a `write` can tell later whether those bytes have left. `before` is
    called at the beginning of each flush: what it writes down is written down before a byte leaves.
    """

    __slots__ = ("_held", "before", "turn")

    def __init__(self) -> None:
        self.turn = 0
        self.before: Callable[[], None] = _nothing
        self._held: list[tuple[Writable, bytes]] = []

    def write(self, transport: Writable, data: bytes) -> None:
        held = self._held
        if not held:
            asyncio.get_running_loop().call_soon(self.flush)
        elif held[-1][0] is transport:
            # The head of an answer and its first event, or its last event and its end: one segment instead of two.
            held[-1] = (transport, held[-1][1] + data)
            return
        held.append((transport, data))

    def flush(self) -> None:
        """Harmless at any time, also within itself."""
        self.before()
        held = self._held
        if held:
            self._held = []
            self.turn += 1
            for transport, data in held:
                if not transport.is_closing():
                    transport.write(data)


def _nothing() -> None:
    """Nothing is to be done before."""
