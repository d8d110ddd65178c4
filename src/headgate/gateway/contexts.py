"""In which organization and project a request is made: what its headers name, or what is usual for its caller.

A header that names what is unknown, and one that names what the caller may not enter, are one error: ContextUnknown.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from headgate.access.identity import Organization, OrganizationKey, Project, User
from headgate.catalogue import scope
from headgate.core.errors import ContextUnknown
from headgate.gateway.directory import Directory


class Named(msgspec.Struct, frozen=True, gc=False):
    """The organization and project that the headers name, "" for none."""

    organization: str
    project: str


class Contexts:
    """The contexts that a directory offers."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def project_of_key(self, key: OrganizationKey, organization: Organization, *, named: str) -> Project | None:
        wanted = named or key.project
        if not wanted:
            projects = self._directory.projects_of(organization.id)
            return projects[0] if len(projects) == 1 else None
        project = self._directory.project(organization.id, wanted)
        if project is None or (key.project and project.id != key.project):
            raise ContextUnknown
        return project

    def organization(self, user: User, named: str) -> Organization | None:
        if not named:
            return self._usual_organization(user)
        organization = self._directory.organization(named)
        if organization is None:
            raise ContextUnknown
        if not user.platform_admin and self._directory.membership(user.id, organization.id) is None:
            raise ContextUnknown
        return organization

    def organization_of(self, allowed: Sequence[str], user: User, *, named: str) -> Organization | None:
        """Of the organizations that a token is good for, the one that is named, else the first that exists."""
        known = [each for each in map(self._directory.organization, allowed) if each is not None]
        if named and not any(named in (each.id, each.slug) for each in known):
            raise ContextUnknown
        return self.organization(user, named or known[0].id) if known else None

    def _usual_organization(self, user: User) -> Organization | None:
        directory = self._directory
        usual = directory.membership(user.id, user.default_organization) if user.default_organization else None
        joined = usual or directory.first_joined(user.id)
        return directory.organization(joined.organization) if joined is not None else None

    def project_of_user(
        self, user: User, organization: Organization | None, *, named: str, admin: bool
    ) -> Project | None:
        """The project of a request: of those that the user may enter, the one that is named, else the only one."""
        directory = self._directory
        if organization is None:
            if named:
                raise ContextUnknown
            return None
        if named:
            project = directory.project(organization.id, named)
            if project is None or not (admin or directory.project_membership(user.id, project.id)):
                raise ContextUnknown
            return project
        projects = directory.projects_of(organization.id)
        open_ = [each for each in projects if admin or directory.project_membership(user.id, each.id)]
        return open_[0] if len(open_) == 1 else None


def text_of(header: bytes) -> str:
    # Ids and slugs are ASCII; anything else names nothing that exists.
    return header.decode("ascii", "replace")


def scopes(organization: Organization | None, project: Project | None, *, user: str) -> tuple[str, ...]:
    """The keys of the scopes in which names are looked up, the nearest first."""
    if organization is None:
        return (scope.PLATFORM.key,)
    nearest = [scope.project(organization.id, project.id)] if project is not None else []
    if user:
        nearest.append(scope.user(organization.id, user))
    return tuple(each.key for each in (*nearest, scope.organization(organization.id), scope.PLATFORM))
