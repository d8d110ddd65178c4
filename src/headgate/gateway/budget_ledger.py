"""Budgets and the ledger: what the one counts in memory and the other keeps must come to the same.

Both count every request once, but not at the same moment. What is read from the ledger is therefore read between two
requests: at a moment of the event loop from which on everything that ends is written later, and before which
everything that has ended is written already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Protocol, TypeVar

from headgate.core.clock import Clock
from headgate.core.errors import StoreUnavailable
from headgate.core.subject import SubjectKind
from headgate.gateway.budget_book import BudgetBook, Running
from headgate.gateway.ledger_store import Count, LedgerStore
from headgate.gateway.write_through import Submits
from headgate.ledger.records import Account

LOOK_SECONDS: Final = 60.0
_AGAIN_SECONDS: Final = 1.0

T = TypeVar("T")


class Turns(Protocol):
    """The way of finished requests to the ledger, as far as others may step between two of them."""

    async def between(self, begin: Callable[[], None], work: Callable[[], T]) -> T:
        """Call `begin` on the event loop, then do `work` on the ledger's writer.

        Requests that ended before `begin` was called are in the ledger when the work is done, and none that ended
        after. StoreUnavailable if they cannot be brought there; `begin` may have been called then.
        """


class BudgetLedger:
    """Reads and rebuilds what the ledger keeps of budgets. `drift` is what the last look at both found: by how much
    they differ, in picodollars and in tokens."""

    def __init__(self, book: BudgetBook, store: LedgerStore, *, turns: Turns, writer: Submits, clock: Clock) -> None:
        self.drift = (0, 0)
        self._book = book
        self._store = store
        self._turns = turns
        self._writer = writer
        self._clock = clock

    @property
    def reason(self) -> str:
        """Why calls that a budget binds are refused, "" if they are not."""
        return "" if self._book.is_loaded else "what has been spent of budgets is not known yet"

    async def restore(self) -> None:
        """Take over what the ledger has, once, at a start. Until then calls that a budget binds are refused.

        What is kept of budgets that are no more is dropped.
        """
        known: set[str] = set()

        def begin() -> None:
            # Not before: what is made while this waits for its turn has been counted by then.
            known.update(running.budget.id for running in self._book.all())

        def work() -> Mapping[tuple[str, int], Count]:
            found = self._store.counters()
            for budget_id in {each for each, _ in found} - known:
                self._store.forget(budget_id)
            return found

        counters = await self._turns.between(begin, work)
        self._book.load(counters, wall=self._clock.wall())

    async def count(self, running: Running, begin: Callable[[], None]) -> Mapping[int, Count]:
        """What the ledger has of a budget that counts in memory from `begin` on."""
        budget, wall = running.budget, int(self._clock.wall())
        window, subject = budget.terms.window, budget.subject
        account = Account(
            subject.organization,
            subject.id if subject.kind is SubjectKind.PROJECT else "",
            subject.id if subject.kind is SubjectKind.USER else "",
            subject.id if subject.kind is SubjectKind.KEY else "",
        )
        start = window.first(window.start(wall))
        return await self._turns.between(
            begin, lambda: self._store.recount(budget.id, account=account, since=window.start, start=start)
        )

    def forget(self, budget_id: str) -> None:
        """Drop what the ledger keeps. Nobody waits for it: what stays behind is dropped at the next start."""
        self._writer.submit(lambda: self._store.forget(budget_id))

    async def look(self) -> None:
        """Compare memory and ledger, but for budgets that count an attempt of a request that has not ended."""
        wall = int(self._clock.wall())
        seen: dict[str, tuple[Running, dict[int, tuple[int, int]]]] = {}

        def begin() -> None:
            for running in self._book.all():
                if running.is_counted and not running.between:
                    # Windows that have passed may be forgotten on either side.
                    since = _since(running, wall)
                    seen[running.budget.id] = (running, running.tally.counted(since=since))

        counters = await self._turns.between(begin, self._store.counters)
        picodollars = tokens = 0
        for budget_id, (running, here) in seen.items():
            there = {start: running.amounts(count) for (each, start), count in counters.items() if each == budget_id}
            apart = _apart(here, there, since=_since(running, wall))
            if running.counts_tokens:
                tokens += apart
            else:
                picodollars += apart
        self.drift = (picodollars, tokens)


async def keep_compared(ledger: BudgetLedger, *, every: float = LOOK_SECONDS) -> None:
    """Take over what the ledger has as soon as it can tell, then look at both again and again until cancelled."""
    while ledger.reason:
        try:
            await ledger.restore()
        except StoreUnavailable:
            await asyncio.sleep(_AGAIN_SECONDS)
    while True:
        await asyncio.sleep(every)
        with suppress(StoreUnavailable):
            await ledger.look()


def _since(running: Running, wall: int) -> int:
    window = running.budget.terms.window
    return window.first(window.start(wall))


def _apart(here: Mapping[int, tuple[int, int]], there: Mapping[int, tuple[int, int]], *, since: int) -> int:
    """By how much they differ in the windows that count."""
    total = 0
    for start in here.keys() | {each for each in there if each >= since}:
        spent, exposure = here.get(start, (0, 0))
        other_spent, other_exposure = there.get(start, (0, 0))
        total += abs(spent - other_spent) + abs(exposure - other_exposure)
    return total
