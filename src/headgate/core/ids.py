"""Identifiers that sort by time of creation."""

from __future__ import annotations

import uuid
from typing import Final

_COUNTER_BITS: Final = 42
_COUNTER_MASK: Final = (1 << _COUNTER_BITS) - 1


def uuid7(wall: float, randomness: bytes) -> str:
    """A UUIDv7 (RFC 9562) of Unix time `wall` in seconds and at least 10 bytes of `randomness`."""
    value = (int(wall * 1000) & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(randomness[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


class RequestIds:
    """Request ids of one process: `req_`, a random part drawn at start, a counter.

    Unique without a random number for each request; that they can be counted tells a caller only the load that
    its own requests show it anyway.
    """

    __slots__ = ("_count", "_prefix")

    def __init__(self, randomness: bytes) -> None:
        self._prefix = "req_" + randomness[:8].hex()
        self._count = 0

    def next(self) -> str:
        self._count += 1
        return f"{self._prefix}{self._count & _COUNTER_MASK:011x}"

    def given(self) -> int:
        """How many there were."""
        return self._count
