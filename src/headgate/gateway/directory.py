"""Who exists, in memory: tenants and people, and their tokens, keys and sessions. Requests read it, writes change it.

It belongs to the event loop: a change is one call, so no request sees half of it. A change is made here after the
store has it. `generation` rises with every change that may take something away from somebody or alter what a
credential means; whoever remembers answers of the directory forgets them when it has risen.

Keys may number a million, so each is one small struct that shares its repeated parts, found by its digest and listed
by its organization. Ids sort by time of creation and are added in that order, so lists are in it without sorting.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from typing import Final, TypeVar

import msgspec

from headgate.access.identity import AccessToken, Organization, OrganizationKey, Project, Session
from headgate.core.subject import Subject, SubjectKind
from headgate.gateway.directory_tenants import Tenants
from headgate.gateway.pages import Page, newest_first
from headgate.gateway.stores import DirectoryContents

H = TypeVar("H", bound=Hashable)

_FEW_SESSIONS: Final = 1024


class Directory(Tenants):
    """The tenants of one installation and every credential that was given out in it."""

    def __init__(self) -> None:
        super().__init__()
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
            return record if self.is_active(record.user) else None
        return record if record.organization in self._organizations else None

    def session(self, session_id: str, now: float) -> Session | None:
        """The session with this id, if it, its user and the token that it was exchanged for are in force at `now`.

        Behind a session that a password opened stands no token.
        """
        session = self._sessions.get(session_id)
        if session is None or session.revoked_at is not None or now >= session.expires_at:
            return None
        if not self.is_active(session.user):
            return None
        if not session.token:
            return session
        token = self._tokens.get(session.token)
        return session if token is not None and self.authenticate(token.digest, now) is token else None

    def ends_at(self, credential_id: str) -> float:
        """When the token behind a user's credential ends; a session ends with its token. Infinity if never."""
        session = self._sessions.get(credential_id)
        token = self._tokens.get(session.token if session is not None else credential_id)
        return token.expires_at if token is not None and token.expires_at is not None else math.inf

    # Lists

    def tokens(self) -> Iterable[AccessToken]:
        """Every token of every user, revoked ones included."""
        return self._tokens.values()

    def token(self, token_id: str) -> AccessToken | None:
        return self._tokens.get(token_id)

    def key(self, organization_id: str, key_id: str) -> OrganizationKey | None:
        return self._keys_of.get(organization_id, {}).get(key_id)

    def any_session(self, session_id: str) -> Session | None:
        """The session with this id, in force or not, whoever's it is."""
        return self._sessions.get(session_id)

    def every_session_of(self, user_id: str) -> list[Session]:
        return list(self._sessions_of.get(user_id, {}).values())

    def session_of(self, user_id: str, session_id: str) -> Session | None:
        return self._sessions_of.get(user_id, {}).get(session_id)

    def tokens_of(self, user_id: str, *, offset: int, limit: int) -> Page[AccessToken]:
        return newest_first(self._tokens_of.get(user_id, {}), offset=offset, limit=limit)

    def keys_of(self, organization_id: str, *, offset: int, limit: int) -> Page[OrganizationKey]:
        return newest_first(self._keys_of.get(organization_id, {}), offset=offset, limit=limit)

    def keys_in_force(self, organization_id: str, *, now: float, project: str | None = None) -> int:
        """How many of an organization's keys, or of those bound to one of its projects, would be accepted."""
        every = self.all_keys(organization_id)
        return sum(each.in_force(now) for each in every if project in (None, each.project))

    def all_keys(self, organization_id: str) -> Iterable[OrganizationKey]:
        """Every key of an organization, revoked ones included."""
        return self._keys_of.get(organization_id, {}).values()

    def sessions_of(self, user_id: str, *, offset: int, limit: int) -> Page[Session]:
        return newest_first(self._sessions_of.get(user_id, {}), offset=offset, limit=limit)

    # Changes

    def drop_organization(self, organization: Organization) -> None:
        """With it end its projects, its keys, and every membership in it. Sessions that kept it keep none."""
        for key in self._keys_of.pop(organization.id, {}).values():
            self._by_digest.pop(key.digest, None)
        for session in [each for each in self._sessions.values() if each.organization == organization.id]:
            self.put_session(msgspec.structs.replace(session, organization=""))
        super().drop_organization(organization)

    def drop_project(self, project: Project) -> None:
        """With it end its keys and the memberships in it."""
        keys = self._keys_of.get(project.organization, {})
        for key in [each for each in keys.values() if each.project == project.id]:
            del keys[key.id]
            self._by_digest.pop(key.digest, None)
            self.ended(Subject(key.organization, SubjectKind.KEY, key.id))
        super().drop_project(project)

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
        if key.revoked_at is not None:
            self.ended(Subject(key.organization, SubjectKind.KEY, key.id))

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
