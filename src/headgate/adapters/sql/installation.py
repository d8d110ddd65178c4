"""Facts about the installation as a whole, each a name and a text."""

from __future__ import annotations

from sqlalchemy import select

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.schema import INSTALLATION_ID
from headgate.adapters.sql.tables import meta
from headgate.adapters.sql.upsert import upsert


class SqlInstallation:
    """Names and texts that are neither catalogue nor directory, such as whether the first start was completed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def id(self) -> str:
        """A UUID, drawn when the database was created."""
        known = self.get(INSTALLATION_ID)
        assert known is not None, "every database is created with it"
        return known

    def get(self, name: str) -> str | None:
        with self._database.reading() as connection:
            return connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none()

    def put(self, name: str, value: str) -> None:
        with self._database.writing() as connection:
            upsert(connection, meta, rows=[{"name": name, "value": value}])
