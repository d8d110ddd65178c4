"""Which organization keys are whose to make, see and revoke.

Whoever governs the organization has all of them, whoever manages its members those of its projects, and a developer
those that they made for the project at hand. A key that is bound to a project reaches keys of that project only.
"""

from __future__ import annotations

from collections.abc import Generator

import msgspec

from headgate.access.identity import OrganizationKey
from headgate.access.permissions import GOVERNANCE_MANAGE, MEMBERS_MANAGE, MODELS_WRITE
from headgate.core.errors import Forbidden, InvalidBody, NotFound, detail
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.directory import Directory
from headgate.gateway.pages import Page, newest_first

_SLICE = 2000


class KeyReach(msgspec.Struct, frozen=True):
    """What a principal has to do with the keys of the organization of its request. `bound`: its key's project."""

    by: Principal
    bound: str = ""

    @classmethod
    def of(cls, directory: Directory, by: Principal) -> KeyReach:
        key = directory.key(by.organization, by.credential) if by.kind is PrincipalKind.KEY else None
        return cls(by, key.project if key is not None else "")

    def everything(self) -> bool:
        return not self.bound and self.by.may(GOVERNANCE_MANAGE)

    def may_make(self, project: str) -> bool:
        """Whether the principal may make keys of a project, or, for "", of the whole organization."""
        return self._reaches(project, own=True)

    def sees(self, key: OrganizationKey) -> bool:
        return self._reaches(key.project, own=key.created_by == self.by.id)

    def _reaches(self, project: str, *, own: bool) -> bool:
        if self.bound not in ("", project):
            return False
        if self.by.may(GOVERNANCE_MANAGE) or (project and self.by.may(MEMBERS_MANAGE)):
            return True
        return own and project == self.by.project != "" and self.by.may(MODELS_WRITE)


def project_of(directory: Directory, by: Principal, *, named: str) -> str:
    """The id of the project that a key is to be bound to; "" for none, where that is the principal's to give.

    Forbidden, InvalidBody.
    """
    reach = KeyReach.of(directory, by)
    if not named:
        project_id = "" if reach.everything() else reach.bound or by.project
        if not reach.may_make(project_id):
            raise Forbidden("keys of the whole organization are not yours to make; name one of your projects")
        return project_id
    project = directory.project(by.organization, named)
    # Whether there is a project that one may not enter is none of one's business.
    if project is None or not reach.may_make(project.id):
        fault = detail("project", f"{named!r} is no project that this key can be bound to")
        raise InvalidBody(f"project: {fault['message']}", details=[fault])
    return project.id


def key_of(directory: Directory, by: Principal, *, key_id: str) -> OrganizationKey:
    """NotFound also for a key that is not the principal's to see."""
    key = directory.key(by.organization, key_id)
    if key is None or not KeyReach.of(directory, by).sees(key):
        raise NotFound(f"key {key_id!r} does not exist")
    return key


def keys_seen(
    directory: Directory, by: Principal, *, offset: int, limit: int
) -> Generator[None, None, Page[OrganizationKey]]:
    """A page of the keys that the principal sees. It gives way now and then: an organization may have a million."""
    reach = KeyReach.of(directory, by)
    if reach.everything():
        return directory.keys_of(by.organization, offset=offset, limit=limit)
    seen: list[OrganizationKey] = []
    for number, key in enumerate(list(directory.all_keys(by.organization)), start=1):
        if reach.sees(key):
            seen.append(key)
        if number % _SLICE == 0:
            yield
    return newest_first(seen, offset=offset, limit=limit)
