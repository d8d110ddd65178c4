"""Where a request would go if it were sent, and why: the road that serves it, with nothing at its end.

Admission, the choice of the entry, its codec and the plan of failover are those of a call; only the connection is
missing. What would refuse the call is part of the answer. What can be known only by connecting (whether the address
is allowed and answers, whether the secret is taken) is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.core.errors import GatewayError
from headgate.core.events import EventName
from headgate.core.json import Json
from headgate.core.overlay import NO_OVERLAY, RoutingRule, Strategy
from headgate.core.principal import MissingHeaders, Principal
from headgate.dialects.exchange import Inbound
from headgate.dialects.openai_chat import ChatRequest
from headgate.gateway.administer_desk import Desk
from headgate.gateway.admission import admitted
from headgate.gateway.endpoint import ENDPOINTS, Endpoint
from headgate.gateway.explain_walk import Link, Walk, Weighed
from headgate.gateway.header_policies import Enforcement, HeaderPolicies
from headgate.gateway.ports import Headers, RequestHead
from headgate.gateway.road import Routing
from headgate.gateway.selection import Why
from headgate.routing.auto import AUTO, by_rules

EXPLAINED: Final[Mapping[str, Endpoint]] = MappingProxyType(
    {each.path.decode(): each for each in ENDPOINTS if each.parse_form is None}
)
"""The endpoints whose requests can be explained, by path: those that take JSON."""


class Asked(msgspec.Struct, frozen=True):
    """A request as it would be sent, without its credential."""

    endpoint: Endpoint
    headers: Headers
    body: bytes


class Explanation(msgspec.Struct, kw_only=True):
    """What would become of a request.

    `chain` is the entry that would serve it and whatever would stand in for that one, in order; `dropped` are the
    others that were weighed. `strategy` is there where `auto` was asked for, `rule` where one held, `classifier` and
    its `candidates` where one would choose: the chain is then that of the default model, which serves if the
    classifier names none. `refusal` is what the caller would be told instead.
    """

    model: str | None = None
    why: Why | None = None
    chain: tuple[Link, ...] = ()
    dropped: tuple[Weighed, ...] = ()
    lacks: MissingHeaders | None = None
    strategy: Strategy | None = None
    rule: RoutingRule | None = None
    classifier: Offer | None = None
    candidates: tuple[Weighed, ...] = ()
    refusal: GatewayError | None = None


class Explain:
    """Explains requests under the routing that serves them; nothing of it is told to operators as an event."""

    def __init__(
        self, desk: Desk, *, default_model: Callable[[Principal, Kind], str | None], enforcement: Enforcement
    ) -> None:
        self._desk = desk
        self._default_model = default_model
        self._header_policies = HeaderPolicies(_Untold(), enforcement)

    def explain(self, principal: Principal, asked: Asked) -> Explanation:
        """What would become of this request of the principal's."""
        found = Explanation()
        try:
            self._follow(principal, asked, found=found)
        except GatewayError as refusal:
            found.refusal = refusal
        return found

    def _follow(self, principal: Principal, asked: Asked, *, found: Explanation) -> None:
        endpoint, routing = asked.endpoint, self._routing(principal)
        principal = admitted(routing, endpoint, head=RequestHead(endpoint.path, b"", asked.headers, ""))
        found.lacks = principal.lacks
        request = endpoint.parse(asked.body)
        found.model = request.model
        _tell_routing(principal, request, found)
        wall = self._desk.clock.wall()
        walk = Walk(
            routing,
            self._desk.book,
            price=lambda offer: self._desk.prices.price(offer, organization=principal.organization, wall=wall),
            endpoint=endpoint,
            principal=principal,
            request=request,
        )
        try:
            found.chain = walk.links(walk.first())
        finally:
            found.why, found.dropped = walk.why, tuple(walk.dropped)
            found.classifier, found.candidates = walk.classifier, walk.candidates

    def _routing(self, principal: Principal) -> Routing:
        return Routing(
            current=self._desk.current,
            identify=lambda _head: principal,
            default_model=self._default_model,
            header_policies=self._header_policies,
            is_out=self._desk.board.failed,
        )


def _tell_routing(principal: Principal, request: Inbound, found: Explanation) -> None:
    if request.model != AUTO:
        return
    routing = (principal.overlay or NO_OVERLAY).routing
    found.strategy = routing.strategy
    if routing.strategy in (Strategy.RULES, Strategy.HYBRID):
        found.rule = by_rules(routing, messages=request.messages if isinstance(request, ChatRequest) else 0)


class _Untold:
    """The Events of what does not happen."""

    def tell(self, name: EventName, fields: dict[str, Json]) -> None: ...
