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
from headgate.core.clock import Clock
from headgate.core.errors import ContextUnknown, NotAuthenticated
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.contexts import Contexts, Named, scopes, text_of
from headgate.gateway.directory import Directory
from headgate.gateway.external import CREDENTIAL, Claimed, Outsiders
from headgate.gateway.ports import Headers, RequestHead
from headgate.gateway.recent import Recent
from headgate.gateway.stores import SessionVerifier

_REMEMBERED: Final = 65_536
_TOKEN_LIMIT: Final = 16_384
_LOOKED_AGAIN: Final = 60.0
"""A token of the identity provider is read again after so many seconds: its key may have been withdrawn."""

_ADMINS: Final = frozenset({Role.OWNER, Role.ADMIN})

_Asked: TypeAlias = bytes | tuple[bytes, bytes, bytes]


class _Active(msgspec.Struct, frozen=True, gc=False):
    """A principal whose credential was found in force, and until when that holds."""

    principal: Principal
    until: float


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
    """Turns headers into a principal, or raises NotAuthenticated, TwoCredentials, ContextUnknown, IdentityPending."""

    def __init__(
        self,
        directory: Directory,
        sessions: SessionVerifier,
        *,
        clock: Clock,
        org_key_as_bearer: OrgKeyAsBearer = OrgKeyAsBearer.ACCEPT,
        outsiders: Outsiders | None = None,
    ) -> None:
        self._directory = directory
        self._sessions = sessions
        self._outsiders = outsiders
        self._contexts = Contexts(directory)
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

    async def settled(self) -> None:
        """Wait until whatever made an answer IdentityPending is known."""
        if self._outsiders is not None:
            await self._outsiders.settled()

    def of_key(self, key: OrganizationKey, *, project: str = "") -> Principal:
        """Whom a key stands for when its request names this project, or no context. ContextUnknown."""
        return self._of_key(key, Named("", project))

    def of_user(self, user: str, *, organization: str, project: str) -> Principal:
        """Whom a token of a user stands for when its request names this context, "" for none. ContextUnknown."""
        return self._of_user(user, Named(organization, project), credential="")

    def _forget(self) -> None:
        self._generation = self._directory.generation
        self._active.clear()
        self._scopes.clear()
        self._sets.clear()

    def _activate(self, found: bytes, presented: Presented, *, now: float) -> _Active:
        named = Named(text_of(presented.organization), text_of(presented.project))
        record = self._directory.authenticate(found, now)
        if record is None:
            return self._of_signed(presented.credential, named, now=now)
        if isinstance(record, OrganizationKey):
            principal = self._of_key(record, named)
        else:
            principal = self._of_user(record.user, named, credential=record.id)
        return _Active(principal, math.inf if record.expires_at is None else record.expires_at)

    def _of_signed(self, credential: bytes, named: Named, *, now: float) -> _Active:
        if len(credential) > _TOKEN_LIMIT or credential.count(b".") != 2 or not credential.isascii():
            raise NotAuthenticated
        text = credential.decode()
        session_id = self._sessions.verify(text, now)
        if session_id is not None:
            return self._of_session(session_id, named, now=now)
        claimed = self._outsiders.claimed(text, now) if self._outsiders is not None else None
        if claimed is None:
            raise NotAuthenticated
        principal = self._of_user(claimed.user, named, credential=f"{CREDENTIAL}{claimed.user}", claimed=claimed)
        return _Active(principal, min(claimed.ends_at, now + _LOOKED_AGAIN))

    def _of_session(self, session_id: str, named: Named, *, now: float) -> _Active:
        session = self._directory.session(session_id, now)
        if session is None:
            raise NotAuthenticated
        named = Named(named.organization or session.organization, named.project)
        principal = self._of_user(session.user, named, credential=session.id)
        return _Active(principal, min(session.expires_at, self._directory.ends_at(session.id)))

    def _of_key(self, key: OrganizationKey, named: Named) -> Principal:
        organization = self._directory.organization(key.organization)
        if organization is None:
            raise NotAuthenticated
        if named.organization and named.organization not in (organization.id, organization.slug):
            raise ContextUnknown
        project = self._contexts.project_of_key(key, organization, named=named.project)
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
            project_bound=bool(key.project),
            overlay=organization.settings.overlay,
        )

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
            found = self._scopes[place] = scopes(organization, project, user="")
        return found

    def _of_user(self, user_id: str, named: Named, *, credential: str, claimed: Claimed | None = None) -> Principal:
        user = self._directory.user(user_id)
        if user is None:
            raise NotAuthenticated
        if claimed is not None:
            user = claimed.as_user(user)
        if claimed is not None and claimed.organizations is not None:
            organization = self._contexts.organization_of(claimed.organizations, user, named=named.organization)
        else:
            organization = self._contexts.organization(user, named.organization)
        membership = self._directory.membership(user.id, organization.id) if organization is not None else None
        if claimed is not None:
            membership = claimed.as_member(membership)
        admin = user.platform_admin or (membership is not None and membership.role in _ADMINS)
        owner = user.platform_admin or (membership is not None and membership.role is Role.OWNER)
        project = self._contexts.project_of_user(user, organization, named=named.project, admin=admin)
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
            organization_owner=organization is not None and owner,
            permissions=self._permissions(user, membership, project, admin=admin),
            scopes=scopes(organization, project, user=user.id),
            overlay=organization.settings.overlay if organization is not None else None,
        )

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
