"""From what a request asks for to the entry that serves it, under what its organization laid over the catalogue.

A name is resolved. No name means the default; `auto` means what the organization's routing says, and its default
where that says nothing that may be called. A refused name goes to the default as well if the organization chose so.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

from headgate.catalogue.governance import obstacle
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import InvalidBody, ModelNotAllowed, detail
from headgate.core.json import encode
from headgate.core.overlay import NO_OVERLAY, AutoRouting, QuotaPolicy
from headgate.core.principal import Principal
from headgate.dialects.exchange import Inbound
from headgate.dialects.openai_chat import ChatRequest
from headgate.gateway.defaults import own_default
from headgate.gateway.road import Routing
from headgate.routing.auto import AUTO, asks_classifier, candidates


class Why(enum.StrEnum):
    """How a request came by its entry."""

    NAMED = "named"
    DEFAULT = "default"
    DOWNGRADED = "downgraded"
    ROUTED = "routed"
    ROUTED_TO_DEFAULT = "routed_to_default"
    CLASSIFIED = "classified"


class Notes:
    """What was weighed on the way to an entry, for whoever asks; calls that are served take none.

    `passed` are the names that came first and did not serve.
    """

    def __init__(self) -> None:
        self.why = Why.NAMED
        self.passed: list[str] = []

    def told(self) -> str:
        """As JSON, "" if the name said it all."""
        if self.why is Why.NAMED:
            return ""
        return encode({"why": self.why, "passed": self.passed} if self.passed else {"why": self.why}).decode()


class Undecided(Exception):
    """Which entry serves `auto` is for a classifier to say. No failure: the call goes on once it was asked."""

    def __init__(self, snapshot: Snapshot, classifier: Offer, *, routing: AutoRouting) -> None:
        super().__init__(f"model {classifier.name!r} is to choose")
        self.snapshot = snapshot
        self.classifier = classifier
        self.routing = routing


def selected(
    routing: Routing,
    snapshot: Snapshot,
    *,
    principal: Principal,
    kind: Kind,
    request: Inbound,
    notes: Notes | None = None,
) -> Offer:
    """The entry that a call goes to; `kind` is that of its default.

    InvalidBody if there is neither a name nor a default, ModelNotFound, ModelNotAllowed; Undecided.
    """
    model = request.model
    if model is None:
        if notes is not None:
            notes.why = Why.DEFAULT
        return snapshot.resolve(principal, _default(routing, principal, kind))
    if model == AUTO:
        return _automatic(routing, snapshot, principal, kind=kind, request=request, notes=notes)
    try:
        return snapshot.resolve(principal, model)
    except ModelNotAllowed:
        overlay = principal.overlay
        if overlay is None or overlay.quota_policy is not QuotaPolicy.DOWNGRADE:
            raise
        default = default_offer(routing, snapshot, principal=principal, kind=kind)
        if default is None:
            raise
        if notes is not None:
            notes.why = Why.DOWNGRADED
            notes.passed.append(model)
        return default


def is_routed(principal: Principal, request: Inbound) -> bool:
    """Whether more than the name in the request may say which entry serves it."""
    overlay = principal.overlay
    downgrades = overlay is not None and overlay.quota_policy is QuotaPolicy.DOWNGRADE
    return downgrades or request.model is None or request.model == AUTO


def default_offer(routing: Routing, snapshot: Snapshot, *, principal: Principal, kind: Kind) -> Offer | None:
    """The default model, if there is one and it may be called."""
    return _allowed(snapshot, principal, routing.default_model(principal, kind))


def decided(routing: Routing, undecided: Undecided, *, principal: Principal, kind: Kind, name: str | None) -> Offer:
    """The entry that a classifier named, or the default if it named none that may be called."""
    offer = _allowed(undecided.snapshot, principal, name)
    if offer is not None and offer.kind is kind:
        return offer
    return undecided.snapshot.resolve(principal, _default(routing, principal, kind))


def stand_in(snapshot: Snapshot, principal: Principal, *, kind: Kind, failed: Offer) -> Offer | None:
    """The entry that takes over from one that failed: its own stand-in, the organization's, else its default model.

    None if there is none that the principal may call.
    """
    named = snapshot.failover(principal, failed)
    if named is not None:
        return named
    default = _allowed(snapshot, principal, own_default(principal, kind))
    return default if default is not None and default.uid != failed.uid and default.kind is failed.kind else None


def _automatic(
    routing: Routing, snapshot: Snapshot, principal: Principal, *, kind: Kind, request: Inbound, notes: Notes | None
) -> Offer:
    auto = (principal.overlay or NO_OVERLAY).routing
    messages = request.messages if isinstance(request, ChatRequest) else 0
    for name in candidates(auto, messages=messages, offers=lambda: _seen(snapshot, principal, kind)):
        offer = _allowed(snapshot, principal, name)
        if offer is not None and offer.kind is kind:
            if notes is not None:
                notes.why = Why.ROUTED
            return offer
        if notes is not None:
            notes.passed.append(name)
    if kind is Kind.CHAT and asks_classifier(auto, messages=messages):
        classifier = _allowed(snapshot, principal, auto.classifier_model)
        if classifier is not None:
            raise Undecided(snapshot, classifier, routing=auto)
        if notes is not None and auto.classifier_model is not None:
            notes.passed.append(auto.classifier_model)
    if notes is not None:
        notes.why = Why.ROUTED_TO_DEFAULT
    return snapshot.resolve(principal, _default(routing, principal, kind))


def _seen(snapshot: Snapshot, principal: Principal, kind: Kind) -> Iterator[Offer]:
    for key in principal.scopes:
        shelf = snapshot.shelf(key)
        for offer in shelf.offers() if shelf is not None else ():
            if offer.kind is kind and snapshot.is_visible(principal, offer):
                yield offer


def _allowed(snapshot: Snapshot, principal: Principal, name: str | None) -> Offer | None:
    offer = snapshot.find(principal, name) if name is not None else None
    return offer if offer is not None and obstacle(principal, offer) is None else None


def _default(routing: Routing, principal: Principal, kind: Kind) -> str:
    model = routing.default_model(principal, kind)
    if model is None:
        message = "'model' is required: no default model is set"
        raise InvalidBody(message, details=[detail("model", "the name of a model")])
    return model
