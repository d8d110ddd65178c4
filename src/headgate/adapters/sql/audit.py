"""The audit trail in SQL: read in pages, added to, and gone through from end to end beside a running server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Row, select

from headgate.access.audit import AuditEntry, AuditEvent, Break, Proof, verified
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.tables import audit, counter
from headgate.adapters.sql.trail import AUDIT_COUNTER, append
from headgate.gateway.audit import AuditFilter

_FETCH: Final = 1000


class SqlAudit:
    """The AuditStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, wanted: AuditFilter, *, limit: int) -> list[AuditEntry]:
        found = select(audit).order_by(audit.c.number.desc()).limit(limit)
        equal = {
            audit.c.organization_id: wanted.organization,
            audit.c.actor: wanted.actor,
            audit.c.action: wanted.action,
            audit.c.subject: wanted.subject,
        }
        found = found.where(*(column == value for column, value in equal.items() if value is not None))
        if wanted.since is not None:
            found = found.where(audit.c.at >= wanted.since)
        if wanted.until is not None:
            found = found.where(audit.c.at < wanted.until)
        if wanted.before is not None:
            found = found.where(audit.c.number < wanted.before)
        with self._database.reading() as connection:
            return [_entry(row) for row in connection.execute(found)]

    def record(self, events: Sequence[AuditEvent]) -> None:
        with self._database.writing() as connection:
            append(connection, events)


def verify_trail(connection: Connection, known: Proof | None = None) -> Proof | Break:
    """Whether the trail is whole, as one view of the database shows it, and begins as it is known to."""
    counted = connection.execute(select(counter.c.value).where(counter.c.name == AUDIT_COUNTER)).scalar_one_or_none()
    # By the portion, for a trail may be longer than memory; closed, because it is left at the first row that is wrong.
    every = connection.execute(select(audit).order_by(audit.c.number), execution_options={"yield_per": _FETCH})
    with every:
        return verified((_entry(row) for row in every), counted=counted or 0, known=known)


def _entry(row: Row[tuple[object, ...]]) -> AuditEntry:
    return AuditEntry(
        number=row.number,
        event=AuditEvent(
            at=row.at,
            actor=row.actor,
            credential=row.credential,
            source=row.source,
            organization=row.organization_id or "",
            action=row.action,
            subject=row.subject,
            difference=row.difference,
        ),
        before_hash=row.before_hash,
        hash=row.hash,
    )
