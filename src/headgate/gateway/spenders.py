"""Whose budgets and limits may be set, seen and changed by whom.

Platform administrators set everybody's, and whoever governs an organization those within it. What a platform
administrator has set stays as it is for the organization, which sees it all the same.
"""

from __future__ import annotations

from headgate.access.identity import Role
from headgate.core.errors import Forbidden, NotFound
from headgate.core.principal import Principal
from headgate.core.subject import PLAN_ID, Subject, SubjectKind
from headgate.gateway.directory import Directory
from headgate.gateway.grant import organization_of


class Spenders:
    """The subjects that a directory has."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def named(self, by: Principal, kind: SubjectKind, *, name: str) -> Subject:
        """The subject of this id, or slug where it has one, in the organization of the request.

        NotFound if there is none, or it is not the principal's to know of; InvalidQuery without an organization.
        """
        demand_governor(by)
        found = self._found(by, kind, name)
        if found is None or not self.exists(found):
            raise NotFound(f"{kind} {name!r} does not exist")
        return found

    def exists(self, subject: Subject) -> bool:
        directory, organization, name = self._directory, subject.organization, subject.id
        match subject.kind:
            case SubjectKind.PROJECT:
                return directory.project(organization, name) is not None
            case SubjectKind.USER if organization:
                return directory.membership(name, organization) is not None
            case SubjectKind.USER:
                return directory.user(name) is not None
            case SubjectKind.KEY:
                key = directory.key(organization, name)
                return key is not None and key.revoked_at is None
        return directory.organization(organization) is not None

    def whose(self, by: Principal, organization: str | None) -> str | None:
        """The id of the organization that is asked about, by id or slug; None: all. NotFound."""
        demand_governor(by)
        if not by.platform_admin:
            if organization in (None, by.organization, by.organization_slug):
                return organization_of(by)
        elif organization is None:
            return None
        elif (found := self._directory.organization(organization)) is not None:
            return found.id
        raise NotFound(f"organization {organization!r} does not exist")

    def _found(self, by: Principal, kind: SubjectKind, name: str) -> Subject | None:
        if kind is SubjectKind.ORGANIZATION:
            organization = self._directory.organization(name)
            known = organization is not None and (by.platform_admin or organization.id == by.organization)
            return Subject(organization.id, kind, organization.id) if known and organization is not None else None
        if kind is SubjectKind.USER and by.platform_admin and not by.organization:
            return Subject("", kind, name)
        here = organization_of(by)
        match kind:
            case SubjectKind.PROJECT:
                project = self._directory.project(here, name)
                return None if project is None else Subject(here, kind, project.id)
            case SubjectKind.ROLE:
                return Subject(here, kind, name) if name in list(Role) else None
            case SubjectKind.PLAN:
                return Subject(here, kind, name) if name == PLAN_ID else None
        return Subject(here, kind, name)


def demand_governor(by: Principal) -> None:
    """Forbidden for a key that was made for a project: it governs nothing beyond that."""
    if by.project_bound:
        raise Forbidden("this takes a key that is bound to no project")


def sees(by: Principal, subject: Subject) -> bool:
    return by.platform_admin or (subject.organization != "" and subject.organization == by.organization)


def demand_setter(by: Principal, *, by_platform: bool) -> None:
    """Forbidden for what a platform administrator has set."""
    if by_platform and not by.platform_admin:
        raise Forbidden("a platform administrator has set this, and changes it")
