"""Giving and taking credentials: organization keys, access tokens, sessions.

Every change is stored first and takes effect in memory right after, before anybody is told of it: what was revoked is
refused from the next request on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from headgate.access import keys
from headgate.access.grants import (
    Authority,
    KeyWish,
    TokenWish,
    end_excess,
    end_faults,
    excess,
    key_faults,
    name_faults,
)
from headgate.access.identity import AccessToken, OrganizationKey, Session, User
from headgate.core.clock import Clock
from headgate.core.errors import Forbidden, InvalidQuery, NotFound, detail
from headgate.core.ids import uuid7
from headgate.core.principal import Principal, PrincipalKind
from headgate.core.secret import Secret
from headgate.gateway.directory import Directory
from headgate.gateway.external import CREDENTIAL
from headgate.gateway.in_force import demand_in_force, demand_member
from headgate.gateway.key_reach import key_of, project_of
from headgate.gateway.stores import DirectoryStore, SessionSigner
from headgate.gateway.tenancy import Change, Changes, refuse

T = TypeVar("T")

ADMINISTRATOR: Final = "administrator"
"""The name of the token that the settings may replace; nobody else's token has it."""

SESSION_DEFAULT: Final = 12 * 3600
SESSION_LIMIT: Final = 30 * 24 * 3600
SESSION_MINIMUM: Final = 60
_ID_BYTES: Final = 10


class Granted(msgspec.Struct, Generic[T], frozen=True):
    """What was made, and its text, which is shown this once."""

    record: T
    text: Secret


class Grants:
    """The use cases. `randomness` gives that many unpredictable bytes."""

    def __init__(
        self,
        directory: Directory,
        store: DirectoryStore,
        *,
        changes: Changes,
        signer: SessionSigner,
        clock: Clock,
        randomness: Callable[[int], bytes],
    ) -> None:
        self._directory = directory
        self._store = store
        self._changes = changes
        self._signer = signer
        self._clock = clock
        self._randomness = randomness

    # Organization keys

    async def create_key(self, principal: Principal, wish: KeyWish) -> Granted[OrganizationKey]:
        """A key of the organization in whose context the principal asks.

        InvalidBody, Forbidden, InvalidQuery, NotAuthenticated. It is decided in turn with whoever ends a membership:
        the key is there to be named by then, or is refused.
        """
        organization_of(principal)
        refuse(key_faults(wish, now=self._clock.wall()))
        text = keys.mint_key(principal.organization_slug, self._randomness(keys.RANDOM_BYTES))
        made: list[OrganizationKey] = []

        def decide() -> Change:
            key = self._key(principal, wish, text)
            made.append(key)
            return Change(lambda: self._store.put_key(key), lambda: self._directory.put_key(key))

        await self._changes.make(decide)
        return Granted(made[0], text)

    async def revoke_key(self, principal: Principal, key_id: str) -> OrganizationKey:
        """Refuse the key from now on. Revoking it again changes nothing. NotFound."""
        organization_of(principal)
        key = key_of(self._directory, principal, key_id=key_id)
        if key.revoked_at is not None:
            return key
        revoked = msgspec.structs.replace(key, revoked_at=self._clock.wall())
        await self._changes.write(lambda: self._store.put_key(revoked), then=lambda: self._directory.put_key(revoked))
        return revoked

    # Access tokens

    async def create_token(self, principal: Principal, wish: TokenWish) -> Granted[AccessToken]:
        """A token of the principal's own, or, for a platform administrator, of another user. InvalidBody, Forbidden."""
        user_id = wish.user or principal.user
        if user_id != principal.user and not principal.platform_admin:
            raise Forbidden("only a platform administrator makes tokens for another user")
        now = self._clock.wall()
        faults = name_faults(wish.name) + end_faults(wish.expires_at, now=now)
        if wish.name == ADMINISTRATOR:
            faults.append(detail("name", f"{wish.name!r} is kept for the token of the first administrator"))
        if principal.credential.startswith(CREDENTIAL):
            raise Forbidden("an identity provider's token ends and may not be exchanged for one that lasts")
        if self._directory.user(user_id) is None:
            faults.append(detail("user", f"{user_id!r} is no user"))
        refuse(faults)
        beyond = end_excess(wish.expires_at, self._directory.ends_at(principal.credential))
        if beyond:
            raise Forbidden("a token may not outlast the credential that gives it", details=beyond)
        text = keys.mint_token(self._randomness(keys.RANDOM_BYTES))
        token = AccessToken(
            id=self._new_id(now),
            user=user_id,
            name=wish.name,
            digest=keys.digest(text.reveal().encode()),
            last4=keys.last4(text),
            created_at=now,
            expires_at=wish.expires_at,
        )

        def decide() -> Change:
            demand_in_force(self._directory, principal, now=now)
            return Change(lambda: self._store.put_token(token), lambda: self._directory.put_token(token))

        await self._changes.make(decide)
        return Granted(token, text)

    async def revoke_token(self, principal: Principal, token_id: str) -> AccessToken:
        """Refuse the token, and every session that was given for it, from now on. NotFound."""
        token = self._directory.token(token_id)
        if token is None or (token.user != principal.user and not principal.platform_admin):
            raise NotFound(f"token {token_id!r} does not exist")
        if token.revoked_at is not None:
            return token
        revoked = msgspec.structs.replace(token, revoked_at=self._clock.wall())
        await self._changes.write(
            lambda: self._store.put_token(revoked), then=lambda: self._directory.put_token(revoked)
        )
        return revoked

    # Sessions

    async def open_session(self, principal: Principal, lifetime: int = SESSION_DEFAULT) -> Granted[Session]:
        """A session in exchange for the access token that was shown, ended with it at the latest. Forbidden."""
        token = self._directory.token(principal.credential)
        if token is None:
            raise Forbidden("a session is given for an access token only; send one as the credential")
        return await self._open_session(principal.user, lifetime, token=token.id, organization=principal.organization)

    async def open_session_of(self, user: User, lifetime: int = SESSION_DEFAULT) -> Granted[Session]:
        """A session of a user who has shown a password."""
        return await self._open_session(user.id, lifetime)

    async def end_session(self, principal: Principal, session_id: str) -> Session:
        """Refuse the session from now on. NotFound for one that is not the principal's own; a platform administrator
        ends anybody's."""
        if principal.platform_admin:
            session = self._directory.any_session(session_id)
        else:
            session = self._directory.session_of(principal.user, session_id)
        if session is None:
            raise NotFound(f"session {session_id!r} does not exist")
        if session.revoked_at is not None:
            return session
        ended = msgspec.structs.replace(session, revoked_at=self._clock.wall())
        await self._put_sessions([ended])
        return ended

    async def end_sessions(self, user_id: str) -> int:
        """Refuse every session of the user from now on; how many there were."""
        ended = self._ended(user_id)
        await self._put_sessions(ended)
        # One that was on its way when these were counted has been written before them.
        late = self._ended(user_id)
        await self._put_sessions(late)
        return len(ended) + len(late)

    def sessions_in_force(self, user_id: str) -> int:
        return len(self._ended(user_id))

    def ending_with(self, user: User) -> Change:
        """Keep the user as given and refuse every session of theirs, as one change."""
        ended = self._ended(user.id)

        def work() -> None:
            self._store.put_user(user)
            for session in ended:
                self._store.put_session(session)

        def then() -> None:
            self._directory.put_user(user)
            for session in ended:
                self._directory.put_session(session)

        return Change(work, then)

    # Inside

    def _key(self, principal: Principal, wish: KeyWish, text: Secret) -> OrganizationKey:
        """The key that is wished for, whose text is this. Forbidden, InvalidBody, NotAuthenticated."""
        organization, now = principal.organization, self._clock.wall()
        demand_in_force(self._directory, principal, now=now)
        demand_member(self._directory, principal)
        grantor = self._grantor(principal)
        project = project_of(self._directory, principal, named=wish.project)
        beyond = excess(wish, _authority(principal, grantor))
        if beyond:
            raise Forbidden("a key may not exceed the credential that gives it", details=beyond)
        return OrganizationKey(
            id=self._new_id(now),
            organization=organization,
            project=project,
            name=wish.name,
            digest=keys.digest(text.reveal().encode()),
            last4=keys.last4(text),
            permissions=wish.permissions,
            scopes=wish.scopes,
            created_at=now,
            created_by=principal.id,
            expires_at=wish.expires_at,
        )

    def _grantor(self, principal: Principal) -> OrganizationKey | None:
        if principal.kind is not PrincipalKind.KEY:
            return None
        return self._directory.key(principal.organization, principal.credential)

    def _new_id(self, now: float) -> str:
        return uuid7(now, self._randomness(_ID_BYTES))

    async def _open_session(
        self, user_id: str, lifetime: int, *, token: str = "", organization: str = ""
    ) -> Granted[Session]:
        if not SESSION_MINIMUM <= lifetime <= SESSION_LIMIT:
            accepted = f"{SESSION_MINIMUM} to {SESSION_LIMIT} seconds are accepted"
            refuse([detail("expires_in", f"{lifetime} is outside of what is possible; {accepted}")])
        now = self._clock.wall()
        session = Session(
            id=self._new_id(now),
            user=user_id,
            token=token,
            organization=organization,
            created_at=now,
            # Whole seconds, as the signed text has them.
            expires_at=float(int(min(now + lifetime, self._directory.ends_at(token)))),
        )
        text = self._signer.sign(session)
        await self._put_sessions([session])
        return Granted(session, text)

    def _ended(self, user_id: str) -> list[Session]:
        now = self._clock.wall()
        live = [each for each in self._directory.every_session_of(user_id) if each.revoked_at is None]
        return [msgspec.structs.replace(each, revoked_at=now) for each in live if each.expires_at > now]

    async def _put_sessions(self, sessions: Sequence[Session]) -> None:
        def work() -> None:
            for session in sessions:
                self._store.put_session(session)

        def then() -> None:
            for session in sessions:
                self._directory.put_session(session)

        await self._changes.write(work, then=then)


def organization_of(principal: Principal) -> str:
    """The organization of the request; InvalidQuery for a user who is in none and names none."""
    if not principal.organization:
        raise InvalidQuery("the request belongs to no organization; name one in the header X-Organization-ID")
    return principal.organization


def _authority(principal: Principal, grantor: OrganizationKey | None) -> Authority:
    # A person's rights come from the membership, so what a person gives the organization may outlast the session.
    ends_at = math.inf if grantor is None or grantor.expires_at is None else grantor.expires_at
    return Authority(permissions=principal.permissions, models=principal.model_scopes, ends_at=ends_at)
