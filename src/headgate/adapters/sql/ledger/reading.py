"""Reading the ledger: rows in pages, sums from the roll-ups, single requests. Each method is one consistent view."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Table

from headgate.adapters.sql.ledger.reading_requests import request
from headgate.adapters.sql.ledger.reading_rows import WINDOW, Reader
from headgate.adapters.sql.ledger.reading_sums import summary
from headgate.adapters.sql.ledger.tables import attempt_table, request_table
from headgate.gateway.usage_store import Group, GroupBy, Position, Reach, Request, Rows, Summary, UsageFilter


class Reads(Protocol):
    """A database that the ledger's tables are in."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A view of the database as it is when the block first reads."""


class SqlLedgerReading:
    """The LedgerReading of one database. `window` is how many rows one statement looks through for a narrow filter."""

    def __init__(self, database: Reads, *, window: int = WINDOW) -> None:
        self._database = database
        self._window = window
        # Statements are compiled once for each table object, so those are kept.
        self._requests: dict[int, Table] = {}
        self._attempts: dict[int, Table] = {}

    def rows(self, wanted: UsageFilter, *, reach: Reach, after: Position | None, limit: int) -> Rows:
        with self._database.reading() as connection:
            reader = Reader(connection, self._request_table, window=self._window)
            return reader.rows(wanted, reach=reach, after=after, limit=limit)

    def request(self, request_id: str, *, reach: Reach) -> Request | None:
        with self._database.reading() as connection:
            return request(
                connection, request_id, reach=reach, requests=self._request_table, attempts=self._attempt_table
            )

    def summary(
        self, wanted: UsageFilter, *, reach: Reach, by: Sequence[GroupBy], after: Group | None, limit: int
    ) -> Summary:
        with self._database.reading() as connection:
            return summary(connection, wanted, reach=reach, by=by, after=after, limit=limit)

    def _request_table(self, month: int) -> Table:
        if month not in self._requests:
            self._requests[month] = request_table(month)
        return self._requests[month]

    def _attempt_table(self, month: int) -> Table:
        if month not in self._attempts:
            self._attempts[month] = attempt_table(month)
        return self._attempts[month]
