"""Budgets and limits behind the routes: a real ledger, asked at once instead of with the next pump."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec

from headgate.adapters.sql.budgets import SqlBudgets
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.ledger.opening import LedgerDatabase
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.adapters.sql.rate_limits import SqlRateLimits
from headgate.adapters.sql.workers import Workers
from headgate.core.subject import Subject
from headgate.gateway.allowance import Allowance
from headgate.gateway.bindings import Bindings
from headgate.gateway.budget_book import BudgetBook
from headgate.gateway.budget_ledger import BudgetLedger
from headgate.gateway.budgets import Budgets
from headgate.gateway.limit_book import LimitBook
from headgate.gateway.limits import RateLimits
from headgate.gateway.tenancy import Tenancy
from tests.gateway.purse import Told

T = TypeVar("T")


class Straight:
    """The Turns of a process where nothing is on its way. `failure` is what it raises."""

    def __init__(self, writer: Workers) -> None:
        self.failure: Exception | None = None
        self._writer = writer

    async def between(self, begin: Callable[[], None], work: Callable[[], T]) -> T:
        begin()
        if self.failure is not None:
            raise self.failure
        found: list[T] = []
        await asyncio.wrap_future(self._writer.submit(lambda: found.append(work())))
        return found[0]


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """What a test may look at."""

    allowance: Allowance
    budgets: Budgets
    limits: RateLimits
    ledger: SqlLedger
    turns: Straight
    told: Told


def spending_of(tenancy: Tenancy, database: Database, ledger: LedgerDatabase) -> Spending:
    told = Told()
    book, limits = BudgetBook(told, SqlBudgets(database).all()), LimitBook(SqlRateLimits(database).all())
    book.load({}, wall=tenancy.now())
    allowance = Allowance(Bindings(book, limits, directory=tenancy.directory))
    store, turns = SqlLedger(ledger), Straight(ledger.writer)
    kept = BudgetLedger(book, store, turns=turns, writer=ledger.writer, clock=tenancy.clock)
    spending = Spending(
        allowance=allowance,
        budgets=Budgets(tenancy, allowance, store=SqlBudgets(database), ledger=kept),
        limits=RateLimits(tenancy, allowance, store=SqlRateLimits(database)),
        ledger=store,
        turns=turns,
        told=told,
    )

    def ended(subject: Subject) -> None:
        spending.budgets.ended(subject)
        spending.limits.ended(subject)

    tenancy.directory.ended = ended
    return spending
