"""People whom an identity provider vouches for, and what that lets them be here.

A user is known by the issuer and subject of the provider's tokens. One whom nobody knows is refused, or made, as the
settings say; an e-mail is never enough to become somebody who is there already. Who is made joins the organizations
that the token names, in the role that its words mean. From there on it is the directory that knows who is a member of
what: whoever is removed or disabled here stays so, whatever a token says.

What a token may do is decided by the token. Where the settings name a claim with roles, its words alone give the role
in an organization, in place of the one that the directory has, and only they make a platform administrator; without
such a claim the directory's role holds, and no token administers the platform. Where they name a claim with
organizations, a token is good for these and no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from headgate.access.emails import normal_email
from headgate.access.grants import NAME_LIMIT
from headgate.access.identity import ExternalIdentity, Membership, Organization, Role, User
from headgate.core.errors import IdentityPending
from headgate.core.json import Json, JsonObject
from headgate.gateway.acting import act_as_user
from headgate.gateway.directory import Directory
from headgate.gateway.stores import DirectoryStore
from headgate.gateway.write_through import Submits, begin

PLATFORM_ADMIN: Final = "platform_admin"
CREDENTIAL: Final = "external:"
"""How the ids of such credentials begin. Nothing lasting is given for one."""
_ROLES: Final = (Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER)
_WORDS: Final = 1000

_LOG: Final = logging.getLogger("headgate.external")


class Vouched(msgspec.Struct, frozen=True, kw_only=True):
    """A token in order: who is vouched for, until when, and everything that it says."""

    issuer: str
    subject: str
    ends_at: float
    claims: JsonObject


class VouchedTokens(Protocol):
    """Reads the tokens of the identity provider."""

    def read(self, token: str, now: float) -> Vouched | None:
        """None for anything that is not in order. IdentityPending while that cannot be said."""

    async def settled(self) -> None:
        """Wait until whatever was looked up for `read` is known."""


class ClaimRules(msgspec.Struct, frozen=True, kw_only=True):
    """Which claims mean what. `roles` gives the role, or PLATFORM_ADMIN, that a word stands for; "" is no claim."""

    email_claim: str = "email"
    organization_claim: str = ""
    roles_claim: str = ""
    roles: Sequence[tuple[str, str]] = ()
    create: bool = False


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """What a token lets its user be. None: it does not say, and the directory does."""

    user: str
    ends_at: float
    organizations: tuple[str, ...] | None = None
    roles: frozenset[str] | None = None

    @property
    def platform_admin(self) -> bool:
        return self.roles is not None and PLATFORM_ADMIN in self.roles

    @property
    def role(self) -> Role | None:
        return next((role for role in _ROLES if role in (self.roles or ())), None)

    def as_user(self, user: User) -> User:
        return msgspec.structs.replace(user, platform_admin=self.platform_admin)

    def as_member(self, membership: Membership | None) -> Membership | None:
        """The membership as far as the token goes; None: no rights in the organization."""
        if membership is None or self.roles is None:
            return membership
        return msgspec.structs.replace(membership, role=self.role) if self.role is not None else None


class Outsiders(Protocol):
    """Finds the users behind the tokens of an identity provider."""

    def claimed(self, token: str, now: float) -> Claimed | None:
        """Whose token it is and what it allows; None: nobody's. IdentityPending."""

    async def settled(self) -> None:
        """Wait until whatever kept `claimed` from an answer is known."""


class ExternalPeople:
    """The Outsiders of one identity provider. `randomness` gives that many unpredictable bytes."""

    def __init__(
        self,
        directory: Directory,
        store: DirectoryStore,
        *,
        tokens: VouchedTokens,
        rules: ClaimRules,
        writer: Submits,
        new_id: Callable[[], str],
    ) -> None:
        self._directory = directory
        self._store = store
        self._tokens = tokens
        self._rules = rules
        self._writer = writer
        self._new_id = new_id
        self._making: dict[tuple[str, str], asyncio.Future[None]] = {}

    def claimed(self, token: str, now: float) -> Claimed | None:
        vouched = self._tokens.read(token, now)
        if vouched is None:
            return None
        user = self._directory.user_by_identity(vouched.issuer, vouched.subject)
        if user is None:
            if not self._rules.create:
                return None
            self._make(vouched, now)
            raise IdentityPending
        if user.disabled:
            return None
        return self._allowed(user.id, vouched)

    async def settled(self) -> None:
        await self._tokens.settled()
        if self._making:
            await asyncio.wait(self._making.values())

    def _allowed(self, user_id: str, vouched: Vouched) -> Claimed:
        rules, claims = self._rules, vouched.claims
        organizations = texts(claim(claims, rules.organization_claim)) if rules.organization_claim else None
        words = texts(claim(claims, rules.roles_claim)) if rules.roles_claim else None
        meant = None if words is None else frozenset(role for word, role in rules.roles if word in words)
        return Claimed(user=user_id, ends_at=vouched.ends_at, organizations=organizations, roles=meant)

    def _make(self, vouched: Vouched, now: float) -> None:
        """Begin to make the user, unless that has begun."""
        place = (vouched.issuer, vouched.subject)
        if place in self._making:
            return
        user = User(id=self._new_id(), name=_name(vouched), email=self._email(vouched), created_at=now)
        identity = ExternalIdentity(issuer=place[0], subject=place[1], user=user.id, created_at=now)
        memberships = self._joined(self._allowed(user.id, vouched), now)

        def work() -> None:
            # The request is theirs, though nothing that read its headers could say so yet.
            act_as_user(user.id)
            self._store.put_user(user)
            for membership in memberships:
                self._store.put_membership(membership)
            # Last: without it the user is nobody's, and another is made the next time.
            self._store.put_identity(identity)

        def then() -> None:
            self._directory.put_user(user)
            for membership in memberships:
                self._directory.put_membership(membership)
            self._directory.put_identity(identity)

        made = self._making[place] = begin(self._writer, work, then=then)

        def ended(done: asyncio.Future[None]) -> None:
            del self._making[place]
            if not done.cancelled() and (error := done.exception()) is not None:
                _LOG.error("a user of the identity provider could not be made", exc_info=error)

        made.add_done_callback(ended)

    def _joined(self, claimed: Claimed, now: float) -> list[Membership]:
        named = map(self._directory.organization, claimed.organizations or ())
        found: dict[str, Organization] = {each.id: each for each in named if each is not None}
        if claimed.roles is not None and claimed.role is None:
            return []
        role = claimed.role or Role.VIEWER
        return [Membership(user=claimed.user, organization=each, role=role, created_at=now) for each in found]

    def _email(self, vouched: Vouched) -> str:
        """The e-mail, unless somebody has it, or the provider itself does not trust it."""
        given = claim(vouched.claims, self._rules.email_claim)
        email = normal_email(given) if isinstance(given, str) else ""
        if "@" not in email or vouched.claims.get("email_verified", True) is not True:
            return ""
        return email if self._directory.user_by_email(email) is None else ""


def claim(claims: JsonObject, name: str) -> Json:
    """A claim by its name, or by names with dots in between that lead into objects; None if there is none."""
    if name in claims:
        return claims[name]
    value: Json = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def texts(value: Json) -> tuple[str, ...]:
    """The words of a claim: those of a text, the texts of a list, the names in an object."""
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, list | dict):
        return ()
    return tuple(each for each in list(value)[:_WORDS] if isinstance(each, str))


def _name(vouched: Vouched) -> str:
    for each in ("name", "preferred_username", "email"):
        given = vouched.claims.get(each)
        if isinstance(given, str) and given.isprintable() and given.strip():
            return given.strip()[:NAME_LIMIT].strip()
    return vouched.subject[:NAME_LIMIT].strip() or "external"
