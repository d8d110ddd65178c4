"""Rows on their way to the driver, past everything that would look at their values.

The library that lends the connection does not see what happens on it here, so it is told of failures in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Final, TypeAlias

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

BLOCK: Final = 100
"""Rows of one statement. SQLite takes 32,766 values."""

Values: TypeAlias = tuple[int | str | bytes | None, ...]


def execute_many(connection: Connection, statement: str, *, rows: Sequence[Values]) -> None:
    """One statement for many rows, whose values are its parameters in order."""
    cursor = connection.connection.cursor()
    try:
        with _told(connection, statement):
            cursor.executemany(statement, rows)
    finally:
        cursor.close()


def insert_in_blocks(connection: Connection, table: str, *, columns: int, rows: Sequence[Values]) -> None:
    """Add rows, complete and in the order of the table's columns, `BLOCK` of them with each statement.

    The driver lets go of the interpreter for each statement that it executes, and with it of the processor: one for
    each row would have the event loop and this thread take turns at every row.
    """
    one = f"({', '.join('?' * columns)})"
    whole = len(rows) - len(rows) % BLOCK
    block = f"INSERT INTO {table} VALUES {', '.join([one] * BLOCK)}"  # noqa: S608 - no value in it
    cursor = connection.connection.cursor()
    try:
        with _told(connection, block):
            for start in range(0, whole, BLOCK):
                cursor.execute(block, tuple(chain.from_iterable(rows[start : start + BLOCK])))
            cursor.executemany(f"INSERT INTO {table} VALUES {one}", rows[whole:])  # noqa: S608 - as above
    finally:
        cursor.close()


def copy_to_postgresql(connection: Connection, table: str, *, rows: Iterable[Values]) -> None:
    """Add rows, complete and in the order of the table's columns, in one COPY."""
    # psycopg is an extra, and whoever has no PostgreSQL need not have it.
    import psycopg  # noqa: PLC0415

    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    statement = f"COPY {table} FROM STDIN"
    with _told(connection, statement), driver.cursor() as cursor, cursor.copy(statement.encode()) as into:
        write: Callable[[Values], None] = into.write_row
        for row in rows:
            write(row)


@contextmanager
def _told(connection: Connection, statement: str) -> Iterator[None]:
    driver = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.IntegrityError as error:
        raise IntegrityError(statement, None, error) from error
    except driver.Error as error:
        if connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None):
            connection.invalidate(error)
        raise DBAPIError(statement, None, error) from error
