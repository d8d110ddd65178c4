"""What the ledger need not keep: months that are older than is asked for, and counters of windows that are over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, Protocol

from headgate.core.clock import Clock
from headgate.core.errors import StoreUnavailable
from headgate.gateway.budget_book import BudgetBook

EVERY_SECONDS: Final = 3600.0
_LOG: Final = logging.getLogger("headgate.ledger")


class Retires(Protocol):
    """The ledger, as far as it lets go of something."""

    def retire(self, now: int, *, keep: int) -> Sequence[int]:
        """Drop the months before the last `keep` that are over at `now` (microseconds), and say which."""

    def forget_before(self, windows: Sequence[tuple[str, int]]) -> None:
        """Drop the counters of budgets of windows that began before the one that is named (Unix seconds)."""


class Runs(Protocol):
    """Has work done on the ledger's writer thread, and waits for it."""

    def run(self, work: Callable[[], None]) -> Awaitable[None]: ...


class Retention:
    """`keep` is how many past months stay, None for all."""

    def __init__(self, ledger: Retires, budgets: BudgetBook, *, clock: Clock, keep: int | None) -> None:
        self._ledger = ledger
        self._budgets = budgets
        self._clock = clock
        self._keep = keep

    def windows(self) -> Sequence[tuple[str, int]]:
        """Budgets, and the earliest start of a window that still counts. On the event loop."""
        now = int(self._clock.wall())
        each = ((running.budget.id, running.budget.terms.window) for running in self._budgets.all())
        return [(budget, window.first(window.start(now))) for budget, window in each]

    def let_go(self, windows: Sequence[tuple[str, int]]) -> None:
        """On the ledger's writer thread. StoreUnavailable."""
        if self._keep is not None:
            for month in self._ledger.retire(int(self._clock.wall() * 1e6), keep=self._keep):
                _LOG.info("the requests of month %d are older than is kept, and gone; sums by day stay", month)
        if windows:
            self._ledger.forget_before(windows)


async def keep_retired(retention: Retention, writer: Runs, *, every: float = EVERY_SECONDS) -> None:
    """Let go again and again, until cancelled."""
    while True:
        await asyncio.sleep(every)
        try:
            await writer.run(partial(retention.let_go, retention.windows()))
        except StoreUnavailable as error:
            _LOG.warning("the ledger lets nothing go at present: %s", error)
