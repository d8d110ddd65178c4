"""One `Upstream` for the whole catalogue: the dialect of the provider's row says who answers."""

from __future__ import annotations

from headgate.adapters.tasks import Tasks
from headgate.adapters.upstream.auth import Heads
from headgate.adapters.upstream.client import HttpUpstream
from headgate.adapters.upstream.dial import Dialler
from headgate.adapters.upstream.dns import Resolver
from headgate.adapters.upstream.egress import EgressPolicy
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.adapters.upstream.mock import MockUpstream
from headgate.adapters.upstream.tls import client_context
from headgate.catalogue.offer import Offer
from headgate.catalogue.upstream import Route
from headgate.core.clock import Clock
from headgate.core.secret import Secret
from headgate.gateway.ports import Credentials, Opener, UpstreamEvents
from headgate.gateway.verify_exchange import ProbeWire


class Upstreams:
    """Hands an attempt to the mock or to the HTTP client."""

    def __init__(self, http: HttpUpstream, mock: MockUpstream) -> None:
        self.http = http
        self._mock = mock

    def connect(self, offer: Offer, events: UpstreamEvents, attempt: int, *, fresh: bool) -> ProbeWire:
        route = offer.route
        if isinstance(route, Route) and route.provider.dialect == "mock":
            return self._mock.connect(offer, events, attempt, fresh=fresh)
        return self.http.connect(offer, events, attempt, fresh=fresh)

    def present(self, offer: Offer, events: UpstreamEvents, *, secret: Secret | None) -> ProbeWire:
        if isinstance(offer.route, Route) and offer.route.provider.dialect == "mock":
            return self._mock.connect(offer, events, 1, fresh=True)
        return self.http.present(offer, events, secret=secret)

    def close(self) -> None:
        self.http.close()


def upstreams(
    *,
    credentials: Credentials,
    opener: Opener,
    clock: Clock,
    tasks: Tasks,
    policy: EgressPolicy,
    limits: UpstreamLimits,
) -> Upstreams:
    """The upstream side as the gateway runs it."""
    dialler = Dialler(resolver=Resolver(clock, limits), policy=policy, context=client_context(), limits=limits)
    http = HttpUpstream(heads=Heads(credentials, opener), dialler=dialler, tasks=tasks, clock=clock, limits=limits)
    return Upstreams(http, MockUpstream())
