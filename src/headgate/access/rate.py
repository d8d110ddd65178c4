"""Rate limits as arithmetic: the generic cell rate algorithm.

The whole state of a limit is one number, the theoretical arrival time: when the bucket would be full again if nobody
called. A bucket of `count` calls refills evenly over `period`. No clock and no timer: the caller says what time it is.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec


class Rate(msgspec.Struct, frozen=True, gc=False):
    """`count` calls, at most all at once, that come back evenly over `period` seconds."""

    count: int
    period: float


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """Whether the call may go. `state` is to be kept; `retry_after` is 0 or whole seconds, at least 1."""

    allowed: bool
    state: float
    retry_after: int


UNUSED: Final = -math.inf
"""The state of a limit that nobody has used."""


def allow(rate: Rate, state: float, *, now: float) -> Verdict:
    """Ask for one call at `now`. A refused call costs nothing."""
    interval = rate.period / rate.count
    arrival = max(state, now)
    wait = arrival + interval - rate.period - now
    # A bucket that refills at exactly this instant must not refuse because of a rounded last bit.
    if wait > 1e-6 * interval:
        return Verdict(allowed=False, state=state, retry_after=max(1, math.ceil(wait)))
    return Verdict(allowed=True, state=arrival + interval, retry_after=0)
