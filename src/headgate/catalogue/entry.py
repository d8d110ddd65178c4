"""The model entry: one document of the catalogue, and what is recorded around it.

A `Document` is what people write and what a revision stores. A `ModelEntry` is a document with its identity, owner
and history. Secrets, sharing and verification are kept apart: they are not documents and no revision holds them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.price import PriceFrom
from headgate.catalogue.scope import Scope
from headgate.core.json import Json, JsonObject

NAME_LIMIT: Final = 128
REGION_LIMIT: Final = 64
RESERVED_NAMES: Final = frozenset({"auto"})


class Pricing(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """USD per million tokens, at most six decimals. Both given, or the entry is unpriced."""

    input_per_1m_tokens: Decimal | None = None
    output_per_1m_tokens: Decimal | None = None


class Document(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What an entry says. Unset is None, empty or the default; the faces decide how that reads.

    `upstream_by` tells which face last wrote the upstream: `assets` derives it from `litellm_model`, any other from
    `provider` and `upstream_model`. `credential` is the name of a stored credential, never a secret. `status_message`
    is what people wrote about the entry's status; what verification found is no part of a document.
    `pricing` is the short form of the price in force when prices were last written, `prices` are whole price lists,
    oldest first, of which each counts from its own instant on; until the first does, the short form counts.
    `capabilities`, `limits`, `defaults`, `display` and `provider_config` hold the free keys only; the keys that have a
    field of their own are lifted out of them. `hidden` is a key of an object, where a written false is not the same as
    nothing.
    """

    name: str
    kind: Kind
    title: str | None = None
    description: str | None = None
    provider: str | None = None
    upstream_model: str | None = None
    litellm_model: str | None = None
    upstream_by: str | None = None
    api_base: str | None = None
    api_version: str | None = None
    credential: str | None = None
    capabilities: JsonObject = {}
    abilities: tuple[str, ...] = ()
    context_window: int | None = None
    max_output_tokens: int | None = None
    limits: JsonObject = {}
    rpm: int | None = None
    tpm: int | None = None
    timeout: float | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    defaults: JsonObject = {}
    dimensions: Json = None
    supported_dimensions: tuple[Json, ...] = ()
    enabled: bool = True
    deprecated: bool = False
    status_message: str | None = None
    failover: str | None = None
    region: str | None = None
    metrics: Json = None
    pricing: Pricing | None = None
    prices: tuple[PriceFrom, ...] = ()
    brand: str | None = None
    hidden: bool | None = None
    display: JsonObject = {}
    provider_config: JsonObject = {}
    tags: tuple[str, ...] = ()
    org_slugs: tuple[str, ...] = ()


class ModelEntry(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A document with its identity and history.

    `uid` is a UUIDv7 and `number` an integer row id; both are kept for the life of the entry and across rollbacks.
    Times are Unix seconds. `revision` is the last that changed it. `private_egress` is true when a platform
    administrator wrote the URL, so that it may name a private address; it is decided again whenever the URL changes.
    """

    uid: str
    number: int
    scope: Scope
    document: Document
    revision: int
    created_at: float
    created_by: str
    updated_at: float
    updated_by: str
    private_egress: bool = False

    @property
    def name(self) -> str:
        return self.document.name
