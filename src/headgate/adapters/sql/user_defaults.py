"""What people chose as their default models, in SQL. The database itself ends a choice with its entry."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.tables import user_default as table
from headgate.adapters.sql.upsert import Values, upsert
from headgate.gateway.user_defaults import UserDefault


class SqlUserDefaults:
    """The UserDefaultStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, organization: str, users: Sequence[str]) -> list[UserDefault]:
        wanted = select(table).where(table.c.organization_id == organization, table.c.user_id.in_(users))
        with self._database.reading() as connection:
            return [
                UserDefault(
                    user=row.user_id,
                    organization=row.organization_id,
                    config_type=row.config_type,
                    number=row.number,
                    uid=row.uid,
                    created_at=row.created_at,
                    updated_at=row.updated_at,
                )
                for row in connection.execute(wanted.order_by(table.c.number))
            ]

    def put(self, chosen: UserDefault) -> None:
        values: Values = {
            "user_id": chosen.user,
            "organization_id": chosen.organization,
            "config_type": chosen.config_type,
            "number": chosen.number,
            "uid": chosen.uid,
            "created_at": chosen.created_at,
            "updated_at": chosen.updated_at,
        }
        with self._database.writing() as connection:
            upsert(connection, table, rows=[values])

    def drop(self, chosen: UserDefault) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.number == chosen.number))

    def drop_of_others(self, uid: str, *, owner: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.uid == uid, table.c.user_id != owner))
