"""A town whose door is open to people of an identity provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import cast

import msgspec
import pytest

from headgate.access.identity import ExternalIdentity
from headgate.core.errors import IdentityPending
from headgate.core.json import Json, JsonObject
from headgate.core.principal import Principal
from headgate.gateway.external import ClaimRules, ExternalPeople, Vouched
from headgate.gateway.identify import Identify
from headgate.gateway.stores import DirectoryStore
from tests.gateway.town import NOW, KnownSessions, Town

ISSUER = "https://login.test"
ROLES = (("ops", "platform_admin"), ("bosses", "owner"), ("admins", "admin"), ("users", "member"), ("eyes", "viewer"))
RULES = ClaimRules(organization_claim="org", roles_claim="groups", roles=ROLES)


class SomeTokens:
    """The VouchedTokens port without signatures: what is vouched for is what the test says."""

    def __init__(self) -> None:
        self.claims: JsonObject | None = {}
        self.subject = "mia-there"
        self.ends_at = NOW + 300
        self.withdrawn = False

    def read(self, token: str, now: float) -> Vouched | None:
        if self.claims is None or self.withdrawn:
            return None
        return Vouched(issuer=ISSUER, subject=self.subject, ends_at=self.ends_at, claims=self.claims)

    async def settled(self) -> None: ...


class NoSession(KnownSessions):
    def verify(self, token: str, now: float) -> str | None:
        return None


class Store:
    """What was stored, in order; or a store that takes nothing."""

    def __init__(self) -> None:
        self.put: list[object] = []
        self.broken = False

    def _put(self, value: object) -> None:
        if self.broken:
            raise OSError("the disk is full")
        self.put.append(value)

    put_user = put_membership = put_identity = _put

    def submit(self, work: Callable[[], None]) -> Future[None]:
        done: Future[None] = Future()
        try:
            work()
            done.set_result(None)
        except OSError as error:
            done.set_exception(error)
        return done


class Frontier:
    """A town whose door is open to people of an identity provider. Mia is known there already."""

    def __init__(self, rules: ClaimRules = RULES) -> None:
        self.town = Town()
        self.store = Store()
        self.tokens = SomeTokens()
        self.town.directory.put_identity(
            ExternalIdentity(issuer=ISSUER, subject="mia-there", user="u-mia", created_at=NOW)
        )
        self.people = ExternalPeople(
            self.town.directory,
            cast("DirectoryStore", self.store),  # as much of one as is used
            tokens=self.tokens,
            rules=rules,
            writer=self.store,
            new_id=lambda: f"u-new-{len(self.store.put)}",
        )
        self.identify = Identify(self.town.directory, NoSession(), clock=self.town.clock, outsiders=self.people)

    def comes(self, *, organization: str = "", **claims: Json) -> Principal:
        """Somebody with a token of these claims."""
        self.tokens.claims = claims
        # A different text each time, as with true tokens; what was found for the last one is not asked for again.
        token = b"a." + msgspec.json.encode(claims).hex().encode() + b".c"
        headers = [(b"authorization", b"Bearer " + token)]
        if organization:
            headers.append((b"x-organization-id", organization.encode()))
        return self.identify.identify(headers)

    def new(self, subject: str = "new", **claims: Json) -> Principal:
        """Somebody new, who is made and asks again."""

        async def twice() -> Principal:
            self.tokens.subject = subject
            with pytest.raises(IdentityPending):
                self.comes(**claims)
            await self.identify.settled()
            return self.comes(**claims)

        return asyncio.run(twice())
