"""Which months of rows there are, and how one comes and goes. A month is a number: 202611 is November 2026, UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import DDL, Connection, text

from headgate.adapters.sql.ledger.tables import REQUEST, attempt_table, request_table

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NAME: Final = re.compile(rf"{REQUEST}_([0-9]{{6}})")

_OF_SQLITE: Final = text("SELECT name FROM sqlite_master WHERE type = 'table'")
_OF_POSTGRESQL: Final = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(:parent)"
).bindparams(parent=REQUEST)


def month_of(instant: int) -> int:
    """The month of an instant in microseconds of Unix time."""
    when = _EPOCH + timedelta(microseconds=instant)
    return when.year * 100 + when.month


def bounds(month: int) -> tuple[int, int]:
    """The first instant of a month and that of the next, in microseconds of Unix time."""
    return _first_instant(month), _first_instant(following(month))


def following(month: int) -> int:
    return month + 1 if month % 100 < 12 else month + 89


def earlier(month: int, by: int) -> int:
    """The month that lies `by` months before."""
    count = month // 100 * 12 + month % 100 - 1 - by
    return count // 12 * 100 + count % 12 + 1


def stored(connection: Connection) -> list[int]:
    """The months that have rows, newest first."""
    found = connection.execute(_OF_SQLITE if connection.dialect.name == "sqlite" else _OF_POSTGRESQL)
    matches = (_NAME.fullmatch(each) for each in found.scalars())
    return sorted((int(match[1]) for match in matches if match), reverse=True)


def create(connection: Connection, month: int) -> None:
    """Make the tables of a month, in the caller's transaction."""
    partitions = connection.dialect.name == "postgresql"
    first, end = bounds(month)
    for table in (request_table(month), attempt_table(month, partition=partitions)):
        table.create(connection, checkfirst=False)
        if partitions:
            # Attached and not created in place: that would wait until nobody reads any of the other months.
            parent = table.name.removesuffix(f"_{month}")
            attached = f"ALTER TABLE {parent} ATTACH PARTITION {table.name} FOR VALUES FROM ({first}) TO ({end})"
            connection.execute(DDL(attached))  # type: ignore[no-untyped-call]


def drop(connection: Connection, month: int) -> None:
    """Drop the rows of a month, in the caller's transaction."""
    for table in (attempt_table(month), request_table(month)):
        table.drop(connection, checkfirst=False)


def _first_instant(month: int) -> int:
    return (datetime(month // 100, month % 100, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
