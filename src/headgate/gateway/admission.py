"""Who may make a call, which entry it goes to, and which words of an upstream it may hear."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.offer import Offer
from headgate.catalogue.snapshot import Snapshot
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import Forbidden, InvalidBody, ModelNotRoutable, WrongEndpoint, detail
from headgate.core.failure import Failure
from headgate.core.principal import Principal
from headgate.dialects import pairs
from headgate.dialects.exchange import Codec
from headgate.gateway.endpoint import Endpoint, served_at
from headgate.gateway.ports import RequestHead, Wire
from headgate.gateway.road import Road

SERVED_DIALECTS: Final = pairs.SERVED_DIALECTS


def admitted(road: Road, endpoint: Endpoint, *, head: RequestHead) -> Principal:
    """Who sends this head, if it may use the endpoint; else the GatewayError that says why not."""
    principal = road.identify(head)
    if not principal.may(endpoint.permission):
        raise Forbidden(f"the credential lacks the permission {endpoint.permission!r}")
    return principal


def entry_for(
    road: Road, endpoint: Endpoint, *, principal: Principal, model: str | None
) -> tuple[Offer, Codec, Snapshot]:
    """The entry that a call goes to, how it is spoken to, and the snapshot that the call keeps.

    `model` None: the default, where there is one.
    """
    snapshot = road.current.snapshot
    if model is None:
        if not endpoint.codecs:
            raise WrongEndpoint(f"models of kind {endpoint.default} are kept in the catalogue and cannot be called")
        model = road.default_model(principal, endpoint.default)
        if model is None:
            message = "'model' is required: no default model is set"
            raise InvalidBody(message, details=[detail("model", "the name of a model")])
    offer = snapshot.resolve(principal, model)
    return offer, codec_for(offer, endpoint), snapshot


def codec_for(offer: Offer, endpoint: Endpoint) -> Codec:
    """How an entry is spoken to for an endpoint.

    WrongEndpoint if the entry does not do what the endpoint asks, ModelNotRoutable if it does not say where to go.
    """
    if endpoint.operation not in offer.operations:
        where = served_at(offer)
        rest = f"served at {where}" if where else "kept in the catalogue and cannot be called"
        raise WrongEndpoint(f"model {offer.name!r} is of kind {offer.kind}, which is {rest}")
    route = offer.route
    if isinstance(route, Unroutable):
        raise ModelNotRoutable(f"model {offer.name!r} cannot be called: {route.message} ({route.field})")
    codec = endpoint.codecs.get(route.dialect)
    if codec is None:
        message = f"model {offer.name!r} cannot be called: the dialect {route.dialect!r} is not served here"
        raise ModelNotRoutable(message)
    return codec


def without_secret(failure: Failure, wire: Wire) -> Failure:
    """A failure whose words may be told: some upstreams repeat the key that they refuse."""
    message = wire.redacted(failure.message.encode()).decode()
    return msgspec.structs.replace(failure, message=message, body=wire.redacted(failure.body))
