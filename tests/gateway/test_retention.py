"""What the ledger lets go of."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.core.subject import SubjectKind
from headgate.gateway.retention import Retention
from headgate.ledger.budget import Period, Window
from tests.gateway.purse import Purse
from tests.gateway.town import NOW


class Ledger:
    """Remembers what it was told to let go of."""

    def __init__(self) -> None:
        self.did: list[tuple[object, ...]] = []

    def retire(self, now: int, *, keep: int) -> Sequence[int]:
        self.did.append(("retire", now, keep))
        return [202601]

    def forget_before(self, windows: Sequence[tuple[str, int]]) -> None:
        self.did.append(("forget", *windows))


class Noon:
    """The clock of the town."""

    def now(self) -> float:
        return NOW

    def wall(self) -> float:
        return NOW


def test_nothing_is_dropped_unless_somebody_said_how_much_is_kept() -> None:
    ledger = Ledger()
    retention = Retention(ledger, Purse().budgets, clock=Noon(), keep=None)

    retention.let_go(retention.windows())

    assert ledger.did == []


def test_months_before_those_that_are_kept_go() -> None:
    ledger = Ledger()

    Retention(ledger, Purse().budgets, clock=Noon(), keep=3).let_go([])

    assert ledger.did == [("retire", int(NOW * 1e6), 3)]


def test_counters_go_that_are_older_than_the_windows_which_still_count() -> None:
    ledger, purse = Ledger(), Purse()
    hour, rolling = Window(period=Period.HOUR), Window(rolling=3600)
    purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=1, window=hour)
    purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=1, window=rolling)

    retention = Retention(ledger, purse.budgets, clock=Noon(), keep=None)
    retention.let_go(retention.windows())

    now = int(NOW)
    # At once: each transaction of the ledger keeps its rows waiting.
    assert ledger.did == [("forget", ("b-1", now - now % 3600), ("b-2", now - now % 60 - 59 * 60))]
