"""An organization whose entries are paid with keys of its own, of the organization's or of the platform's."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import PLATFORM, Scope, project, user
from headgate.core.json import Json, JsonObject
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.credentials_named import NamedCredentials, NewCredential
from tests.gateway.own_prices import charged
from tests.gateway.writing import MANAGER, ROOT, change, write

SECRET: Final = Secret("sk-0123456789abcdefghij")
FREE: Final[JsonObject] = {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}
WEB: Final = project("acme-id", "web")
DEV: Final = user("acme-id", "dev")

DEVELOPER: Final = msgspec.structs.replace(
    MANAGER,
    id="user:dev",
    user="dev",
    project="web",
    permissions=frozenset({"llm:models:write", "llm:models:delete", "llm:secrets:manage", "llm:credentials:use"}),
    scopes=("project:acme-id/web", "user:acme-id/dev", "organization:acme-id", "platform"),
)
"""Writes the entries of the project, and those of its own."""
ADMIN: Final = msgspec.structs.replace(
    DEVELOPER, id="user:adm", user="adm", organization_admin=True, permissions=frozenset({"llm:*"})
)
"""Administers the organization."""
OPERATOR: Final = msgspec.structs.replace(ADMIN, id="user:op", user="op", platform_admin=True)
"""Administers the platform, and acts within the organization."""


def lend(desk: Desk, scope: Scope, *, provider: str = "openai", name: str = "lent", default: bool = True) -> None:
    """A key of a scope, which entries without one of their own are called with."""
    given = NewCredential(
        name=name, provider=provider, secret=SECRET, origins=("https://api.openai.com",), default=default
    )
    NamedCredentials(desk).create(ROOT if scope == PLATFORM else ADMIN, given, scope=scope)


def made(administer: Administer, by: Principal, scope: Scope, **fields: Json) -> Offer:
    """An entry without a key of its own, free of charge as its people say."""
    return administer.create(by, write("m", **{"pricing": FREE, **fields}), scope=scope).offer


def in_force(desk: Desk, offer: Offer) -> int | None:
    """Picodollars a token of the entry as it is now; None if it has no price that counts."""
    found = desk.snapshot.by_uid(offer.uid)
    assert found is not None
    return charged(desk, found)


def price(administer: Administer, by: Principal, offer: Offer, amount: int) -> Offer:
    pricing = {"input_per_1m_tokens": amount, "output_per_1m_tokens": amount}
    return administer.update(by, offer.uid, change=change(pricing=pricing), scope=offer.scope).offer
