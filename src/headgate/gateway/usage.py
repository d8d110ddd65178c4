"""Who may see what of the ledger, and what a question about it means.

A platform administrator sees everything; whoever has `llm:usage:read` the organization of the request's context, a key
that is bound to a project only that project; everybody else what they used themselves. Nothing is refused: a filter
narrows what one sees, and one that names what is not one's to see finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from headgate.access.permissions import USAGE_READ
from headgate.core.errors import Forbidden, NotFound
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.directory import Directory
from headgate.gateway.usage_reconcile import Compared, Reported, reconciled
from headgate.gateway.usage_store import (
    Group,
    GroupBy,
    LedgerReading,
    Position,
    Reach,
    Request,
    Rows,
    Summary,
    UsageFilter,
)
from headgate.ledger.records import Account


class Named(msgspec.Struct, frozen=True):
    """What tenants and people are called, by id, as far as they still exist: organizations and projects by their
    slugs."""

    organizations: dict[str, str]
    projects: dict[str, str]
    users: dict[str, str]
    keys: dict[str, str]


class UsageReports:
    """The use cases of `/admin/v1/usage`. `reach`, `meant` and `named` ask the directory and run on the event loop;
    the others wait for the ledger on a reader thread."""

    def __init__(self, ledger: LedgerReading, directory: Directory) -> None:
        self._ledger = ledger
        self._directory = directory

    def reach(self, by: Principal) -> Reach:
        """What the principal sees."""
        if by.platform_admin:
            return Reach()
        if by.organization and by.may(USAGE_READ):
            return Reach(organization=by.organization, project=by.project if by.project_bound else None)
        if by.kind is PrincipalKind.KEY:
            return Reach(organization=by.organization, key=by.credential)
        return Reach(organization=by.organization, user=by.user)

    def reach_of_all(self, by: Principal) -> Reach:
        """What the principal sees of everybody's usage, or Forbidden where that is not everybody's."""
        if by.platform_admin or (by.organization and by.may(USAGE_READ) and not by.project_bound):
            return self.reach(by)
        raise Forbidden(f"this takes {USAGE_READ!r} in an organization, and a key that is bound to no project")

    def meant(self, by: Principal, wanted: UsageFilter) -> UsageFilter:
        """The same filter with ids in place of slugs. A slug that is not the principal's to know stays as it is."""
        organization, project = wanted.organization, wanted.project
        if organization is not None:
            found = self._directory.organization(organization)
            if found is not None and (by.platform_admin or found.id == by.organization):
                organization = found.id
        if project is not None:
            within = organization if by.platform_admin and organization is not None else by.organization
            known = self._directory.project(within, project)
            project = known.id if known is not None else project
        return msgspec.structs.replace(wanted, organization=organization, project=project)

    def named(self, accounts: Iterable[Account]) -> Named:
        directory, found = self._directory, Named({}, {}, {}, {})
        for each in set(accounts):
            if organization := directory.organization(each.organization):
                found.organizations[each.organization] = organization.slug
            if project := directory.project(each.organization, each.project) if each.project else None:
                found.projects[each.project] = project.slug
            if user := directory.user(each.user):
                found.users[each.user] = user.name
            if key := directory.key(each.organization, each.key):
                found.keys[each.key] = key.name
        return found

    def rows(self, wanted: UsageFilter, *, reach: Reach, after: Position | None, limit: int) -> Rows:
        return self._ledger.rows(wanted, reach=reach, after=after, limit=limit)

    def summary(
        self, wanted: UsageFilter, *, reach: Reach, by: Sequence[GroupBy], after: Group | None, limit: int
    ) -> Summary:
        return self._ledger.summary(wanted, reach=reach, by=by, after=after, limit=limit)

    def request(self, request_id: str, *, reach: Reach) -> Request:
        """NotFound also for a request that is not to be seen."""
        found = self._ledger.request(request_id, reach=reach)
        if found is None:
            raise NotFound(f"request {request_id[:64]!r} does not exist")
        return found

    def reconciled(self, reported: Sequence[Reported], *, reach: Reach, organization: str | None) -> list[Compared]:
        return reconciled(self._ledger, reported, reach=reach, organization=organization)
