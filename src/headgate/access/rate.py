"""Rate limits as arithmetic: the generic cell rate algorithm.

The whole state of a limit is one number, the theoretical arrival time: when the bucket would be full again if nobody
called. A bucket of `count` calls, or tokens, refills evenly over `period`. No clock and no timer: the caller says what
time it is.

`allow` decides with a state that the caller keeps. `Bucket` keeps its own, for those who ask many thousand times a
second and correct later what they reserved by estimate.
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

# A bucket that refills at exactly this instant must not refuse because of a rounded last bit.
_ROUNDING: Final = 1e-6


def allow(rate: Rate, state: float, *, now: float, quantity: int = 1) -> Verdict:
    """Ask for one call, or for so many tokens, at `now`. A refused call costs nothing.

    A quantity above the whole limit counts as the whole: it passes when the bucket is full, or it never would.
    """
    interval = rate.period / rate.count
    arrival = max(state, now) + min(quantity, rate.count) * interval
    wait = arrival - rate.period - now
    if wait > _ROUNDING * interval:
        return Verdict(allowed=False, state=state, retry_after=max(1, math.ceil(wait)))
    return Verdict(allowed=True, state=arrival, retry_after=0)


class Bucket:
    """A limit in use: what `allow` says, with a memory. `whose` names it in messages.

    What is taken may be given back in part, but never what has come back by itself in the meantime: the arrival time
    right after taking says how much of it is still to come.
    """

    __slots__ = ("__weakref__", "_count", "_interval", "_slack", "arrival", "rate", "whose")

    def __init__(self, rate: Rate, whose: str = "") -> None:
        self.whose = whose
        self.arrival = UNUSED
        self.become(rate)

    def become(self, rate: Rate) -> None:
        """Another limit from now on, of which the same share is used."""
        self.rate = rate
        self._count = rate.count
        self._interval = rate.period / rate.count
        self._slack = rate.period + _ROUNDING * self._interval

    def take(self, quantity: int, now: float) -> bool:
        """Whether so much may be had, which is then taken."""
        # Every call passes here, and a call of `min` or `max` takes longer than all the rest.
        count, arrival = self._count, self.arrival
        if quantity > count:  # noqa: PLR1730
            quantity = count
        if arrival < now:  # noqa: PLR1730
            arrival = now
        arrival += quantity * self._interval
        if arrival - now > self._slack:
            return False
        self.arrival = arrival
        return True

    def correct(self, taken: int, real: int, *, until: float, now: float) -> None:
        """It was `real` and not what was taken; `until` is the arrival time as it was right after taking."""
        back = (min(taken, self._count) - real) * self._interval
        if back < 0.0:
            self.arrival = max(self.arrival, now) - back
        elif until - back >= now:
            self.arrival -= back
        elif until > now:
            self.arrival -= until - now

    def wait(self, quantity: int, now: float) -> int:
        """Whole seconds until so much may be had, at least 1."""
        asked = min(quantity, self.rate.count) * self._interval
        return max(1, math.ceil(max(self.arrival, now) + asked - self.rate.period - now))

    def remaining(self, now: float) -> int:
        """How much may be asked for. Every answer tells it, so it calls nothing that it can do without."""
        used = self.arrival - now
        if used <= 0.0:
            return self._count
        left = int((self.rate.period - used) * self._count / self.rate.period + _ROUNDING)
        return max(0, left)

    def reset(self, now: float) -> int:
        """Whole seconds until the bucket is full again."""
        return 0 if self.arrival <= now else math.ceil(self.arrival - now - _ROUNDING)

    def is_full(self, now: float) -> bool:
        return self.arrival <= now


class Slots:
    """So many requests at a time. `whose` names the limit in messages."""

    __slots__ = ("__weakref__", "count", "taken", "whose")

    def __init__(self, count: int, whose: str = "") -> None:
        self.count = count
        self.taken = 0
        self.whose = whose
