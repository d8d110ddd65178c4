"""Which entries are shared, in SQL. The database itself ends a share with its entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection, delete, select

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.tables import share as table
from headgate.adapters.sql.upsert import upsert
from headgate.catalogue.share import Share


class SqlSharing:
    """The SharingStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def shares(self) -> Iterator[Share]:
        with self._database.reading() as connection:
            for row in connection.execute(select(table).order_by(table.c.shared_at, table.c.uid)):
                yield Share(uid=row.uid, shared_at=row.shared_at, shared_by=row.shared_by)

    def put(self, share: Share) -> None:
        with self._database.writing() as connection:
            put_shares(connection, [share])

    def drop(self, uid: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.uid == uid))


def put_shares(connection: Connection, shares: Sequence[Share]) -> None:
    upsert(connection, table, rows=[msgspec.structs.asdict(share) for share in shares])
