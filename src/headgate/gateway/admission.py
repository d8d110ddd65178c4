"""Who may make a call, which entry it goes to, and which words of an upstream it may hear."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.offer import Offer
from headgate.catalogue.snapshot import Snapshot
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import (
    BudgetExceeded,
    EntryLimited,
    Forbidden,
    GatewayError,
    InvalidDimensions,
    ModelNotRoutable,
    WrongEndpoint,
)
from headgate.core.failure import Failure, FailureKind
from headgate.core.overlay import Overlay, StreamUsage
from headgate.core.principal import Principal
from headgate.dialects import pairs
from headgate.dialects.exchange import Codec, Inbound
from headgate.dialects.openai_chat import ChatRequest
from headgate.dialects.openai_embeddings import EmbeddingRequest
from headgate.gateway.endpoint import Endpoint, served_at
from headgate.gateway.ports import RequestHead, Wire
from headgate.gateway.road import Routing
from headgate.gateway.selection import Notes, Undecided, decided, selected

SERVED_DIALECTS: Final = pairs.SERVED_DIALECTS


def admitted(routing: Routing, endpoint: Endpoint, *, head: RequestHead) -> Principal:
    """Who sends this head, if it may use the endpoint; else the GatewayError that says why not."""
    principal = routing.identify(head)
    if not principal.may(endpoint.permission):
        raise Forbidden(f"the credential lacks the permission {endpoint.permission!r}")
    overlay = principal.overlay
    if overlay is not None and overlay.header_policy is not None:
        return routing.header_policies.judged(principal, head.headers)
    return principal


def entry_for(
    routing: Routing, endpoint: Endpoint, *, principal: Principal, request: Inbound, notes: Notes | None = None
) -> tuple[Offer, Codec, Snapshot]:
    """The entry that a call goes to, how it is spoken to, and the snapshot that the call keeps. Undecided if a
    classifier is to be asked first: the headers of the request have been judged by then."""
    snapshot = routing.current.snapshot
    if request.model is None and not endpoint.codecs:
        raise WrongEndpoint(f"models of kind {endpoint.default} are kept in the catalogue and cannot be called")
    if request.agent_models:
        principal = narrowed(principal, request)
    try:
        offer = selected(routing, snapshot, principal=principal, kind=endpoint.default, request=request, notes=notes)
    except Undecided as undecided:
        if principal.lacks is not None:
            routing.header_policies.enforce(principal, principal.lacks, offer=undecided.classifier)
        raise
    if principal.lacks is not None:
        routing.header_policies.enforce(principal, principal.lacks, offer=offer)
    if principal.overlay is not None:
        _lay(principal.overlay, request)
    return offer, codec_for(offer, endpoint), snapshot


def entry_after(
    routing: Routing,
    endpoint: Endpoint,
    *,
    undecided: Undecided,
    principal: Principal,
    request: Inbound,
    name: str | None,
) -> tuple[Offer, Codec]:
    """The entry that a call goes to once a classifier has named it, or None if nothing came of asking."""
    principal = narrowed(principal, request)
    offer = decided(routing, undecided, principal=principal, kind=endpoint.default, name=name)
    if principal.overlay is not None:
        _lay(principal.overlay, request)
    return offer, codec_for(offer, endpoint)


def narrowed(principal: Principal, request: Inbound) -> Principal:
    """The principal as this request lets it call: no further than the agent behind the request may."""
    if not request.agent_models:
        return principal
    return msgspec.structs.replace(principal, agent_models=request.agent_models)


def _lay(overlay: Overlay, request: Inbound) -> None:
    if overlay.stream_usage is StreamUsage.ALWAYS and isinstance(request, ChatRequest):
        request.include_usage = True


def codec_for(offer: Offer, endpoint: Endpoint) -> Codec:
    """How an entry is spoken to for an endpoint.

    WrongEndpoint if the entry, or its upstream's format, does not do what the endpoint asks; ModelNotRoutable if the
    entry does not say where to go.
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
        where = served_at(offer)
        if where:
            message = f"model {offer.name!r} is served at {where}: its upstream's format {route.dialect!r} has no more"
            raise WrongEndpoint(message)
        message = f"model {offer.name!r} cannot be called: the dialect {route.dialect!r} is not served here"
        raise ModelNotRoutable(message)
    return codec


def passed_over(error: GatewayError) -> Failure:
    """Why a stand-in is not tried."""
    if isinstance(error, EntryLimited):
        return limited_failure(error)
    kind = FailureKind.LIMITED if isinstance(error, BudgetExceeded) else FailureKind.UNROUTABLE
    return Failure(kind=kind, message=error.message)


def limited_failure(error: EntryLimited) -> Failure:
    return Failure(kind=FailureKind.LIMITED, message=error.message, retry_after=error.retry_after)


def check_size(offer: Offer, request: Inbound) -> None:
    """InvalidDimensions if the request is for vectors of a size that the entry does not have."""
    if not isinstance(request, EmbeddingRequest):
        return
    rules, wanted = offer.embedding, request.dimensions
    if rules is not None and wanted is not None and rules.sizes and wanted not in rules.sizes:
        sizes = ", ".join(str(size) for size in rules.sizes)
        raise InvalidDimensions(f"'dimensions' is {wanted}; model {offer.name!r} takes {sizes}")


def without_secret(failure: Failure, wire: Wire) -> Failure:
    """A failure whose words may be told: some upstreams repeat the key that they refuse."""
    message = wire.redacted(failure.message.encode()).decode()
    return msgspec.structs.replace(failure, message=message, body=wire.redacted(failure.body))
