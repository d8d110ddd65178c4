"""Budgets and limits: what is read of them at a start, and what the routes about them use."""

from __future__ import annotations

import msgspec

from headgate.adapters.sql.budgets import SqlBudgets
from headgate.adapters.sql.rate_limits import SqlRateLimits
from headgate.core.subject import Subject
from headgate.gateway.allowance import Allowance
from headgate.gateway.bindings import Bindings
from headgate.gateway.budget_book import BudgetBook
from headgate.gateway.budget_ledger import BudgetLedger
from headgate.gateway.budgets import Budgets
from headgate.gateway.limit_book import LimitBook
from headgate.gateway.limits import RateLimits
from headgate.gateway.tenancy import Tenancy
from headgate.wiring_kept import Kept


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """The use cases."""

    budgets: Budgets
    limits: RateLimits


def allowance_of(kept: Kept) -> Allowance:
    """What calls may take, of everything that is set."""
    budgets = BudgetBook(kept.events, SqlBudgets(kept.database).all())
    limits = LimitBook(SqlRateLimits(kept.database).all())
    return Allowance(Bindings(budgets, limits, directory=kept.directory))


def spending_of(kept: Kept, allowance: Allowance, *, ledger: BudgetLedger, tenancy: Tenancy) -> Spending:
    """Whoever is no more takes budgets and limits along from then on."""
    spending = Spending(
        budgets=Budgets(tenancy, allowance, store=SqlBudgets(kept.database), ledger=ledger),
        limits=RateLimits(tenancy, allowance, store=SqlRateLimits(kept.database)),
    )

    def ended(subject: Subject) -> None:
        spending.budgets.ended(subject)
        spending.limits.ended(subject)

    kept.directory.ended = ended
    return spending
