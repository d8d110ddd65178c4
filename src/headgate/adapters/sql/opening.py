"""Opening a database: lock it, bring it to the schema in force, hand it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from headgate.adapters.sql import schema, sqlite
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.failures import DatabaseRefused, first_line
from headgate.adapters.sql.lock import DirectoryLock
from headgate.core.secret import Secret


def open_database(data_directory: Path, url: Secret | None = None) -> Database:
    """The database at `url`, else the SQLite file in the data directory; DatabaseRefused if it cannot be used.

    The data directory is locked either way: its other files belong to one process as well.
    """
    lock = DirectoryLock(data_directory)
    try:
        if url is None:
            file = data_directory / sqlite.FILE_NAME
            return _opened(lambda: sqlite.write_engine(file), lambda: sqlite.read_engine(file), lock.release)
        # psycopg is an extra, and whoever has no PostgreSQL need not have it.
        from headgate.adapters.sql import postgresql  # noqa: PLC0415

        address = postgresql.parse_url(url)
        return _opened(lambda: postgresql.write_engine(address), lambda: postgresql.read_engine(address), lock.release)
    except BaseException:
        lock.release()
        raise


@contextmanager
def open_for_reading(data_directory: Path, url: Secret | None = None) -> Iterator[Connection]:
    """One view of the same database, which cannot write and takes no lock: it may be in use by a server.

    DatabaseRefused if there is none, or if it has another schema than the one in force.
    """
    engine = _read_engine(data_directory, url)
    try:
        with engine.connect() as connection, connection.begin():
            found = schema.version(connection)
            if found != schema.VERSIONS[-1]:
                raise DatabaseRefused(
                    f"the database {engine.url!r} has schema {found!r}; accepted: {schema.VERSIONS[-1]!r}, "
                    "to which a start of the server brings an older one"
                )
            yield connection
    except DBAPIError as error:
        raise DatabaseRefused(f"the database {engine.url!r} cannot be read: {first_line(error)}") from error
    finally:
        engine.dispose()


def _read_engine(data_directory: Path, url: Secret | None) -> Engine:
    if url is None:
        file = data_directory / sqlite.FILE_NAME
        if not file.is_file():
            raise DatabaseRefused(f"there is no database in {str(data_directory)!r}; accepted: a data directory")
        return sqlite.read_engine(file)
    # psycopg is an extra, and whoever has no PostgreSQL need not have it.
    from headgate.adapters.sql import postgresql  # noqa: PLC0415

    return postgresql.read_engine(postgresql.parse_url(url))


def _opened(write: Callable[[], Engine], read: Callable[[], Engine], release: Callable[[], None]) -> Database:
    engine = write()
    try:
        with engine.begin() as connection:
            schema.prepare(connection)
    except BaseException as error:
        engine.dispose()
        if isinstance(error, SQLAlchemyError):
            reason = first_line(error) if isinstance(error, DBAPIError) else str(error)
            raise DatabaseRefused(f"the database {engine.url!r} cannot be used: {reason}") from error
        raise
    return Database(write_engine=engine, read_engine=read(), release=release)
