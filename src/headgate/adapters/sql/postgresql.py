"""A PostgreSQL database, for those who already keep one running and backed up.

The lock on the database is an advisory lock of the session that writes. If that connection breaks, the lock is gone
with it, and the next connection takes it again before it is used: a process that has lost the database to another
can no longer write.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from headgate.adapters.sql.database import READER_THREADS
from headgate.adapters.sql.failures import DatabaseInUse, DatabaseRefused
from headgate.core.secret import Secret

DRIVER: Final = "postgresql+psycopg"
_ACCEPTED: Final = frozenset({"postgresql", "postgres", DRIVER})

# "headgate" in ASCII: advisory locks are numbers, and other programs may use the same database.
LOCK: Final = 0x6865616467617465
LEDGER_LOCK: Final = LOCK + 1

# A network that swallows packets is noticed within half a minute. Whatever the URL says wins.
_PATIENCE: Final = {
    "application_name": "headgate",
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}


def parse_url(text: Secret) -> URL:
    """The address of a database; DatabaseRefused for anything but PostgreSQL. The password is never in a message."""
    try:
        url = make_url(text.reveal())
    except ArgumentError:
        raise DatabaseRefused(
            "the database URL cannot be read; accepted: postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        ) from None
    if url.drivername not in _ACCEPTED:
        raise DatabaseRefused(
            f"the database URL starts with {url.drivername!r}; accepted: postgresql://..., "
            "or no URL for SQLite in the data directory"
        )
    return url.set(drivername=DRIVER).update_query_dict({**_PATIENCE, **url.query})


def write_engine(url: URL, *, lock: int = LOCK) -> Engine:
    """One connection, which holds the lock on the database, or on its part of it."""
    engine = create_engine(
        url,
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"options": "-c lock_timeout=10s"},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        _lock(connection, url, lock)

    return engine


def read_engine(url: URL) -> Engine:
    """Connections that cannot write, and whose transactions each see one state of the database."""
    return create_engine(
        url,
        pool_size=READER_THREADS + 1,
        max_overflow=READER_THREADS,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
        hide_parameters=True,
    )


def _lock(connection: Any, url: URL, number: int) -> None:  # noqa: ANN401
    assert isinstance(connection, psycopg.Connection)
    try:
        # A server may take a moment to notice that the connection which held the lock before is gone.
        connection.execute("SET LOCAL lock_timeout = '2s'")
        connection.execute("SELECT pg_advisory_lock(%s)", [number])
        connection.commit()
    except psycopg.errors.LockNotAvailable as error:
        connection.close()
        raise DatabaseInUse(
            f"the database {url.render_as_string()!r} is in use by another Headgate process; "
            "stop that one, or choose another database"
        ) from error
