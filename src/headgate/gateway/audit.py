"""Reading the audit trail, and adding to it what is no change of anything stored, such as a sign-in that failed.

Changes need nothing from a use case: the store records them in the transaction that makes them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Final, Protocol

import msgspec

from headgate.access.audit import AuditEntry, AuditEvent, written
from headgate.access.permissions import AUDIT_READ
from headgate.core.clock import Clock
from headgate.core.errors import Forbidden, NotFound, StoreUnavailable
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.acting import acting
from headgate.gateway.directory import Directory
from headgate.gateway.write_through import Submits

SIGN_IN_FAILED: Final = "sign_in.failed"

_LOG: Final = logging.getLogger("headgate.audit")


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are wanted; None is any. `since` is inclusive, `until` is not; `before` is a row's number."""

    organization: str | None = None
    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: float | None = None
    until: float | None = None
    before: int | None = None


class AuditStore(Protocol):
    """Where the trail is kept. Rows are only ever added."""

    def entries(self, wanted: AuditFilter, *, limit: int) -> list[AuditEntry]:
        """Newest first."""

    def record(self, events: Sequence[AuditEvent]) -> None:
        """Add these, in one transaction. On the writer thread."""


class Auditing:
    """The use cases of `/admin/v1/audit`. They run on a thread that may wait for the database."""

    def __init__(self, store: AuditStore, directory: Directory) -> None:
        self._store = store
        self._directory = directory

    def whose(self, by: Principal, organization: str | None) -> str | None:
        """The id of the organization whose rows are asked for, by id or slug; None: all. Forbidden, NotFound.

        A platform administrator reads all of them, or those of one organization; anybody else their own.
        """
        if by.platform_admin:
            return self._named(organization) if organization is not None else None
        if organization not in (None, by.organization, by.organization_slug):
            raise Forbidden(f"the audit trail of {organization!r} is not yours to read")
        if not by.organization or by.project_bound or not by.may(AUDIT_READ):
            raise Forbidden(f"this takes {AUDIT_READ!r} in an organization, and a key that is bound to no project")
        return by.organization

    def entries(self, wanted: AuditFilter, *, limit: int) -> list[AuditEntry]:
        return self._store.entries(wanted, limit=limit)

    def _named(self, organization: str) -> str:
        found = self._directory.organization(organization)
        if found is None:
            raise NotFound(f"organization {organization!r} does not exist")
        return found.id


class SecurityLog:
    """Adds what happened without changing anything stored. Its methods run on the event loop and do not wait."""

    def __init__(self, store: AuditStore, *, writer: Submits, clock: Clock) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock

    def sign_in_failed(self, email: str) -> None:
        """`email` is the digest of what was typed: it may be anything, a password among others."""
        self.note(SIGN_IN_FAILED, f"email:{email}")

    def note(self, action: str, subject: str, *, organization: str = "", details: Sequence[JsonObject] = ()) -> None:
        """One row about what has just happened. `details` are shown to readers of the trail: no secrets."""
        who = acting()
        event = AuditEvent(
            at=self._clock.wall(),
            actor=who.actor,
            credential=who.credential,
            source=who.source,
            organization=organization,
            action=action,
            subject=subject,
            difference=written(details),
        )
        # A process that is stopping has no writer any more; whoever is refused then is refused all the same.
        with suppress(StoreUnavailable):
            self._writer.submit(lambda: self._store.record([event])).add_done_callback(_written)


def _written(done: Future[None]) -> None:
    # Nobody waits for the row, so nobody else would hear that it is missing.
    if not done.cancelled() and (error := done.exception()) is not None:
        _LOG.error("a row of the audit trail was not written", exc_info=error)
