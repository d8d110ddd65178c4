"""How rows get into the tables: statements that are put together once, and tuples that go to the driver as they are.

SQLite takes them in blocks through one prepared statement, PostgreSQL in one COPY.
"""

from __future__ import annotations

from typing import Final, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from headgate.adapters.sql.ledger import counting, rolling
from headgate.adapters.sql.ledger.copying import copy_to_postgresql, execute_many, insert_in_blocks
from headgate.adapters.sql.ledger.gathering import Batch, MonthRows
from headgate.adapters.sql.ledger.tables import attempt_table, counter, request_table, rollup

_REQUEST_COLUMNS: Final = len(request_table(197001).c)
_ATTEMPT_COLUMNS: Final = len(attempt_table(197001).c)


class AlreadyThere(Exception):
    """One of the rows is in the ledger, or may have been. The transaction is good for nothing more."""


class Adding(Protocol):
    """Puts rows into one kind of database."""

    def rows(self, connection: Connection, month: MonthRows) -> None:
        """Add requests and their attempts to the tables of their month, which are there. AlreadyThere."""

    def sums(self, connection: Connection, batch: Batch) -> None:
        """Add to roll-ups and counters."""


def adding_for(dialect: str) -> Adding:
    return _Sqlite() if dialect == "sqlite" else _Postgresql()


class _Sums:
    def __init__(self, mark: str, *, least: str, most: str) -> None:
        lines = rolling.upsert(least=least, most=most)
        self._rollup = lines.format(_marks(len(rollup.c), mark))
        self._counter = counting.UPSERT.format(_marks(len(counter.c), mark))

    def sums(self, connection: Connection, batch: Batch) -> None:
        if lines := batch.rollups.rows():
            execute_many(connection, self._rollup, rows=lines)
        if counts := batch.counts.rows():
            execute_many(connection, self._counter, rows=counts)


class _Sqlite(_Sums):
    def __init__(self) -> None:
        super().__init__("?", least="min", most="max")

    def rows(self, connection: Connection, month: MonthRows) -> None:
        try:
            insert_in_blocks(connection, month.request_table, columns=_REQUEST_COLUMNS, rows=month.requests)
            insert_in_blocks(connection, month.attempt_table, columns=_ATTEMPT_COLUMNS, rows=month.attempts)
        except IntegrityError as error:
            raise AlreadyThere from error


class _Postgresql(_Sums):
    def __init__(self) -> None:
        super().__init__("%s", least="least", most="greatest")

    def rows(self, connection: Connection, month: MonthRows) -> None:
        instants = ((*row, instant) for row, instant in zip(month.attempts, month.instants, strict=True))
        try:
            copy_to_postgresql(connection, month.request_table, rows=month.requests)
            copy_to_postgresql(connection, month.attempt_table, rows=instants)
        except IntegrityError as error:
            raise AlreadyThere from error


def _marks(count: int, mark: str) -> str:
    return ", ".join([mark] * count)
