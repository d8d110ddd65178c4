"""From what a request asks for to the entry that serves it, under what its organization laid over the catalogue.

A name is resolved. No name means the default; `auto` means what the organization's routing says, and its default
where that says nothing that may be called. A refused name goes to the default as well if the organization chose so.
"""

from __future__ import annotations

from collections.abc import Iterator

from headgate.catalogue.governance import obstacle
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import InvalidBody, ModelNotAllowed, detail
from headgate.core.overlay import NO_OVERLAY, QuotaPolicy
from headgate.core.principal import Principal
from headgate.dialects.exchange import Inbound
from headgate.dialects.openai_chat import ChatRequest
from headgate.gateway.defaults import own_default
from headgate.gateway.road import Road
from headgate.routing.auto import AUTO, candidates


def selected(road: Road, snapshot: Snapshot, principal: Principal, *, kind: Kind, request: Inbound) -> Offer:
    """The entry that a call goes to; `kind` is that of its default.

    InvalidBody if there is neither a name nor a default, ModelNotFound, ModelNotAllowed.
    """
    model = request.model
    if model is None:
        return snapshot.resolve(principal, _default(road, principal, kind))
    if model == AUTO:
        return _automatic(road, snapshot, principal, kind=kind, request=request)
    try:
        return snapshot.resolve(principal, model)
    except ModelNotAllowed:
        overlay = principal.overlay
        if overlay is None or overlay.quota_policy is not QuotaPolicy.DOWNGRADE:
            raise
        default = _allowed(snapshot, principal, road.default_model(principal, kind))
        if default is None:
            raise
        return default


def stand_in(snapshot: Snapshot, principal: Principal, *, kind: Kind, failed: Offer) -> Offer | None:
    """The entry that takes over from one that failed: its own stand-in, the organization's, else its default model.

    None if there is none that the principal may call.
    """
    named = snapshot.failover(principal, failed)
    if named is not None:
        return named
    default = _allowed(snapshot, principal, own_default(principal, kind))
    return default if default is not None and default.uid != failed.uid and default.kind is failed.kind else None


def _automatic(road: Road, snapshot: Snapshot, principal: Principal, *, kind: Kind, request: Inbound) -> Offer:
    routing = (principal.overlay or NO_OVERLAY).routing
    messages = request.messages if isinstance(request, ChatRequest) else 0
    for name in candidates(routing, messages=messages, offers=lambda: _seen(snapshot, principal, kind)):
        offer = _allowed(snapshot, principal, name)
        if offer is not None and offer.kind is kind:
            return offer
    return snapshot.resolve(principal, _default(road, principal, kind))


def _seen(snapshot: Snapshot, principal: Principal, kind: Kind) -> Iterator[Offer]:
    for key in principal.scopes:
        shelf = snapshot.shelf(key)
        for offer in shelf.offers() if shelf is not None else ():
            if offer.kind is kind and snapshot.is_visible(principal, offer):
                yield offer


def _allowed(snapshot: Snapshot, principal: Principal, name: str | None) -> Offer | None:
    offer = snapshot.find(principal, name) if name is not None else None
    return offer if offer is not None and obstacle(principal, offer) is None else None


def _default(road: Road, principal: Principal, kind: Kind) -> str:
    model = road.default_model(principal, kind)
    if model is None:
        message = "'model' is required: no default model is set"
        raise InvalidBody(message, details=[detail("model", "the name of a model")])
    return model
