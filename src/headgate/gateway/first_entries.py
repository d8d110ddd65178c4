"""The entries that a first start makes: free, deterministic, and without a key, so that a call answers at once."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Final

from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.scope import PLATFORM
from headgate.core.errors import ModelExists
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.administer import Administer, Write

INSTALLATION: Final = Principal(
    id="system:installation",
    kind=PrincipalKind.USER,
    credential="",
    platform_admin=True,
    scopes=(PLATFORM.key,),
)
"""Who makes them, as the history shows it."""

_FREE: Final = Pricing(Decimal(0), Decimal(0))
FIRST_ENTRIES: Final = (
    Document(
        name="mock",
        kind=Kind.CHAT,
        title="Mock",
        brand="Headgate",
        provider="mock",
        upstream_model="mock",
        capabilities={"text": True},
        pricing=_FREE,
        upstream_by="catalogue",
    ),
    Document(
        name="mock-slow",
        kind=Kind.CHAT,
        title="Mock, slow",
        brand="Headgate",
        provider="mock",
        upstream_model="mock-slow",
        capabilities={"text": True},
        pricing=_FREE,
        upstream_by="catalogue",
    ),
    Document(
        name="mock-embedding",
        kind=Kind.EMBEDDING,
        title="Mock embedding",
        brand="Headgate",
        provider="mock",
        upstream_model="mock-embedding",
        capabilities={"text": True},
        dimensions=1536,
        supported_dimensions=(256, 768, 1536),
        pricing=_FREE,
        upstream_by="catalogue",
    ),
)


def make_first_entries(administer: Administer, by: Principal = INSTALLATION) -> None:
    """Create them, each as any other entry is created; those that are there already stay as they are."""
    for document in FIRST_ENTRIES:
        with suppress(ModelExists):
            administer.create(by, Write(document), scope=PLATFORM)
