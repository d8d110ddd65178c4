"""Whose request is explained: the caller's own, or that of a key or a user that the caller governs."""

from __future__ import annotations

import msgspec

from headgate.access.identity import Organization
from headgate.access.permissions import GOVERNANCE_MANAGE
from headgate.core.clock import Clock
from headgate.core.errors import Forbidden, InvalidBody, NotAuthenticated, NotFound, detail
from headgate.core.principal import Principal
from headgate.gateway.directory import Directory
from headgate.gateway.identify import Identify
from headgate.gateway.key_reach import KeyReach


class Whose(msgspec.Struct, frozen=True, kw_only=True):
    """A key or a user by id, neither for the caller. `organization` and `project` are ids or slugs, "" for the usual
    ones."""

    key: str = ""
    user: str = ""
    organization: str = ""
    project: str = ""


class Subjects:
    """Finds the principal that a caller may ask about."""

    def __init__(self, directory: Directory, identify: Identify, *, clock: Clock) -> None:
        self._directory = directory
        self._identify = identify
        self._clock = clock

    def subject(self, by: Principal, whose: Whose) -> Principal:
        """The principal as it would make a request now.

        InvalidBody, Forbidden and NotFound are about the question; NotAuthenticated and ContextUnknown are what the
        subject itself would be told.
        """
        if whose.key and whose.user:
            raise InvalidBody(_ONE, details=[detail("user_id", _ONE)])
        if _is_about(by, whose):
            return by
        if not (whose.key or whose.user):
            raise InvalidBody(_HEADERS, details=[detail("organization", _HEADERS)])
        if not (by.platform_admin or by.may(GOVERNANCE_MANAGE)):
            raise Forbidden(f"the credential lacks the permission {GOVERNANCE_MANAGE!r}")
        return self._key(by, whose) if whose.key else self._user(by, whose)

    def _key(self, by: Principal, whose: Whose) -> Principal:
        organization = self._organization(by, whose)
        key = self._directory.key(organization.id, whose.key)
        if key is None or not KeyReach.of(self._directory, by).sees(key):
            raise NotFound(f"key {whose.key[:64]!r} does not exist")
        if not key.in_force(self._clock.wall()):
            raise NotAuthenticated
        return self._identify.of_key(key, project=whose.project)

    def _user(self, by: Principal, whose: Whose) -> Principal:
        directory, name = self._directory, ""
        # Only who administers the platform may leave the organization to what is usual for the user.
        if whose.organization or not by.platform_admin:
            name = self._organization(by, whose).id
        # A key of a project has keys of that project to ask about, and nobody.
        known = directory.user(whose.user) is not None and not by.project_bound
        if not known or not (by.platform_admin or directory.membership(whose.user, name)):
            raise NotFound(f"user {whose.user[:64]!r} does not exist")
        if not directory.is_active(whose.user):
            raise NotAuthenticated
        return self._identify.of_user(whose.user, organization=name, project=whose.project)

    def _organization(self, by: Principal, whose: Whose) -> Organization:
        """The organization that is meant; one that is not the caller's to ask about is as if it did not exist."""
        wanted = whose.organization or by.organization
        if not wanted:
            raise InvalidBody(_ORGANIZATION, details=[detail("organization", _ORGANIZATION)])
        found = self._directory.organization(wanted)
        if found is None or not (by.platform_admin or found.id == by.organization):
            raise NotFound(f"organization {wanted[:64]!r} does not exist")
        return found


def _is_about(by: Principal, whose: Whose) -> bool:
    """Whether the caller asks about the very principal that it is."""
    mine = not (whose.key or whose.user) or (f"key:{whose.key}" == by.id if whose.key else whose.user == by.user)
    here = whose.organization in ("", by.organization, by.organization_slug)
    return mine and here and whose.project in ("", by.project)


_ONE = "either 'key_id' or 'user_id' is accepted, not both"
_HEADERS = (
    "of your own request the context is told by the headers X-Organization-ID and X-Project-ID; 'organization' and "
    "'project' go with 'key_id' or 'user_id'"
)
_ORGANIZATION = "an organization's id or slug is required, because the caller has none"
