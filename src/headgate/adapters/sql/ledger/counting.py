"""What rows come to in each window of each budget: the lines of `ledger_counter`.

Budgets hold for accounts, so whatever is asked about a row is a question about its account and the instant of its
admission.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from headgate.adapters.sql.ledger.rolling import MILLION
from headgate.adapters.sql.ledger.rows import RequestRow
from headgate.adapters.sql.upsert import Values
from headgate.gateway.ledger_store import Count, Counting
from headgate.ledger.records import Account

Window: TypeAlias = tuple[str, int]
"""A budget and the start of a window of it, in Unix seconds."""

_SECOND: Final = 1_000_000
_MOST: Final = 10_000

UPSERT: Final = (
    'INSERT INTO ledger_counter (budget, "window", spent_m, spent_r, exposure_m, exposure_r, tokens) VALUES ({}) '
    'ON CONFLICT (budget, "window") DO UPDATE SET spent_m = ledger_counter.spent_m + excluded.spent_m, '
    "spent_r = ledger_counter.spent_r + excluded.spent_r, "
    "exposure_m = ledger_counter.exposure_m + excluded.exposure_m, "
    "exposure_r = ledger_counter.exposure_r + excluded.exposure_r, "
    "tokens = ledger_counter.tokens + excluded.tokens"
)


class Counts:
    """Sums by window: spent, exposure, tokens."""

    __slots__ = ("_asked", "_counting", "windows")

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        # Windows begin with whole seconds, so whoever made several requests in one is asked about once.
        self._asked: dict[tuple[int, int], list[list[int]]] = {}
        self.windows: dict[Window, list[int]] = {}

    def add(self, account: Account, row: RequestRow, *, sign: int = 1) -> None:
        key = (row[3], row[1] // _SECOND)
        found = self._asked.get(key)
        if found is None:
            if len(self._asked) >= _MOST:
                self._asked.clear()
            found = self._asked[key] = self._sums(account, row[1])
        for sums in found:
            sums[0] += sign * (row[10] or 0)
            sums[1] += sign * row[11]
            sums[2] += sign * (row[12] + row[13])

    def rows(self) -> list[tuple[str, int, int, int, int, int, int]]:
        """The sums in the order of the table's columns, amounts in two parts."""
        return [
            (budget, window, *divmod(spent, MILLION), *divmod(exposure, MILLION), tokens)
            for (budget, window), (spent, exposure, tokens) in self.windows.items()
        ]

    def counted(self) -> Mapping[Window, Count]:
        return {window: Count(*sums) for window, sums in self.windows.items()}

    def _sums(self, account: Account, admitted: int) -> list[list[int]]:
        return [self.windows.setdefault(window, [0, 0, 0]) for window in self._counting(account, admitted)]


def count_of(spent: tuple[int, int], exposure: tuple[int, int], *, tokens: int) -> Count:
    """A row of the table, whose amounts are in two parts."""
    return Count(spent[0] * MILLION + spent[1], exposure[0] * MILLION + exposure[1], tokens)


def rows_of(budget: str, counts: Mapping[int, Count]) -> list[Values]:
    """The rows of a budget, by the start of the window."""
    return [
        {
            "budget": budget,
            "window": window,
            "spent_m": count.spent // MILLION,
            "spent_r": count.spent % MILLION,
            "exposure_m": count.exposure // MILLION,
            "exposure_r": count.exposure % MILLION,
            "tokens": count.tokens,
        }
        for window, count in counts.items()
    ]
