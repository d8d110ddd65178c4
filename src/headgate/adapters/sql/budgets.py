"""Budgets in SQL. What was spent of them is in the ledger."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection, Row, delete, select

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.money_tables import budget as table
from headgate.adapters.sql.upsert import upsert
from headgate.core.json import encode
from headgate.core.subject import Subject, SubjectKind
from headgate.gateway.budget_book import Budget
from headgate.ledger.budget import OnExceeded, Terms, Unit, Window, amount_of, amount_text


class _Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The terms as they are stored: the amount in USD or tokens, so that the audit trail can be read."""

    name: str = ""
    unit: Unit
    amount: str
    window: Window = Window()
    hard: bool = True
    on_exceeded: OnExceeded | None = None


_SETTINGS: Final = msgspec.json.Decoder(_Settings)


class SqlBudgets:
    """The BudgetStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Budget]:
        """In the order of creation."""
        with self._database.reading() as connection:
            return stored(connection)

    def put(self, budget: Budget) -> None:
        terms, subject = budget.terms, budget.subject
        settings = _Settings(
            name=terms.name,
            unit=terms.unit,
            amount=amount_text(terms.unit, terms.amount),
            window=terms.window,
            hard=terms.hard,
            on_exceeded=terms.on_exceeded,
        )
        row = {
            "id": budget.id,
            "organization_id": subject.organization,
            "subject_kind": subject.kind.value,
            "subject_id": subject.id,
            "settings": encode(settings).decode(),
            "by_platform": budget.by_platform,
            "created_at": budget.created_at,
            "created_by": budget.created_by,
            "updated_at": budget.updated_at,
        }
        with self._database.writing() as connection:
            upsert(connection, table, rows=[row])

    def drop(self, budget_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.id == budget_id))


def stored(connection: Connection) -> list[Budget]:
    """All of them, in the order of creation."""
    return [_budget(row) for row in connection.execute(select(table).order_by(table.c.created_at, table.c.id))]


def _budget(row: Row[tuple[object, ...]]) -> Budget:
    settings = _SETTINGS.decode(row.settings)
    return Budget(
        id=row.id,
        subject=Subject(row.organization_id, SubjectKind(row.subject_kind), row.subject_id),
        terms=Terms(
            name=settings.name,
            unit=settings.unit,
            amount=amount_of(settings.unit, settings.amount),
            window=settings.window,
            hard=settings.hard,
            on_exceeded=settings.on_exceeded,
        ),
        by_platform=row.by_platform,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
    )
