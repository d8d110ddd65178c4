"""One database: its connections, its threads, its lock.

All writes go through one connection, which only the writer thread uses in a running server, so a transaction never
waits for another of the same process. Reads have connections of their own, each a consistent view. Who opens a
database holds a lock on it until it is closed: two processes never write the same one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from headgate.adapters.sql.failures import told_as_ours
from headgate.adapters.sql.trail import Trail
from headgate.adapters.sql.workers import Workers
from headgate.core.errors import StoreUnavailable

READER_THREADS: Final = 3


def _never_known() -> bool:
    return False


class Database:
    """An open database whose schema is the one in force. `release` gives back what was locked for it."""

    def __init__(self, *, write_engine: Engine, read_engine: Engine, release: Callable[[], None]) -> None:
        self.write_engine = write_engine
        self.read_engine = read_engine
        self.writer = Workers("headgate-writer", threads=1)
        self.readers = Workers("headgate-reader", threads=READER_THREADS)
        self._release = release
        self._closed = False

    @contextmanager
    def writing(self, *, happened: Callable[[], bool] = _never_known) -> Iterator[Connection]:
        """A transaction that is committed when the block ends well, and leaves nothing behind otherwise.

        What it changes is in the audit trail when it is committed. Raises Conflict if a constraint forbids it and
        StoreUnavailable if the database fails. A database that fails while it commits may have done so all the same:
        then `happened` is asked, and if it says so, all is well.
        """
        self._may_be_used()
        with told_as_ours():
            unclear: SQLAlchemyError | None = None
            with self.write_engine.connect() as connection, connection.begin() as transaction:
                trail = Trail(connection)
                yield connection
                trail.write()
                try:
                    transaction.commit()
                except SQLAlchemyError as error:
                    unclear = error
            if unclear is not None and not happened():
                raise unclear

    @contextmanager
    def importing(self) -> Iterator[Connection]:
        """A transaction beside the audit trail, for filling a database with what nobody has done by hand."""
        self._may_be_used()
        with told_as_ours(), self.write_engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view of the database as it is when the block first reads."""
        self._may_be_used()
        with told_as_ours(), self.read_engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Finish what is queued, then let the database go. Blocks; harmless when done before."""
        self.writer.close()
        self.readers.close()
        if not self._closed:
            self._closed = True
            self.read_engine.dispose()
            self.write_engine.dispose()
            self._release()

    def _may_be_used(self) -> None:
        if self._closed:
            raise StoreUnavailable("the database is closed: the process is stopping")
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        raise RuntimeError("the event loop does not wait for a database; give the work to `writer` or `readers`")
