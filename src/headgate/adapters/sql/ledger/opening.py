"""Opening the ledger: a SQLite file beside the main database's, or tables of the same PostgreSQL database.

It has a version of its own, because it is a database of its own: one may be restored without the other. Whoever opens
it for writing holds the data directory's lock already; on PostgreSQL the ledger's writer holds a lock besides, which
goes with its connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from headgate.adapters.sql import sqlite
from headgate.adapters.sql.failures import DatabaseRefused, SchemaTooNew, first_line, told_as_ours
from headgate.adapters.sql.ledger.tables import METADATA, attempt_table, meta, request_table
from headgate.adapters.sql.workers import Workers
from headgate.core.errors import StoreUnavailable
from headgate.core.secret import Secret

FILE_NAME: Final = "ledger.sqlite3"
VERSION: Final = 1

_CACHE_KIB: Final = 256
"""Rows come in the order of their numbers, so a page that is full is not asked for again: 2 MiB less memory."""

_VERSION_NAME: Final = "version"
_READER_THREADS: Final = 2


class LedgerDatabase:
    """The open ledger: connections and threads that the rest of the server does not wait for."""

    def __init__(self, write_engine: Engine, read_engine: Engine) -> None:
        self.writer = Workers("headgate-ledger", threads=1)
        self.readers = Workers("headgate-ledger-reader", threads=_READER_THREADS)
        self._write_engine = write_engine
        self._read_engine = read_engine
        self._closed = False

    @property
    def dialect(self) -> str:
        return self._write_engine.dialect.name

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction. StoreUnavailable if the database fails, also where it is not known whether it committed:
        all that is written here may be written again."""
        self._may_be_used()
        with told_as_ours(), self._write_engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view of the ledger as it is when the block first reads."""
        self._may_be_used()
        with told_as_ours(), self._read_engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Finish what is queued, then let the ledger go. Blocks; harmless when done before."""
        self.writer.close()
        self.readers.close()
        self._closed = True
        self._read_engine.dispose()
        self._write_engine.dispose()

    def _may_be_used(self) -> None:
        if self._closed:
            raise StoreUnavailable("the ledger is closed: the process is stopping")
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        raise RuntimeError("the event loop does not wait for the ledger; give the work to `writer` or `readers`")


def open_ledger(data_directory: Path, url: Secret | None = None) -> LedgerDatabase:
    """The ledger of a data directory or of a PostgreSQL database; DatabaseRefused if it cannot be used."""
    engine = _write_engine(data_directory, url)
    try:
        with engine.begin() as connection:
            _prepare(connection)
    except BaseException as error:
        engine.dispose()
        if isinstance(error, SQLAlchemyError):
            reason = first_line(error) if isinstance(error, DBAPIError) else str(error)
            raise DatabaseRefused(f"the ledger {engine.url!r} cannot be used: {reason}") from error
        raise
    return LedgerDatabase(engine, _read_engine(data_directory, url))


@contextmanager
def ledger_for_reading(data_directory: Path, url: Secret | None = None) -> Iterator[Connection]:
    """One view of the ledger, which cannot write and takes no lock: it may be in use by a server.

    DatabaseRefused if there is none, or if it has another schema than the one in force.
    """
    if url is None and not (data_directory / FILE_NAME).is_file():
        raise DatabaseRefused(f"there is no ledger in {str(data_directory)!r}; accepted: a data directory")
    engine = _read_engine(data_directory, url)
    try:
        with engine.connect() as connection, connection.begin():
            found = _version(connection)
            if found is None:
                raise DatabaseRefused(f"there is no ledger in {engine.url!r}; accepted: a database that has served")
            if found != VERSION:
                raise DatabaseRefused(
                    f"the ledger {engine.url!r} has schema {found}; accepted: {VERSION}, "
                    "to which a start of the server brings an older one"
                )
            yield connection
    except DBAPIError as error:
        raise DatabaseRefused(f"the ledger {engine.url!r} cannot be read: {first_line(error)}") from error
    finally:
        engine.dispose()


def _write_engine(data_directory: Path, url: Secret | None) -> Engine:
    if url is None:
        return sqlite.write_engine(data_directory / FILE_NAME, cache_kib=_CACHE_KIB)
    # psycopg is an extra, and whoever has no PostgreSQL need not have it.
    from headgate.adapters.sql import postgresql  # noqa: PLC0415

    return postgresql.write_engine(postgresql.parse_url(url), lock=postgresql.LEDGER_LOCK)


def _read_engine(data_directory: Path, url: Secret | None) -> Engine:
    if url is None:
        return sqlite.read_engine(data_directory / FILE_NAME)
    # psycopg is an extra, and whoever has no PostgreSQL need not have it.
    from headgate.adapters.sql import postgresql  # noqa: PLC0415

    return postgresql.read_engine(postgresql.parse_url(url))


def _prepare(connection: Connection) -> None:
    found = _version(connection)
    if found is None:
        _create(connection)
    elif found != VERSION:
        raise SchemaTooNew(
            f"the ledger has schema {found}, which a newer Headgate has written; "
            f"this one knows schemas up to {VERSION}: start the newer one, or restore a backup"
        )


def _version(connection: Connection) -> int | None:
    """The schema of the ledger, None if there is none."""
    if not inspect(connection).has_table(meta.name):
        return None
    found = connection.execute(select(meta.c.value).where(meta.c.name == _VERSION_NAME)).scalar_one_or_none()
    return int(found) if found is not None else None


def _create(connection: Connection) -> None:
    try:
        METADATA.create_all(connection, checkfirst=False)
        if connection.dialect.name == "postgresql":
            request_table().create(connection, checkfirst=False)
            attempt_table().create(connection, checkfirst=False)
    except DBAPIError as error:
        raise DatabaseRefused(
            f"the tables of the ledger cannot be created: {first_line(error)}; accepted: an empty database, "
            "and a role that may create tables in it"
        ) from error
    connection.execute(insert(meta), [{"name": _VERSION_NAME, "value": str(VERSION)}])
