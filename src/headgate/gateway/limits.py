"""Limits as people set them: one for each subject."""

from __future__ import annotations

from typing import Protocol

from headgate.access.limits import Limits, SetLimits
from headgate.core.errors import NotFound
from headgate.core.principal import Principal
from headgate.core.subject import Subject, SubjectKind
from headgate.gateway.allowance import Allowance
from headgate.gateway.pages import Page, newest_first
from headgate.gateway.spenders import Spenders, demand_setter
from headgate.gateway.tenancy import Change, Tenancy


class LimitStore(Protocol):
    """Where limits are kept. Methods run on the writer thread, or before there is an event loop."""

    def all(self) -> list[SetLimits]:
        """In the order of creation."""

    def put(self, limits: SetLimits) -> None: ...

    def drop(self, subject: Subject) -> None: ...


class RateLimits:
    """The use cases of `/admin/v1/limits`."""

    def __init__(self, tenancy: Tenancy, allowance: Allowance, *, store: LimitStore) -> None:
        self._tenancy = tenancy
        self._book = allowance.limits
        self._bindings = allowance.bindings
        self._store = store
        self._spenders = Spenders(tenancy.directory)

    def list(self, by: Principal, *, organization: str | None, offset: int, limit: int) -> Page[SetLimits]:
        """Those of an organization, for a platform administrator all unless told. Forbidden, NotFound."""
        whose = self._spenders.whose(by, organization)
        every = [each for each in self._book.all() if whose in (None, each.subject.organization)]
        return newest_first(every, offset=offset, limit=limit)

    def get(self, by: Principal, kind: SubjectKind, *, name: str) -> SetLimits:
        """NotFound also for a subject that has none, or is not the principal's to know of."""
        found = self._book.get(self._spenders.named(by, kind, name=name))
        if found is None:
            raise NotFound(f"{kind} {name!r} has no limits of its own")
        return found

    async def put(self, by: Principal, kind: SubjectKind, *, name: str, limits: Limits) -> SetLimits:
        """In place of those that the subject had. Forbidden, NotFound."""
        made: list[SetLimits] = []

        def decide() -> Change:
            subject, now = self._spenders.named(by, kind, name=name), self._tenancy.now()
            before = self._book.get(subject)
            if before is not None:
                demand_setter(by, by_platform=before.by_platform)
            after = SetLimits(
                subject=subject,
                limits=limits,
                by_platform=by.platform_admin,
                created_at=now if before is None else before.created_at,
                created_by=by.id if before is None else before.created_by,
                updated_at=now,
            )
            made.append(after)

            def then() -> None:
                self._book.put(after)
                self._bindings.changed(subject)

            return Change(lambda: self._store.put(after), then)

        await self._tenancy.changes.make(decide)
        return made[0]

    async def delete(self, by: Principal, kind: SubjectKind, *, name: str) -> SetLimits:
        """Forbidden, NotFound."""
        gone: list[SetLimits] = []

        def decide() -> Change:
            found = self.get(by, kind, name=name)
            demand_setter(by, by_platform=found.by_platform)
            gone.append(found)
            return Change(lambda: self._store.drop(found.subject), lambda: self._forget(found.subject))

        await self._tenancy.changes.make(decide)
        return gone[0]

    def ended(self, subject: Subject) -> None:
        """A subject is no more; with an organization go the limits of everybody in it."""
        if subject.kind is SubjectKind.ORGANIZATION:
            for each in self._book.all():
                if each.subject.organization == subject.organization:
                    self._forget(each.subject)
        else:
            self._forget(subject)

    def _forget(self, subject: Subject) -> None:
        self._book.drop(subject)
        self._bindings.changed(subject)
