"""A model entry as the assets API shows it: every field of the published schema, null where nothing is said.

A value that a field's type cannot hold, such as a time-out of half a second, reads as null and is kept.
"""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import MODES
from headgate.catalogue.offer import Offer, document_of
from headgate.core.json import JsonObject
from headgate.gateway.stores import Verification
from headgate.web import times
from headgate.web.assets_api.status import message_of, status_of

SUMMARY: Final = (
    "resource_uri",
    "name",
    "litellm_model",
    "project_id",
    "created_by",
    "owner_id",
    "created_at",
    "provider",
    "description",
    "tags",
    "status",
    "mode",
)


class Words(msgspec.Struct):
    """What lists read of a document."""

    name: str
    title: str | None = None
    description: str | None = None
    provider: str | None = None
    upstream_model: str | None = None
    litellm_model: str | None = None
    tags: tuple[str, ...] = ()


_WORDS: Final = msgspec.json.Decoder(Words)


def words_of(offer: Offer) -> Words:
    return _WORDS.decode(offer.document)


def shown(offer: Offer, verification: Verification) -> JsonObject:
    """The full model."""
    document = document_of(offer)
    status = status_of(verification, enabled=document.enabled, deprecated=document.deprecated)
    return {
        "id": offer.uid,
        "resource_uri": offer.name,
        "name": document.title or offer.name,
        "litellm_model": litellm_model(document),
        "status": status,
        "organization_id": offer.scope.organization,
        "project_id": offer.scope.project,
        "owner_id": offer.created_by,
        "created_at": times.written(offer.created_at),
        "updated_at": times.written(offer.updated_at),
        "created_by": offer.created_by,
        "updated_by": offer.updated_by,
        "description": document.description,
        "tags": list(document.tags),
        "provider": document.provider,
        "api_base": document.api_base,
        "api_version": document.api_version,
        "mode": MODES[offer.kind],
        "max_input_tokens": document.context_window,
        "max_output_tokens": document.max_output_tokens,
        "rpm": document.rpm,
        "tpm": document.tpm,
        "default_temperature": document.temperature,
        "default_max_tokens": document.max_tokens,
        "timeout": _seconds(document.timeout),
        "status_message": message_of(status, verification, note=document.status_message),
    }


def summary(offer: Offer, verification: Verification) -> JsonObject:
    """A row of the list."""
    words = words_of(offer)
    return {
        "resource_uri": offer.name,
        "name": words.title or offer.name,
        "litellm_model": litellm_model(words),
        "project_id": offer.scope.project,
        "created_by": offer.created_by,
        "owner_id": offer.created_by,
        "created_at": times.written(offer.created_at),
        "provider": words.provider,
        "description": words.description,
        "tags": list(words.tags),
        "status": status_of(verification, enabled=offer.enabled, deprecated=offer.deprecated),
        "mode": MODES[offer.kind],
    }


def litellm_model(said: Document | Words) -> str:
    """As it was written; of an entry that another API made, what it would be."""
    if said.litellm_model:
        return said.litellm_model
    model = said.upstream_model or said.name
    return f"{said.provider}/{model}" if said.provider else model


def _seconds(timeout: float | None) -> int | None:
    return int(timeout) if timeout is not None and timeout.is_integer() else None
