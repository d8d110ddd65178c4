"""Signing in with an e-mail and a password, and changing the password.

Whoever is refused learns nothing: an unknown e-mail, a wrong password, a user without one and a user who is disabled
are one answer after the same work. Guessing is limited for each e-mail, whether anybody has it or not, and for each
address that it comes from.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from headgate.access.emails import normal_email
from headgate.access.identity import Session, User
from headgate.access.keys import digest
from headgate.access.rate import Rate
from headgate.core.clock import Clock
from headgate.core.errors import Forbidden, InvalidBody, NotFound, RateLimited, SignInRefused, detail
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.acting import act_as_user
from headgate.gateway.attempts import Attempts
from headgate.gateway.directory import Directory
from headgate.gateway.grant import SESSION_DEFAULT, Granted, Grants
from headgate.gateway.tenancy import Change, Changes

PASSWORD_MINIMUM: Final = 12
PASSWORD_LIMIT: Final = 256
_PERIOD: Final = 900.0
_SUBSCRIBER_BITS: Final = 64
_FEW_CHARACTERS: Final = 5
_TEXT_LIMIT: Final = 4 * PASSWORD_LIMIT


class Passwords(Protocol):
    """Slow hashes, off the event loop. RateLimited when too many wait."""

    async def hash(self, password: Secret) -> str: ...

    async def compare(self, encoded: str, password: Secret) -> bool:
        """Whether it is the password of a hash. "" is a hash that nothing matches, after the same work."""


class Limits(msgspec.Struct, frozen=True):
    """How often may be tried."""

    by_email: Attempts
    by_address: Attempts

    @classmethod
    def of(cls, clock: Clock, *, by_email: int, by_address: int) -> Limits:
        """So many in a quarter of an hour."""
        return cls(Attempts(Rate(by_email, _PERIOD), clock), Attempts(Rate(by_address, _PERIOD), clock))


class SignIn:
    """The use cases. `refused` is told the e-mail's digest, in hex, of each attempt that failed."""

    def __init__(
        self,
        directory: Directory,
        grants: Grants,
        *,
        passwords: Passwords,
        limits: Limits,
        changes: Changes,
        refused: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._directory = directory
        self._grants = grants
        self._passwords = passwords
        self._limits = limits
        self._changes = changes
        self._refused = refused

    async def sign_in(
        self, email: str, password: Secret, *, address: str, lifetime: int = SESSION_DEFAULT
    ) -> Granted[Session]:
        """A session for the user with this e-mail and password. SignInRefused, RateLimited, InvalidBody."""
        name = normal_email(email)
        word = digest(name.encode("utf-8", "replace")).hex()
        place = _place(address)
        self._limits.by_address.take(place)
        self._limits.by_email.take(word)
        try:
            user = await self._known(self._directory.user_by_email(name) if name else None, password)
        except RateLimited:
            # Nothing was compared: those who crowd the queue must not use up the tries of others.
            self._limits.by_email.give_back(word)
            self._limits.by_address.give_back(place)
            raise
        if user is None:
            self._refused(word)
            raise SignInRefused
        self._limits.by_email.give_back(word)
        self._limits.by_address.give_back(place)
        act_as_user(user.id)
        return await self._grants.open_session_of(user, lifetime)

    async def change_password(self, by: Principal, user_id: str, *, former: Secret | None, wanted: Secret) -> int:
        """Give a user another password and end the user's sessions; how many.

        One's own with the former one, or anybody's by a platform administrator. NotFound, SignInRefused, InvalidBody,
        Forbidden, RateLimited.
        """
        if user_id != by.user and not by.platform_admin:
            raise NotFound(f"user {user_id!r} does not exist")
        user = self._directory.user(user_id)
        if user is None:
            raise NotFound(f"user {user_id!r} does not exist")
        if not by.platform_admin:
            await self._prove(user, former)
        if fault := _fault(wanted, user):
            raise InvalidBody(f"password: {fault}", details=[detail("password", fault)])
        encoded = await self._passwords.hash(_normal(wanted))
        counted: list[int] = []

        def decide() -> Change:
            now = self._directory.user(user_id)
            if now is None or (not by.platform_admin and now.password != user.password):
                raise SignInRefused  # somebody has changed it while this one was being hashed
            counted.append(self._grants.sessions_in_force(user_id))
            return self._grants.ending_with(msgspec.structs.replace(now, password=encoded))

        await self._changes.make(decide)
        # Whoever came in by the former password while it was being changed goes too.
        return counted[0] + await self._grants.end_sessions(user_id)

    async def _prove(self, user: User, former: Secret | None) -> None:
        if not user.password:
            raise Forbidden("there is no password yet; a platform administrator sets the first one")
        if former is None:
            raise InvalidBody("'former' is required", details=[detail("former", "the present password is required")])
        word = f"user {user.id}"
        self._limits.by_email.take(word)
        if await self._known(user, former) is None:
            raise SignInRefused
        self._limits.by_email.give_back(word)

    async def _known(self, user: User | None, password: Secret) -> User | None:
        """The user as the directory has it when the password was found to be right."""
        encoded = user.password if user is not None else ""
        # No password is as long as that, and bringing a text into its normal form takes time.
        if len(password.reveal()) > _TEXT_LIMIT:
            encoded, password = "", Secret("")
        matches = await self._passwords.compare(encoded, _normal(password))
        found = self._directory.user(user.id) if user is not None else None
        if not matches or not encoded or found is None or found.disabled:
            return None
        # What was compared may have been changed meanwhile.
        return found if found.password == encoded else None


def _place(address: str) -> str:
    """What tries are counted for: an address, or the network that one subscriber of IPv6 has all addresses of."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found), _SUBSCRIBER_BITS), strict=False))


def _normal(password: Secret) -> Secret:
    # The same password typed on two keyboards may come in two encodings of the same characters.
    return Secret(unicodedata.normalize("NFKC", password.reveal()))


def _fault(password: Secret, user: User) -> str:
    text = _normal(password).reveal() if len(password.reveal()) <= _TEXT_LIMIT else ""
    if not PASSWORD_MINIMUM <= len(text) <= PASSWORD_LIMIT:
        return f"{PASSWORD_MINIMUM} to {PASSWORD_LIMIT} characters are accepted"
    if len(set(text)) < _FEW_CHARACTERS:
        return f"it repeats a few characters; at least {_FEW_CHARACTERS} different ones are accepted"
    if text.casefold() in (user.email.casefold(), user.name.casefold()):
        return "it is the name or the e-mail of the user"
    return ""
