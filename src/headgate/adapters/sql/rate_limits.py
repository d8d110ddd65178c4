"""Limits in SQL: those that are set. What is used of them is in memory only."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import delete, select

from headgate.access.limits import Limits, SetLimits
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.money_tables import rate_limit as table
from headgate.adapters.sql.upsert import upsert
from headgate.core.json import encode
from headgate.core.subject import Subject, SubjectKind

_SETTINGS: Final = msgspec.json.Decoder(Limits)


class SqlRateLimits:
    """The LimitStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[SetLimits]:
        """In the order of creation."""
        with self._database.reading() as connection:
            return [
                SetLimits(
                    subject=Subject(row.organization_id, SubjectKind(row.subject_kind), row.subject_id),
                    limits=_SETTINGS.decode(row.settings),
                    by_platform=row.by_platform,
                    created_at=row.created_at,
                    created_by=row.created_by,
                    updated_at=row.updated_at,
                )
                for row in connection.execute(select(table).order_by(table.c.created_at, *table.primary_key))
            ]

    def put(self, limits: SetLimits) -> None:
        subject = limits.subject
        row = {
            "organization_id": subject.organization,
            "subject_kind": subject.kind.value,
            "subject_id": subject.id,
            "settings": encode(limits.limits).decode(),
            "by_platform": limits.by_platform,
            "created_at": limits.created_at,
            "created_by": limits.created_by,
            "updated_at": limits.updated_at,
        }
        with self._database.writing() as connection:
            upsert(connection, table, rows=[row])

    def drop(self, subject: Subject) -> None:
        with self._database.writing() as connection:
            connection.execute(
                delete(table).where(
                    table.c.organization_id == subject.organization,
                    table.c.subject_kind == subject.kind.value,
                    table.c.subject_id == subject.id,
                )
            )
