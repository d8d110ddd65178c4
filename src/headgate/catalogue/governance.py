"""What keeps a caller from an entry that it sees."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator

import msgspec

from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import ScopeKind
from headgate.core.overlay import Overlay, OwnModels
from headgate.core.principal import Principal


class Bar(enum.StrEnum):
    """What it is, for programs."""

    DISABLED = "disabled"
    OWN_MODELS = "own_models"
    ALLOWED_MODELS = "allowed_models"
    AGENT_MODELS = "agent_models"
    MODEL_SCOPES = "model_scopes"


class Obstacle(msgspec.Struct, frozen=True, gc=False):
    """One thing that keeps a caller from an entry: a word for programs and a sentence for people."""

    bar: Bar
    message: str


_DISABLED = Obstacle(Bar.DISABLED, "the entry is disabled")
_OUTSIDE_KEY = Obstacle(Bar.MODEL_SCOPES, "it is outside the models of this key")
_OUTSIDE_AGENT = Obstacle(Bar.AGENT_MODELS, "it is outside the models of the agent that the request names")
_NO_OWN = Obstacle(Bar.OWN_MODELS, "the organization does not allow entries of projects and users")
_OWN_OF_ADMINS = Obstacle(
    Bar.OWN_MODELS, "the organization allows entries of projects and users to its administrators only"
)
_NOT_ALLOWED = Obstacle(Bar.ALLOWED_MODELS, "it is not among the models that the organization allows")


def barred_by_overlay(principal: Principal) -> Callable[[Offer], bool] | None:
    """Whether the organization keeps the principal from an entry; None where it lays nothing over any."""
    overlay = principal.overlay
    if overlay is None or (not overlay.allowed_models and overlay.own_models is OwnModels.ALLOW):
        return None
    return lambda offer: _laid(overlay, principal, offer) is not None


def obstacle(principal: Principal, offer: Offer) -> Obstacle | None:
    """The first, in the order in which they are listed; None if the entry may be called."""
    if not offer.enabled:
        return _DISABLED
    overlay = principal.overlay
    if overlay is not None and (laid := _laid(overlay, principal, offer)) is not None:
        return laid
    if principal.agent_models and offer.name not in principal.agent_models:
        return _OUTSIDE_AGENT
    return None if principal.may_call(offer.name) else _OUTSIDE_KEY


def obstacles(principal: Principal, offer: Offer) -> Iterator[Obstacle]:
    """All of them."""
    if not offer.enabled:
        yield _DISABLED
    overlay = principal.overlay
    if overlay is not None and (laid := _laid(overlay, principal, offer)) is not None:
        yield laid
    if principal.agent_models and offer.name not in principal.agent_models:
        yield _OUTSIDE_AGENT
    if not principal.may_call(offer.name):
        yield _OUTSIDE_KEY


def _laid(overlay: Overlay, principal: Principal, offer: Offer) -> Obstacle | None:
    scope = offer.scope
    # Another's entry that is shared is the organization's affair; one's own stays one's own when it is shared.
    if scope.kind is ScopeKind.PROJECT or (scope.kind is ScopeKind.USER and scope.user == principal.user):
        if overlay.own_models is OwnModels.DENY:
            return _NO_OWN
        if overlay.own_models is OwnModels.ADMINS and not principal.organization_admin:
            return _OWN_OF_ADMINS
    elif overlay.allowed_models and offer.name not in overlay.allowed_models:
        return _NOT_ALLOWED
    return None
