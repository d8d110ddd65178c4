"""Prices of single organizations, and the differences from the data set that are left alone, in SQL.

The database itself ends either with its entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Select, delete, select

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.money_tables import price_drift_ignored, price_override
from headgate.adapters.sql.upsert import Values, upsert
from headgate.catalogue.price import PriceFrom
from headgate.core.json import encode
from headgate.gateway.price_drift import Ignored
from headgate.gateway.price_overrides import Override

_LISTS: Final = msgspec.json.Decoder(tuple[PriceFrom, ...])


class SqlPriceOverrides:
    """The OverrideStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def overrides(self, organization: str | None = None) -> list[Override]:
        table = price_override
        wanted = select(table).order_by(table.c.created_at, table.c.organization_id, table.c.uid)
        if organization is not None:
            wanted = wanted.where(table.c.organization_id == organization)
        with self._database.reading() as connection:
            return list(_overrides(connection, wanted))

    def override(self, organization: str, uid: str) -> Override | None:
        table = price_override
        wanted = select(table).where(table.c.organization_id == organization, table.c.uid == uid)
        with self._database.reading() as connection:
            return next(_overrides(connection, wanted), None)

    def put(self, override: Override) -> None:
        values: Values = {
            "organization_id": override.organization,
            "uid": override.uid,
            "prices": encode(override.prices).decode(),
            "created_at": override.created_at,
            "created_by": override.created_by,
            "updated_at": override.updated_at,
        }
        with self._database.writing() as connection:
            upsert(connection, price_override, rows=[values])

    def drop(self, override: Override) -> None:
        table = price_override
        with self._database.writing() as connection:
            connection.execute(
                delete(table).where(table.c.organization_id == override.organization, table.c.uid == override.uid)
            )


class SqlIgnoredDrift:
    """The IgnoredStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ignored(self) -> list[Ignored]:
        table = price_drift_ignored
        with self._database.reading() as connection:
            return [
                Ignored(uid=row.uid, field=row.field, said=row.data_set, at=row.created_at, by=row.created_by)
                for row in connection.execute(select(table).order_by(table.c.uid, table.c.field))
            ]

    def put(self, ignored: Sequence[Ignored]) -> None:
        rows: list[Values] = [
            {
                "uid": each.uid,
                "field": each.field,
                "data_set": each.said,
                "created_at": each.at,
                "created_by": each.by,
            }
            for each in ignored
        ]
        with self._database.writing() as connection:
            upsert(connection, price_drift_ignored, rows=rows)


def _overrides(connection: Connection, wanted: Select[tuple[object, ...]]) -> Iterator[Override]:
    for row in connection.execute(wanted):
        yield Override(
            organization=row.organization_id,
            uid=row.uid,
            prices=_LISTS.decode(row.prices),
            created_at=row.created_at,
            created_by=row.created_by,
            updated_at=row.updated_at,
        )
