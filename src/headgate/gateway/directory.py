"""Who exists, in memory: organizations, people, tokens, keys, sessions. Requests read it, writes change it in place.

It belongs to the event loop: a change is one call, so no request sees half of it. A change is made here after the
store has it. `generation` rises with every change that may take something away from somebody or alter what a
credential means; whoever remembers answers of the directory forgets them when it has risen.

Keys may number a million, so each is one small struct that shares its repeated parts, found by its digest and listed
by its organization. Ids sort by time of creation and are added in that order, so lists are in it without sorting.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from itertools import islice
from typing import Final, Generic, TypeVar

import msgspec

from headgate.access.identity import (
    AccessToken,
    ExternalIdentity,
    Membership,
    Organization,
    OrganizationKey,
    Project,
    ProjectMembership,
    Session,
    User,
)
from headgate.gateway.stores import DirectoryContents

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

_FEW_SESSIONS: Final = 1024


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list, newest first, and how long the whole list is."""

    items: list[T]
    total: int


class Directory:
    """The tenancy of one installation. Methods that begin with `put` add or replace by id."""

    def __init__(self) -> None:
        self.generation = 0
        self._organizations: dict[str, Organization] = {}
        self._slugs: dict[str, Organization] = {}
        self._projects: dict[str, dict[str, Project]] = {}
        self._users: dict[str, User] = {}
        self._emails: dict[str, User] = {}
        self._identities: dict[tuple[str, str], ExternalIdentity] = {}
        self._memberships: dict[str, dict[str, Membership]] = {}
        self._in_projects: dict[str, dict[str, ProjectMembership]] = {}
        self._tokens: dict[str, AccessToken] = {}
        self._tokens_of: dict[str, dict[str, AccessToken]] = {}
        self._keys_of: dict[str, dict[str, OrganizationKey]] = {}
        self._by_digest: dict[bytes, AccessToken | OrganizationKey] = {}
        self._sessions: dict[str, Session] = {}
        self._sessions_of: dict[str, dict[str, Session]] = {}
        self._forget_sessions_at = _FEW_SESSIONS
        self._shared: dict[Hashable, Hashable] = {}

    @classmethod
    def of(cls, contents: DirectoryContents) -> Directory:
        directory = cls()
        directory.load(contents)
        return directory

    def load(self, contents: DirectoryContents) -> None:
        """Add everything that the store holds. Called once, before the first request."""
        for organization in contents.organizations:
            self.put_organization(organization)
        for project in contents.projects:
            self.put_project(project)
        for user in contents.users:
            self.put_user(user)
        for identity in contents.identities:
            self.put_identity(identity)
        for membership in contents.memberships:
            self.put_membership(membership)
        for in_project in contents.project_memberships:
            self.put_project_membership(in_project)
        for token in contents.tokens:
            self.put_token(token)
        for key in contents.keys:
            self.put_key(key)
        for session in contents.sessions:
            self.put_session(session)

    # Credentials

    def authenticate(self, digest: bytes, now: float) -> AccessToken | OrganizationKey | None:
        """The token or key with this digest, if it is in force at `now`."""
        record = self._by_digest.get(digest)
        if record is None or (record.expires_at is not None and now >= record.expires_at):
            return None
        if isinstance(record, AccessToken):
            return record if self._is_active(record.user) else None
        return record if record.organization in self._organizations else None

    def session(self, session_id: str, now: float) -> Session | None:
        """The session with this id, if it, its user and the token that it was exchanged for are in force at `now`."""
        session = self._sessions.get(session_id)
        if session is None or session.revoked_at is not None or now >= session.expires_at:
            return None
        if not self._is_active(session.user):
            return None
        token = self._tokens.get(session.token)
        return session if token is not None and self.authenticate(token.digest, now) is token else None

    def ends_at(self, credential_id: str) -> float:
        """When the token behind a user's credential ends; a session ends with its token. Infinity if never."""
        session = self._sessions.get(credential_id)
        token = self._tokens.get(session.token if session is not None else credential_id)
        return token.expires_at if token is not None and token.expires_at is not None else math.inf

    def _is_active(self, user_id: str) -> bool:
        user = self._users.get(user_id)
        return user is not None and not user.disabled

    # Tenancy

    def organization(self, name: str) -> Organization | None:
        """The organization with this id or slug."""
        return self._organizations.get(name) or self._slugs.get(name)

    def project(self, organization_id: str, name: str) -> Project | None:
        """The organization's project with this id or slug."""
        projects = self._projects.get(organization_id, {})
        found = projects.get(name)
        return found or next((each for each in projects.values() if each.slug == name), None)

    def projects_of(self, organization_id: str) -> list[Project]:
        """In the order of creation."""
        return list(self._projects.get(organization_id, {}).values())

    def organizations(self) -> list[Organization]:
        """In the order of creation."""
        return list(self._organizations.values())

    def users(self) -> list[User]:
        """In the order of creation."""
        return list(self._users.values())

    def user_by_email(self, email: str) -> User | None:
        return self._emails.get(email)

    def user_by_identity(self, issuer: str, subject: str) -> User | None:
        found = self._identities.get((issuer, subject))
        return self._users.get(found.user) if found is not None else None

    def user(self, user_id: str) -> User | None:
        return self._users.get(user_id)

    def first_platform_admin(self) -> User | None:
        return next((user for user in self._users.values() if user.platform_admin), None)

    def membership(self, user_id: str, organization_id: str) -> Membership | None:
        return self._memberships.get(user_id, {}).get(organization_id)

    def memberships_of(self, user_id: str) -> list[Membership]:
        return list(self._memberships.get(user_id, {}).values())

    def members(self, organization_id: str) -> list[Membership]:
        """Everybody in an organization, in the order in which they joined."""
        found = (each.get(organization_id) for each in self._memberships.values())
        return sorted((each for each in found if each is not None), key=lambda each: (each.created_at, each.user))

    def project_membership(self, user_id: str, project_id: str) -> ProjectMembership | None:
        return self._in_projects.get(user_id, {}).get(project_id)

    def project_members(self, project_id: str) -> list[ProjectMembership]:
        """Everybody who was added to a project, in that order."""
        found = (each.get(project_id) for each in self._in_projects.values())
        return sorted((each for each in found if each is not None), key=lambda each: (each.created_at, each.user))

    def first_joined(self, user_id: str) -> Membership | None:
        joined = self._memberships.get(user_id, {}).values()
        return min(joined, key=lambda each: (each.created_at, each.organization), default=None)

    # Lists

    def tokens(self) -> Iterable[AccessToken]:
        """Every token of every user, revoked ones included."""
        return self._tokens.values()

    def token(self, token_id: str) -> AccessToken | None:
        return self._tokens.get(token_id)

    def key(self, organization_id: str, key_id: str) -> OrganizationKey | None:
        return self._keys_of.get(organization_id, {}).get(key_id)

    def session_of(self, user_id: str, session_id: str) -> Session | None:
        return self._sessions_of.get(user_id, {}).get(session_id)

    def tokens_of(self, user_id: str, *, offset: int, limit: int) -> Page[AccessToken]:
        return _page(self._tokens_of.get(user_id, {}), offset=offset, limit=limit)

    def keys_of(self, organization_id: str, *, offset: int, limit: int) -> Page[OrganizationKey]:
        return _page(self._keys_of.get(organization_id, {}), offset=offset, limit=limit)

    def sessions_of(self, user_id: str, *, offset: int, limit: int) -> Page[Session]:
        return _page(self._sessions_of.get(user_id, {}), offset=offset, limit=limit)

    # Changes

    def put_organization(self, organization: Organization) -> None:
        before = self._organizations.get(organization.id)
        if before is not None:
            self._slugs.pop(before.slug, None)
        self._organizations[organization.id] = organization
        self._slugs[organization.slug] = organization
        self.generation += 1

    def put_project(self, project: Project) -> None:
        self._projects.setdefault(project.organization, {})[project.id] = project
        self.generation += 1

    def put_user(self, user: User) -> None:
        before = self._users.get(user.id)
        if before is not None and before.email:
            self._emails.pop(before.email, None)
        self._users[user.id] = user
        if user.email:
            self._emails[user.email] = user
        self.generation += 1

    def put_identity(self, identity: ExternalIdentity) -> None:
        self._identities[identity.issuer, identity.subject] = identity
        self.generation += 1

    def put_membership(self, membership: Membership) -> None:
        self._memberships.setdefault(membership.user, {})[membership.organization] = membership
        self.generation += 1

    def drop_membership(self, membership: Membership) -> None:
        """With it end the memberships in the organization's projects."""
        self._memberships.get(membership.user, {}).pop(membership.organization, None)
        in_projects = self._in_projects.get(membership.user, {})
        for project in [each.project for each in in_projects.values() if each.organization == membership.organization]:
            del in_projects[project]
        self.generation += 1

    def put_project_membership(self, membership: ProjectMembership) -> None:
        self._in_projects.setdefault(membership.user, {})[membership.project] = membership
        self.generation += 1

    def drop_project_membership(self, membership: ProjectMembership) -> None:
        self._in_projects.get(membership.user, {}).pop(membership.project, None)
        self.generation += 1

    def put_token(self, token: AccessToken) -> None:
        self._index(token, self._tokens.get(token.id))
        self._tokens[token.id] = token
        self._tokens_of.setdefault(token.user, {})[token.id] = token

    def put_key(self, key: OrganizationKey) -> None:
        key = msgspec.structs.replace(
            key,
            organization=self._share(key.organization),
            project=self._share(key.project),
            permissions=self._share(key.permissions),
            scopes=self._share(key.scopes),
            created_by=self._share(key.created_by),
        )
        keys = self._keys_of.setdefault(key.organization, {})
        self._index(key, keys.get(key.id))
        keys[key.id] = key

    def put_session(self, session: Session) -> None:
        if session.id in self._sessions:
            self.generation += 1
        elif len(self._sessions) >= self._forget_sessions_at:
            self._forget_sessions(ended_before=session.created_at)
        self._sessions[session.id] = session
        self._sessions_of.setdefault(session.user, {})[session.id] = session

    def _index(self, record: AccessToken | OrganizationKey, before: AccessToken | OrganizationKey | None) -> None:
        if before is not None:
            self._by_digest.pop(before.digest, None)
            self.generation += 1
        if record.revoked_at is None:
            self._by_digest[record.digest] = record

    def _forget_sessions(self, *, ended_before: float) -> None:
        for session in [each for each in self._sessions.values() if each.expires_at < ended_before]:
            del self._sessions[session.id]
            of_user = self._sessions_of[session.user]
            del of_user[session.id]
            if not of_user:
                del self._sessions_of[session.user]
        self._forget_sessions_at = max(_FEW_SESSIONS, 2 * len(self._sessions))

    def _share(self, value: H) -> H:
        # What a million keys have in common is kept once.
        return self._shared.setdefault(value, value)  # type: ignore[return-value]


def _page(records: Mapping[str, T], *, offset: int, limit: int) -> Page[T]:
    newest_first = reversed(records.values())  # type: ignore[call-overload]
    return Page(list(islice(newest_first, offset, offset + limit)), len(records))
