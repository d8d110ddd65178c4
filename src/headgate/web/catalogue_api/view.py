"""A model entry as the catalogue API shows it.

Every field of the published schema appears: unset objects as `{}`, lists as `[]`, booleans as their default, fields of
any type as null; unset strings are left out, because the schema has no null for them. Inside an object only the keys
that were given a value appear. Secrets are no part of a document and never shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import CATALOGUE_TYPES
from headgate.catalogue.offer import Offer, document_of
from headgate.catalogue.pricing import as_shown
from headgate.core.json import Json, JsonObject
from headgate.web import times
from headgate.web.catalogue_api.fields import TABLE, Group, gathered


class _Title(msgspec.Struct):
    title: str | None = None


_TITLES: Final = msgspec.json.Decoder(_Title)
_LEFT_OUT: Final = frozenset({"failover", "region"})
"""Strings: the schema has no null for them."""


def shown(offer: Offer, warnings: Sequence[str] = (), *, wall: float) -> JsonObject:
    """The Model document of the API, with Headgate's extension fields and the price that counts at `wall`."""
    body = shown_document(as_shown(document_of(offer), wall))
    body.update(
        scope=offer.scope_key,
        owner=owner(offer),
        created_at=times.written(offer.created_at),
        created_by=offer.created_by,
        updated_at=times.written(offer.updated_at),
        updated_by=offer.updated_by,
        revision=offer.revision,
    )
    if warnings:
        body["warnings"] = list(warnings)
    return body


def shown_document(document: Document) -> JsonObject:
    """What the document itself says, in the order of the published schema."""
    body: JsonObject = {"model_id": document.name, "type": CATALOGUE_TYPES[document.kind]}
    for key, known in TABLE.items():
        value = _field(document, known)
        if value is not None or key not in _LEFT_OUT:
            body[key] = value
    return body


def superset(offer: Offer) -> JsonObject:
    """What a single model carries besides, for clients of OpenAI's API."""
    return {"id": offer.name, "object": "model", "created": int(offer.created_at), "owned_by": owner(offer)}


def listed(offer: Offer) -> JsonObject:
    """A row of `data`, for clients of OpenAI's and Anthropic's APIs."""
    return {
        "id": offer.name,
        "object": "model",
        "type": "model",
        "created": int(offer.created_at),
        "created_at": times.written(offer.created_at),
        "owned_by": owner(offer),
        "display_name": _TITLES.decode(offer.document).title or offer.name,
    }


def owner(offer: Offer) -> str:
    """Whose entry it is: the id of the user, project or organization, or `platform`."""
    scope = offer.scope
    return scope.user or scope.project or scope.organization or scope.key


def _field(document: Document, known: str | Group) -> Json:
    if isinstance(known, Group):
        return gathered(known, document)
    if known == "pricing":
        prices = msgspec.structs.asdict(document.pricing) if document.pricing is not None else {}
        return {name: price for name, price in prices.items() if price is not None}
    return getattr(document, known)
