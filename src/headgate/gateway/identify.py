"""From the headers of a request to the principal who makes it.

The road asks this before anything else, for every request, so an active credential costs one SHA-256 and one look-up.
What is remembered of it is forgotten when the directory changes in a way that could matter.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import msgspec

from headgate.access import permissions
from headgate.access.carriers import OrgKeyAsBearer, Presented, present
from headgate.access.grants import MODEL_SCOPE
from headgate.access.identity import Membership, Organization, OrganizationKey, Project, Role, User
from headgate.access.keys import digest
from headgate.catalogue import scope
from headgate.core.clock import Clock
from headgate.core.errors import ContextUnknown, NotAuthenticated
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.directory import Directory
from headgate.gateway.ports import Headers, RequestHead
from headgate.gateway.recent import Recent
from headgate.gateway.stores import SessionVerifier

_REMEMBERED: Final = 65_536
_SESSION_TEXT_LIMIT: Final = 4096

_ADMINS: Final = frozenset({Role.OWNER, Role.ADMIN})

_Asked: TypeAlias = bytes | tuple[bytes, bytes, bytes]


class _Active(msgspec.Struct, frozen=True, gc=False):
    """A principal whose credential was found in force, and until when that holds."""

    principal: Principal
    until: float


class _Named(msgspec.Struct, frozen=True, gc=False):
    """The organization and project that the headers name, "" for none."""

    organization: str
    project: str


class _Read(msgspec.Struct, frozen=True, gc=False):
    """What headers say: the credential's digest, and under what the principal is remembered."""

    presented: Presented
    digest: bytes
    asked: _Asked


def _read(headers: Headers) -> _Read:
    presented = present(headers)
    found = digest(presented.credential)
    if presented.organization or presented.project:
        return _Read(presented, found, (found, presented.organization, presented.project))
    return _Read(presented, found, found)


class Identify:
    """Turns headers into a principal, or raises NotAuthenticated, TwoCredentials, ContextUnknown."""

    def __init__(
        self,
        directory: Directory,
        sessions: SessionVerifier,
        *,
        clock: Clock,
        org_key_as_bearer: OrgKeyAsBearer = OrgKeyAsBearer.ACCEPT,
    ) -> None:
        self._directory = directory
        self._sessions = sessions
        self._clock = clock
        self._key_as_bearer = org_key_as_bearer is OrgKeyAsBearer.ACCEPT
        self._key_as_bearer_in_seed = org_key_as_bearer is not OrgKeyAsBearer.REFUSE
        self._generation = directory.generation
        self._active: Recent[_Asked, _Active] = Recent(_REMEMBERED)
        self._scopes: dict[tuple[str, str], tuple[str, ...]] = {}
        self._sets: dict[tuple[str, ...], frozenset[str]] = {}

    def identify(self, headers: Headers, *, seed_takes_bearer_key: bool = False) -> Principal:
        """Who sends these headers.

        `seed_takes_bearer_key`: the published page of this operation accepts an organization key as a Bearer token.
        """
        return self._principal(_read(headers), seed_takes_bearer_key=seed_takes_bearer_key)

    def identify_head(self, head: RequestHead) -> Principal:
        """Who sends this head, on the request road. What its headers say is read once, who that is each time."""
        read = head.known
        if not isinstance(read, _Read):
            read = head.known = _read(head.headers)
        return self._principal(read, seed_takes_bearer_key=False)

    def _principal(self, read: _Read, *, seed_takes_bearer_key: bool) -> Principal:
        if self._generation != self._directory.generation:
            self._forget()
        now = self._clock.wall()
        active = self._active.get(read.asked)
        if active is None or now >= active.until:
            active = self._activate(read.digest, read.presented, now=now)
            self._active.put(read.asked, active)
        principal = active.principal
        taken = self._key_as_bearer or (seed_takes_bearer_key and self._key_as_bearer_in_seed)
        if not taken and read.presented.bearer_only and principal.kind is PrincipalKind.KEY:
            raise NotAuthenticated
        return principal

    def of_key(self, key: OrganizationKey) -> Principal:
        """Whom a key stands for when its request names no other context."""
        return self._of_key(key, _Named("", ""))

    def _forget(self) -> None:
        self._generation = self._directory.generation
        self._active.clear()
        self._scopes.clear()
        self._sets.clear()

    def _activate(self, found: bytes, presented: Presented, *, now: float) -> _Active:
        named = _Named(_text(presented.organization), _text(presented.project))
        record = self._directory.authenticate(found, now)
        if record is None:
            return self._of_session(presented.credential, named, now=now)
        if isinstance(record, OrganizationKey):
            principal = self._of_key(record, named)
        else:
            principal = self._of_user(record.user, named, credential=record.id)
        return _Active(principal, math.inf if record.expires_at is None else record.expires_at)

    def _of_session(self, credential: bytes, named: _Named, *, now: float) -> _Active:
        if len(credential) > _SESSION_TEXT_LIMIT or credential.count(b".") != 2 or not credential.isascii():
            raise NotAuthenticated
        session_id = self._sessions.verify(credential.decode(), now)
        session = self._directory.session(session_id, now) if session_id is not None else None
        if session is None:
            raise NotAuthenticated
        named = _Named(named.organization or session.organization, named.project)
        principal = self._of_user(session.user, named, credential=session.id)
        return _Active(principal, min(session.expires_at, self._directory.ends_at(session.id)))

    def _of_key(self, key: OrganizationKey, named: _Named) -> Principal:
        organization = self._directory.organization(key.organization)
        if organization is None:
            raise NotAuthenticated
        if named.organization and named.organization not in (organization.id, organization.slug):
            raise ContextUnknown
        project = self._project_of_key(key, organization, named.project)
        return Principal(
            id=f"key:{key.id}",
            kind=PrincipalKind.KEY,
            credential=key.id,
            organization=organization.id,
            organization_slug=organization.slug,
            project=project.id if project is not None else "",
            permissions=self._set(key.permissions),
            model_scopes=frozenset(each.removeprefix(MODEL_SCOPE) for each in key.scopes),
            scopes=self._scopes_of_keys(organization, project),
            overlay=organization.settings.overlay,
        )

    def _project_of_key(self, key: OrganizationKey, organization: Organization, named: str) -> Project | None:
        wanted = named or key.project
        if not wanted:
            projects = self._directory.projects_of(organization.id)
            return projects[0] if len(projects) == 1 else None
        project = self._directory.project(organization.id, wanted)
        if project is None or (key.project and project.id != key.project):
            raise ContextUnknown
        return project

    # Keys have these in common; with very many keys, what is shared is what stays in the processor's cache.

    def _set(self, words: tuple[str, ...]) -> frozenset[str]:
        found = self._sets.get(words)
        if found is None:
            found = self._sets[words] = frozenset(words)
        return found

    def _scopes_of_keys(self, organization: Organization, project: Project | None) -> tuple[str, ...]:
        place = (organization.id, project.id if project is not None else "")
        found = self._scopes.get(place)
        if found is None:
            found = self._scopes[place] = _scopes(organization, project, user="")
        return found

    def _of_user(self, user_id: str, named: _Named, *, credential: str) -> Principal:
        user = self._directory.user(user_id)
        if user is None:
            raise NotAuthenticated
        organization = self._organization(user, named.organization)
        membership = self._directory.membership(user.id, organization.id) if organization is not None else None
        admin = user.platform_admin or (membership is not None and membership.role in _ADMINS)
        project = self._project_of_user(user, organization, named.project, admin=admin)
        return Principal(
            id=f"user:{user.id}",
            kind=PrincipalKind.USER,
            credential=credential,
            user=user.id,
            organization=organization.id if organization is not None else "",
            organization_slug=organization.slug if organization is not None else "",
            project=project.id if project is not None else "",
            platform_admin=user.platform_admin,
            organization_admin=organization is not None and admin,
            permissions=self._permissions(user, membership, project, admin=admin),
            scopes=_scopes(organization, project, user=user.id),
            overlay=organization.settings.overlay if organization is not None else None,
        )

    def _organization(self, user: User, named: str) -> Organization | None:
        if not named:
            return self._usual_organization(user)
        organization = self._directory.organization(named)
        if organization is None:
            raise ContextUnknown
        if not user.platform_admin and self._directory.membership(user.id, organization.id) is None:
            raise ContextUnknown
        return organization

    def _usual_organization(self, user: User) -> Organization | None:
        directory = self._directory
        usual = directory.membership(user.id, user.default_organization) if user.default_organization else None
        joined = usual or directory.first_joined(user.id)
        return directory.organization(joined.organization) if joined is not None else None

    def _project_of_user(
        self, user: User, organization: Organization | None, named: str, *, admin: bool
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

    def _permissions(
        self, user: User, membership: Membership | None, project: Project | None, *, admin: bool
    ) -> frozenset[str]:
        if user.platform_admin:
            return permissions.EVERYTHING
        if membership is None:
            return frozenset()
        joined = self._directory.project_membership(user.id, project.id) if project is not None and not admin else None
        if joined is None or project is None:
            return permissions.ROLES[membership.role]
        return permissions.in_project(joined.role, project.settings)


def _text(header: bytes) -> str:
    # Ids and slugs are ASCII; anything else names nothing that exists.
    return header.decode("ascii", "replace")


def _scopes(organization: Organization | None, project: Project | None, *, user: str) -> tuple[str, ...]:
    """The keys of the scopes in which names are looked up, the nearest first."""
    if organization is None:
        return (scope.PLATFORM.key,)
    nearest = [scope.project(organization.id, project.id)] if project is not None else []
    if user:
        nearest.append(scope.user(organization.id, user))
    return tuple(each.key for each in (*nearest, scope.organization(organization.id), scope.PLATFORM))
