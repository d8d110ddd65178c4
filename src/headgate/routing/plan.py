"""Which entry to try next, and when to stop.

A plan is the failover half of one request: it does no I/O and reads no clock. The first entry is the one that the
name resolved to; each next one is the failover of the one before, at most five hops, none twice. A connection that
turned out stale is tried again once, on a fresh one, before anything else. A stand-in that is known not to work is
passed over; the entry that was asked for is tried whatever is known of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from headgate.catalogue.offer import Offer
from headgate.core.failure import NOT_TRIED, Failure, FailureKind

MOST_HOPS: Final = 5

FAILS_OVER: Final = frozenset(
    {
        FailureKind.LIMITED,
        FailureKind.BUSY,
        FailureKind.NAME_NOT_FOUND,
        FailureKind.REFUSED,
        FailureKind.TLS,
        FailureKind.CONNECT_TIMEOUT,
        FailureKind.STALE,
        FailureKind.RESET,
        FailureKind.FIRST_BYTE_TIMEOUT,
        FailureKind.IDLE_TIMEOUT,
        FailureKind.MALFORMED,
        FailureKind.TOO_LARGE,
        FailureKind.CUT,
        FailureKind.RATE_LIMITED,
        FailureKind.SERVER_ERROR,
        FailureKind.UNREADABLE,
    }
)
"""What another upstream may do better. Not among them: the caller's mistakes, and the total time, which is used up.
The catalogue's own mistakes (`NOT_TRIED`) are told to the caller if the entry that was asked for has them; a
stand-in that has them is passed over."""


class Try(msgspec.Struct, frozen=True, gc=False):
    """Send the request to this entry; `fresh`: not on a pooled connection."""

    offer: Offer
    fresh: bool = False


class GiveUp(msgspec.Struct, frozen=True, gc=False):
    """Nothing is left to try; `failures` lists every attempt, oldest first."""

    failures: tuple[Failure, ...]


class Plan:
    """The attempts of one request after its first, which went to `first`. Single use."""

    __slots__ = ("_failures", "_is_out", "_offer", "_retried", "_seen", "_successor")

    def __init__(
        self,
        first: Offer,
        successor: Callable[[Offer], Offer | None],
        *,
        is_out: Callable[[str], bool] = lambda _uid: False,
    ) -> None:
        """`is_out` tells by its uid whether an entry is known not to work."""
        self._offer = first
        self._successor = successor
        self._is_out = is_out
        self._failures: list[Failure] = []
        self._seen = {first.uid}
        self._retried = False

    def failed(self, failure: Failure) -> Try | GiveUp:
        """The last step failed, before the caller got anything of it: what to do now."""
        passed_over = failure.kind in NOT_TRIED and bool(self._failures)
        self._failures.append(failure)
        if failure.kind is FailureKind.STALE and not self._retried:
            self._retried = True
            return Try(self._offer, fresh=True)
        if failure.kind in FAILS_OVER or passed_over:
            target = self._next()
            if target is not None:
                return Try(target)
        return GiveUp(tuple(self._failures))

    def _next(self) -> Offer | None:
        """The next stand-in. One that is passed over is a hop like any other."""
        while len(self._seen) <= MOST_HOPS:
            target = self._successor(self._offer)
            if target is None or target.uid in self._seen:
                return None
            self._seen.add(target.uid)
            self._offer = target
            if not self._is_out(target.uid):
                return target
        return None
