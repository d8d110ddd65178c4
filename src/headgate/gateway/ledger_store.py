"""What the use cases need from the ledger: where finished requests become rows.

Methods run on the ledger's writer thread, or on a reader thread where they only read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from headgate.core.money import Picodollars
from headgate.ledger.records import Account, Finished


class Count(msgspec.Struct, frozen=True, gc=False):
    """What one window of a budget has come to. `tokens` are those of every bucket that counts tokens."""

    spent: Picodollars = 0
    exposure: Picodollars = 0
    tokens: int = 0


class Counting(Protocol):
    """Which windows a row counts in. Told to the store by whoever knows the budgets; pure, called on the writer."""

    def __call__(self, account: Account, admitted: int) -> Sequence[tuple[str, int]]:
        """Budgets by id, each with the start (Unix seconds) of the window that an admission at `admitted` is in."""


class LedgerStore(Protocol):
    """Rows are only ever added, but for one of status UNKNOWN, which a later certain one replaces."""

    def write(self, batch: Sequence[Finished], *, counting: Counting) -> None:
        """One transaction: rows, attempts, roll-ups and counters, each request once however often it is given, and the
        price lists for good. StoreUnavailable: nothing was written."""

    def counters(self) -> Mapping[tuple[str, int], Count]:
        """What is kept of each budget and window."""

    def recount(self, budget: str, *, account: Account, since: Callable[[int], int], start: int) -> Mapping[int, Count]:
        """Count a budget anew from the rows and keep the result, by window start.

        `account` has the fields that a row must match set, the others ""; rows admitted before `start` (Unix seconds)
        do not count; `since` gives the start of the window of an instant in Unix seconds.
        """

    def forget(self, budget: str) -> None:
        """Drop its counters."""

    def drop_before(self, month: int) -> Sequence[int]:
        """Drop the partitions of all months before `month` (202611 is November 2026), and say which; roll-ups stay."""
