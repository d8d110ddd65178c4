"""Putting everything that is sealed under another master key, in transactions small enough to be broken off.

What is done is told by each row itself, which names the key that it is sealed under; so a rotation that was killed
goes on with what is left, and one that is complete finds nothing to do. The row of the audit trail is written with
the last of it, once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, bindparam, func, select, update

from headgate.access.audit import AuditEvent, written
from headgate.adapters.sealing.envelope import SealBroken, SecretRewrapper
from headgate.adapters.sql.credentials import stored_credential
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.tables import credential, signing_key
from headgate.adapters.sql.trail import append
from headgate.gateway.acting import acting

PORTION: Final = 500
ROTATED: Final = "master_key.rotated"


@dataclass(slots=True)
class Rewrapped:
    """How many were put under the heir, how many are under it now, and what did not open: a sentence about each."""

    count: int = 0
    under_heir: int = 0
    left: list[str] = field(default_factory=list)


class Rewrapping:
    """One run. `heir` and `former` are ids of keys; `purpose` names what a signing key's private half is sealed for."""

    def __init__(
        self,
        database: Database,
        rewrapper: SecretRewrapper,
        *,
        heir: str,
        former: str,
        purpose: Callable[[str], str],
    ) -> None:
        self._database = database
        self._rewrapper = rewrapper
        self._heir = heir
        self._former = former
        self._purpose = purpose
        self._done = Rewrapped()

    def run(self) -> Rewrapped:
        """Raises StoreUnavailable if the database fails; what was done until then is kept."""
        last: str | None = ""
        while last is not None:
            with self._database.writing() as connection:
                last = self._portion(connection, after=last)
        with self._database.writing() as connection:
            self._signing_keys(connection)
            wanted = select(func.count()).select_from(credential).where(credential.c.key_id == self._heir)
            self._done.under_heir += connection.execute(wanted).scalar_one()
            if self._done.count:
                append(connection, [self._event()])
        return self._done

    def _portion(self, connection: Connection, *, after: str) -> str | None:
        """Rewrap the credentials that follow an id; the last of them, None if there are no more."""
        wanted = select(credential).where(credential.c.key_id != self._heir, credential.c.id > after)
        rows = connection.execute(wanted.order_by(credential.c.id).limit(PORTION)).all()
        changed = []
        for row in rows:
            try:
                sealed = self._rewrapper.rewrap(stored_credential(row)).sealed
            except SealBroken as error:
                self._done.left.append(str(error))
            else:
                changed.append({"which": row.id, "heir": sealed.key_id, "wrapped": sealed.wrapped_key})
        if changed:
            statement = update(credential).where(credential.c.id == bindparam("which"))
            connection.execute(statement.values(key_id=bindparam("heir"), wrapped_key=bindparam("wrapped")), changed)
        self._done.count += len(changed)
        return rows[-1].id if len(rows) == PORTION else None

    def _signing_keys(self, connection: Connection) -> None:
        for row in connection.execute(select(signing_key).order_by(signing_key.c.id)).all():
            try:
                blob = self._rewrapper.rewrap_bytes(self._purpose(row.id), row.sealed_private)
            except SealBroken as error:
                self._done.left.append(str(error))
                continue
            self._done.under_heir += 1
            if blob != row.sealed_private:
                statement = update(signing_key).where(signing_key.c.id == row.id)
                connection.execute(statement.values(sealed_private=blob))
                self._done.count += 1

    def _event(self) -> AuditEvent:
        who = acting()
        return AuditEvent(
            at=time.time(),
            actor=who.actor,
            credential=who.credential,
            source=who.source,
            organization="",
            action=ROTATED,
            subject=f"master_key:{self._heir}",
            difference=written([{"path": "key_id", "before": self._former, "after": self._heir}]),
        )
