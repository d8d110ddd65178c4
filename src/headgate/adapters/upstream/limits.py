"""How much the upstream side takes upon itself."""

from __future__ import annotations

import msgspec

from headgate.http1 import caps


class UpstreamLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Caps and intervals. Seconds where not said otherwise; `connections` and `waiters` are for each origin.

    A connection in the pool is closed after `idle`, or when the `timeout` of its Keep-Alive field is nearly over,
    which counts up to `idle_most`. `address` is for each address of a name that has more than one.
    """

    connections: int = 1024
    waiters: int = 4096
    head_bytes: int = caps.RESPONSE_HEAD
    idle: float = 4.0
    idle_most: float = 60.0
    sweep: float = 1.0
    names_kept: float = 30.0
    look_ups: int = 64
    address: float = 3.0
