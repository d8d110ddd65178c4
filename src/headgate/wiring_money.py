"""What the process keeps of money: the journal, the ledger behind it, and the till that calls are rung up with."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial

import msgspec

from headgate.adapters.clock import SystemClock
from headgate.adapters.journal.reading import left
from headgate.adapters.journal.spool import Fsync, JournalLimits
from headgate.adapters.journal.writer import TICK_SECONDS, JournalWriter
from headgate.adapters.sql.ledger.opening import LedgerDatabase, open_ledger
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.adapters.sql.workers import Workers
from headgate.core.clock import Clock
from headgate.gateway.allowance import Allowance
from headgate.gateway.bookkeeper import Bookkeeper
from headgate.gateway.budget_ledger import BudgetLedger
from headgate.gateway.prices import Prices
from headgate.gateway.retention import Retention
from headgate.gateway.tab import Till
from headgate.settings import Settings


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """What is opened once."""

    database: LedgerDatabase
    ledger: SqlLedger
    journal: JournalWriter
    bookkeeper: Bookkeeper
    allowance: Allowance
    budget_ledger: BudgetLedger
    retention: Retention
    till: Till

    def fault(self) -> str:
        """Why calls are refused for the ledger's sake, "" if they are not."""
        late = self.budget_ledger.reason if self.bookkeeper.is_ready else self.bookkeeper.reason
        return self.journal.reason or late


def opened_money(settings: Settings, stack: ExitStack, *, allowance: Allowance, prices: Prices) -> Money:
    """DatabaseRefused, JournalRefused."""
    database = open_ledger(settings.data_dir, settings.database_url)
    stack.callback(database.close)
    ledger, clock = SqlLedger(database), SystemClock()
    syncs = Workers("headgate-journal", threads=1)
    stack.callback(syncs.close)
    journal = JournalWriter(
        settings.data_dir,
        limits=JournalLimits(spool=settings.journal_max_bytes, fsync=Fsync(settings.journal_fsync)),
        schedule=lambda: _at_the_end_of_the_turn(journal),
        syncs=syncs,
    )
    stack.callback(journal.close)
    bookkeeper = Bookkeeper(
        partial(ledger.write, counting=allowance.budgets.counting),
        writer=database.writer,
        journal=journal,
        left=partial(left, settings.data_dir),
        clock=clock,
    )
    till = Till(allows=allowance, journal=journal, books=bookkeeper, prices=prices, clock=clock)
    return Money(
        database=database,
        ledger=ledger,
        journal=journal,
        bookkeeper=bookkeeper,
        allowance=allowance,
        budget_ledger=BudgetLedger(allowance.budgets, ledger, turns=bookkeeper, writer=database.writer, clock=clock),
        retention=Retention(ledger, allowance.budgets, clock=clock, keep=settings.ledger_keep_months),
        till=till,
    )


def _at_the_end_of_the_turn(journal: JournalWriter) -> None:
    asyncio.get_running_loop().call_soon(journal.flush)


async def keep_ticking(journal: JournalWriter, clock: Clock, *, every: float = TICK_SECONDS) -> None:
    """Let the journal sync, and try again what the disk did not take, until cancelled."""
    while True:
        await asyncio.sleep(every)
        journal.tick(clock.now())
