"""SQLite in the data directory: one file, WAL, every commit on disk before it is acknowledged."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from headgate.adapters.sql.database import READER_THREADS

FILE_NAME: Final = "headgate.sqlite3"

_CACHE_KIB: Final = 2000
"""SQLite's own default."""

# How long one statement waits for a lock. Only a tool from outside, such as a backup, ever holds one.
_BUSY_MS: Final = 5000


def write_engine(file: Path, *, cache_kib: int = _CACHE_KIB) -> Engine:
    """One connection, whose transactions take the write lock when they begin and not half-way. It keeps so many KiB of
    pages."""
    # SQLite creates its files with the modes that the umask leaves; -wal and -shm take theirs from the first.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    engine = _engine(file, connections=1, overflow=0)

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        _prepare(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def read_engine(file: Path) -> Engine:
    """Connections that cannot write. The threads of the writer and the readers may all read at once."""
    engine = _engine(file, connections=READER_THREADS + 1, overflow=READER_THREADS)

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        _prepare(connection)
        connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _engine(file: Path, *, connections: int, overflow: int) -> Engine:
    return create_engine(
        URL.create("sqlite+pysqlite", database=str(file)),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=overflow,
        connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000},
        # What is written is nothing for a log, which failures are told to with all that led to them.
        hide_parameters=True,
    )


def _prepare(connection: DBAPIConnection) -> None:
    assert isinstance(connection, sqlite3.Connection)
    # Left to itself the module begins transactions on its own, and not before every kind of statement.
    connection.isolation_level = None
