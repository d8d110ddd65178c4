"""A model entry as the registry API shows it to somebody: always every key, never a secret."""

from __future__ import annotations

from typing import Final

from headgate.access.entries import may_delete, may_write
from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import CATEGORIES
from headgate.catalogue.offer import Offer, document_of
from headgate.catalogue.providers import BUNDLED, Providers
from headgate.catalogue.scope import ScopeKind
from headgate.catalogue.snapshot import Snapshot
from headgate.catalogue.upstream import ASSETS, named_provider
from headgate.core.json import Json, JsonObject
from headgate.core.principal import Principal
from headgate.web import times

UNKNOWN: Final = "unknown"
"""The provider of an entry that names none."""


def shown(offer: Offer, principal: Principal, *, snapshot: Snapshot) -> JsonObject:
    """The published object. What an entry is to the principal follows from the principal's rights."""
    own = is_own(offer, principal)
    return {
        "id": offer.number,
        "model_id": offer.name,
        **shown_document(document_of(offer)),
        "created_at": times.written(offer.created_at),
        "updated_at": times.written(offer.updated_at) if offer.updated_at > offer.created_at else None,
        "is_active": offer.enabled,
        "is_owner": own,
        "can_edit": may_write(principal, offer.scope),
        "can_delete": may_delete(principal, offer.scope),
        "is_shared": not own or snapshot.shared.share(offer) is not None,
    }


def as_recipient(body: JsonObject) -> JsonObject:
    """The object as one of whose it is not sees it."""
    return {**body, "is_owner": False, "can_edit": False, "can_delete": False, "is_shared": True}


def shown_document(document: Document) -> JsonObject:
    """What the document itself says, under the keys that a body has for it."""
    provider, model = upstream(document)
    return {
        "category": CATEGORIES[document.kind],
        "model_provider": provider,
        "model_name": model,
        "base_url": document.api_base,
        "temperature": document.temperature,
        "context_window": document.context_window,
        "dimension": _integer(document.dimensions),
        "abilities": list(document.abilities),
        "description": document.description,
    }


def upstream(document: Document, providers: Providers = BUNDLED) -> tuple[str, str]:
    """The provider and the model there. Where the assets API's words decide, they are those that the words mean."""
    if document.upstream_by == ASSETS and document.litellm_model:
        known, model, word = named_provider(document, providers)
        return (known.id if known is not None else word or UNKNOWN), model
    return document.provider or UNKNOWN, document.upstream_model or document.name


def is_own(offer: Offer, principal: Principal) -> bool:
    scope = offer.scope
    return (
        scope.kind is ScopeKind.USER and scope.user == principal.user and scope.organization == principal.organization
    )


def _integer(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
