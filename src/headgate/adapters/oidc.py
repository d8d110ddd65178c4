"""Tokens of an identity provider: who vouches for whom, read as strictly as our own.

Nothing in a token decides how it is checked. The algorithm must be one of four with public keys, the key one of those
that the provider publishes at the place in the settings, found by its id; keys and addresses of keys that a token
brings along are passed over. Claims are looked at first, because that is cheap and keeps strangers from making us ask
the provider; they count for nothing until the signature does.

Keys are kept. They are fetched again when a token names one that is not known, at most once a minute, and when they
are ten minutes old; a fetch that fails changes nothing. The request road cannot wait, so `read` never does: it says
that an answer is under way, and `settled` waits for those who can.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Sequence
from typing import Final

import msgspec

from headgate.access.grants import LAST_INSTANT
from headgate.adapters.compact import Compact, object_of, take_apart
from headgate.adapters.oidc_keys import ALGORITHMS, KEY_ID_LIMIT, NO_KEYS, KeySet, key_set
from headgate.adapters.oidc_pages import PageRefused, Pages
from headgate.adapters.tasks import Tasks
from headgate.core.clock import Clock
from headgate.core.errors import IdentityPending
from headgate.core.json import Json, JsonObject
from headgate.gateway.external import Vouched, claim

LEEWAY: Final = 60.0
"""By how much the provider's clock may be ahead of ours. What has ended has ended."""
_AGAIN: Final = 60.0
_OLD: Final = 600.0
_DISCOVERY: Final = "/.well-known/openid-configuration"
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_KINDS: Final = frozenset({"bearer", "jwt", "at+jwt"})
_OF_ID_TOKENS: Final = frozenset({"at_hash", "c_hash", "s_hash", "events"})
"""Claims of tokens that tell a client about a sign-in, or of messages about one: nobody may call with those."""
_TEXT_LIMIT: Final = 255

_LOG: Final = logging.getLogger("headgate.oidc")


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a token must say. Without `jwks_url` the keys are where the issuer's discovery says."""

    issuer: str
    audiences: Sequence[str]
    jwks_url: str | None = None
    user_claim: str = "sub"


class OidcTokens:
    """The VouchedTokens port of one identity provider."""

    def __init__(self, expected: Expected, pages: Pages, *, tasks: Tasks, clock: Clock) -> None:
        self._expected = expected
        self._audiences = frozenset(expected.audiences)
        self._pages = pages
        self._tasks = tasks
        self._clock = clock
        self._keys: KeySet = NO_KEYS
        self._asked_at = -math.inf
        self._fetch_under_way: asyncio.Task[None] | None = None

    def read(self, token: str, now: float) -> Vouched | None:
        """Whom the provider vouches for; None for anything that is not in order. IdentityPending."""
        compact = take_apart(token)
        if compact is None or not _is_header(compact.header):
            return None
        vouched = self._vouched(compact.claims, now)
        if vouched is None or not self._is_signed(compact):
            return None
        return vouched

    def begin(self) -> None:
        """Fetch the keys, unless that has just been done. On the event loop."""
        now = self._clock.now()
        if self._fetch_under_way is None and now >= self._asked_at + _AGAIN:
            self._asked_at = now
            self._fetch_under_way = self._tasks.start(self._fetch(), name="fetch the identity provider's keys")

    async def settled(self) -> None:
        """Wait until no fetch is under way."""
        if self._fetch_under_way is not None:
            await asyncio.wait([self._fetch_under_way])

    def _is_signed(self, compact: Compact) -> bool:
        if self._clock.now() >= self._asked_at + _OLD:
            self.begin()
        key_id, algorithm = compact.header["kid"], compact.header["alg"]
        key = self._keys.key(key_id, algorithm)
        if key is not None:
            return key.verifies(compact.signed, compact.signature)
        if self._keys.knows(key_id):
            return False
        self.begin()
        if self._fetch_under_way is not None or not len(self._keys):
            raise IdentityPending
        return False

    def _vouched(self, claims: JsonObject, now: float) -> Vouched | None:
        expected = self._expected
        ends_at, begins_at, issued_at = _time(claims, "exp"), _time(claims, "nbf"), _time(claims, "iat")
        if claims.get("iss") != expected.issuer or not self._is_for_us(claims.get("aud")):
            return None
        if ends_at is None or issued_at is None or (begins_at is None and "nbf" in claims):
            return None
        if now >= ends_at or max(begins_at or 0, issued_at) > now + LEEWAY:
            return None
        kind = claims.get("typ", "Bearer")
        if not isinstance(kind, str) or kind.lower() not in _KINDS or _OF_ID_TOKENS & claims.keys():
            return None
        subject = claim(claims, expected.user_claim)
        if not isinstance(subject, str) or not 0 < len(subject) <= _TEXT_LIMIT or not subject.isprintable():
            return None
        return Vouched(issuer=expected.issuer, subject=subject, ends_at=ends_at, claims=claims)

    def _is_for_us(self, audience: Json) -> bool:
        named = [audience] if isinstance(audience, str) else audience
        return isinstance(named, list) and any(isinstance(each, str) and each in self._audiences for each in named)

    async def _fetch(self) -> None:
        try:
            self._keys = key_set(await self._pages.get(await self._place()))
        except (PageRefused, ValueError) as error:
            _LOG.warning("the keys of the identity provider could not be fetched: %s", error)
        finally:
            self._fetch_under_way = None

    async def _place(self) -> str:
        if self._expected.jwks_url is not None:
            return self._expected.jwks_url
        issuer = self._expected.issuer
        told = object_of(await self._pages.get(issuer.rstrip("/") + _DISCOVERY))
        place = told.get("jwks_uri")
        if told.get("issuer") != issuer or not isinstance(place, str):
            raise ValueError(f"the discovery of {issuer!r} is about {told.get('issuer')!r}, keys at {place!r}")
        if issuer.startswith("https://") and not place.startswith("https://"):
            raise ValueError(f"the keys of {issuer!r} would be fetched in the clear, from {place!r}")
        return place


def _is_header(header: JsonObject) -> bool:
    algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        return False
    if not isinstance(key_id, str) or not 0 < len(key_id) <= KEY_ID_LIMIT:
        return False
    # A critical extension, an unencoded body, a compressed or a nested one: none is understood here.
    if {"crit", "b64", "zip", "cty", "enc"} & header.keys():
        return False
    return isinstance(kind, str) and kind.lower() in _TYPES


def _time(claims: JsonObject, name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LAST_INSTANT:
        return float(value)
    return None
