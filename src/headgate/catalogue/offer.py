"""The running form of an entry: everything a request needs of it, worked out once when it is written."""

from __future__ import annotations

import math
from typing import Final
from urllib.parse import quote

import msgspec

from headgate.catalogue.carbon import CarbonProfile, profile
from headgate.catalogue.embedding import EmbeddingRules, default_size, embedding_rules
from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.kinds import Kind
from headgate.catalogue.operations import Operation, operations
from headgate.catalogue.price import Price, Schedule, Timed, resolved, timed_at
from headgate.catalogue.pricing import of_short_form
from headgate.catalogue.providers import Providers
from headgate.catalogue.scope import Scope
from headgate.catalogue.standing import standing
from headgate.catalogue.upstream import Route, Unroutable, route
from headgate.core.json import JsonObject, encode
from headgate.core.principal import Principal

_HEADER_SAFE: Final = " !#$&'()*+,/:;=?@[]^`{|}~<>\"\\"


class Capacity(msgspec.Struct, frozen=True, gc=False):
    """Requests and tokens a minute, and requests at a time; None: any number."""

    rpm: int | None = None
    tpm: int | None = None
    parallel: int | None = None


class Offer(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One callable thing. Immutable: a change of its entry makes another Offer.

    `json_name` is `name` as a JSON string, `header_name` as a header value (percent-encoded beyond printable ASCII);
    `call_defaults` are the request fields that a caller's silence leaves to the entry; `document` is the document's
    JSON; `search` is what the list's search looks through, lower case. `version` names what was written last.
    `schedule` are its prices, of which the first counts since ever; `capacity` is what all callers
    together may ask of it.
    """

    uid: str
    number: int
    name: str
    scope: Scope
    scope_key: str
    kind: Kind
    operations: frozenset[Operation]
    embedding: EmbeddingRules | None
    enabled: bool
    deprecated: bool
    hidden: bool
    org_slugs: frozenset[str]
    failover: str | None
    route: Route | Unroutable
    credential: str | None
    private_egress: bool
    timeout: float | None
    schedule: Schedule
    capacity: Capacity | None
    max_output_tokens: int | None
    carbon: CarbonProfile | None
    brand: str | None
    tags: frozenset[str]
    capabilities: frozenset[str]
    search: str
    revision: int
    created_at: float
    created_by: str
    updated_at: float
    updated_by: str
    json_name: msgspec.Raw
    header_name: bytes
    call_defaults: JsonObject
    document: bytes

    @property
    def version(self) -> str:
        return f"{self.uid}-{self.revision}"

    def begun(self, wall: float) -> int:
        """How many planned prices have begun to count since the entry was written."""
        schedule = self.schedule
        return 0 if len(schedule) == 1 else sum(self.updated_at < timed.effective_at <= wall for timed in schedule)

    def etag(self, wall: float) -> str:
        """The ETag at a Unix time: what is shown changes with what was written and with each price that begins."""
        begun = self.begun(wall)
        return f'"{self.version}.{begun}"' if begun else f'"{self.version}"'

    def price_at(self, wall: float) -> Price | None:
        """The price in force at a Unix time, whoever has set it; None if the entry is unpriced then."""
        return timed_at(self.schedule, wall).price

    def within_reach(self, principal: Principal) -> bool:
        """Whether the entry's own list of organizations lets the principal see it."""
        return not self.org_slugs or principal.organization_slug in self.org_slugs


_DOCUMENTS: Final = msgspec.json.Decoder(Document)


def document_of(offer: Offer) -> Document:
    """The document that an offer was made of."""
    return _DOCUMENTS.decode(offer.document)


def entry_of(offer: Offer) -> ModelEntry:
    """The entry that an offer was made of."""
    return ModelEntry(
        uid=offer.uid,
        number=offer.number,
        scope=offer.scope,
        document=document_of(offer),
        revision=offer.revision,
        created_at=offer.created_at,
        created_by=offer.created_by,
        updated_at=offer.updated_at,
        updated_by=offer.updated_by,
        private_egress=offer.private_egress,
    )


def schedule(document: Document, scope: Scope) -> Schedule:
    """The prices of a document. The short form is the first; a list that counts from an earlier instant than the next
    replaces it from there on."""
    short = of_short_form(document.pricing)
    first = Timed(-math.inf, resolved(short) if short is not None else None, standing(None, scope))
    later = (Timed(each.effective_at, resolved(each.prices), standing(each, scope)) for each in document.prices)
    return (first, *later)


def _capacity(document: Document) -> Capacity | None:
    given = document.limits.get("parallel")
    parallel = given if isinstance(given, int) and not isinstance(given, bool) else None
    # Zero is no limit, as in the API that the field comes from.
    found = Capacity(document.rpm or None, document.tpm or None, parallel or None)
    return found if found != Capacity() else None


def _call_defaults(document: Document, to: Route | Unroutable) -> JsonObject:
    given: JsonObject = {}
    if document.kind is Kind.CHAT or document.kind is Kind.COMPLETION:
        given = {"temperature": document.temperature, "max_tokens": document.max_tokens}
    elif document.kind is Kind.EMBEDDING and isinstance(to, Route):
        given = {"dimensions": default_size(document, to.provider, model=to.model)}
    return {**document.defaults, **{name: value for name, value in given.items() if value is not None}}


def _capabilities(document: Document) -> frozenset[str]:
    return frozenset(name for name, has in document.capabilities.items() if has) | frozenset(document.abilities)


def _search(document: Document) -> str:
    return "\n".join((document.name, document.title or "", document.brand or "")).lower()


def offer(entry: ModelEntry, providers: Providers) -> Offer:
    """The running form of an entry whose document is valid."""
    document = entry.document
    to = route(document, providers)
    return Offer(
        uid=entry.uid,
        number=entry.number,
        name=document.name,
        scope=entry.scope,
        scope_key=entry.scope.key,
        kind=document.kind,
        operations=operations(document.kind, document.abilities),
        embedding=embedding_rules(document) if document.kind is Kind.EMBEDDING else None,
        enabled=document.enabled,
        deprecated=document.deprecated,
        hidden=bool(document.hidden),
        org_slugs=frozenset(document.org_slugs),
        failover=document.failover,
        route=to,
        credential=document.credential,
        private_egress=entry.private_egress,
        timeout=document.timeout,
        schedule=schedule(document, entry.scope),
        capacity=_capacity(document),
        max_output_tokens=document.max_output_tokens,
        carbon=profile(document.metrics, document.region),
        brand=document.brand,
        tags=frozenset(document.tags),
        capabilities=_capabilities(document),
        search=_search(document),
        revision=entry.revision,
        created_at=entry.created_at,
        created_by=entry.created_by,
        updated_at=entry.updated_at,
        updated_by=entry.updated_by,
        json_name=msgspec.Raw(encode(document.name)),
        header_name=quote(document.name, safe=_HEADER_SAFE).encode(),
        call_defaults=_call_defaults(document, to),
        document=encode(document),
    )
