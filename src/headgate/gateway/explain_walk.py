"""One request on the road that serves it, with nothing at its end: which entries it meets, and what keeps each away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from headgate.catalogue.governance import obstacles
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price
from headgate.catalogue.snapshot import failover_name
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import GatewayError, InvalidBody, ModelNotAllowed, ModelNotRoutable, WrongEndpoint
from headgate.core.failure import Failure, FailureKind
from headgate.core.principal import Principal
from headgate.dialects.exchange import Inbound
from headgate.gateway.admission import check_size, codec_for, entry_after, entry_for, narrowed
from headgate.gateway.defaults import own_default
from headgate.gateway.effective import Reason, Word
from headgate.gateway.endpoint import Endpoint
from headgate.gateway.explain_cost import CostRange, cost_range
from headgate.gateway.ports import Credentials
from headgate.gateway.road import Routing
from headgate.gateway.selection import Notes, Undecided, Why, selected, stand_in
from headgate.routing.plan import Plan, Try

MOST_DROPPED: Final = 100
"""Of the entries that `auto` passes over, those of a whole catalogue perhaps, the first so many are told."""

_BROKEN: Final = Failure(kind=FailureKind.SERVER_ERROR, message="the upstream failed")
_UNSEEN: Final = Reason(Word.UNKNOWN, "no entry of this name can be seen")


class Link(msgspec.Struct, frozen=True):
    """An entry that would be tried. `cost` is None if it has no price."""

    offer: Offer
    cost: CostRange | None


class Weighed(msgspec.Struct, frozen=True):
    """A name that was weighed: its entry, None if the principal sees none, and everything that keeps it away."""

    name: str
    offer: Offer | None
    reasons: tuple[Reason, ...]


class Walk:
    """The way of one request. `dropped` are the entries that were weighed and would not be tried. Single use."""

    def __init__(
        self,
        routing: Routing,
        credentials: Credentials,
        *,
        price: Callable[[Offer], Price | None],
        endpoint: Endpoint,
        principal: Principal,
        request: Inbound,
    ) -> None:
        self._routing = routing
        self._price = price
        self._credentials = credentials
        self._endpoint = endpoint
        self._whole = principal
        self._principal = narrowed(principal, request)
        self._request = request
        self._snapshot = routing.current.snapshot
        self.why = Why.NAMED
        self.dropped: list[Weighed] = []
        self.classifier: Offer | None = None
        self.candidates: tuple[Weighed, ...] = ()

    def first(self) -> Offer:
        """The entry that the call goes to; the GatewayError that refuses the call."""
        notes = Notes()
        try:
            return self._chosen(notes)
        except ModelNotAllowed as error:
            self._drop_name(error.model)
            raise
        except InvalidBody:
            raise
        except GatewayError:
            self._drop_unusable()
            raise
        finally:
            self.why = notes.why
            for name in notes.passed[:MOST_DROPPED]:
                self._drop_name(name)

    def links(self, first: Offer) -> tuple[Link, ...]:
        """`first` and what stands in for it, in order; the GatewayError that ends the call if nothing can be tried."""
        plan = Plan(first, self._successor, is_out=self._is_out)
        tried, failure = first, self._trial(first)
        links: list[Link] = []
        while True:
            if failure is None:
                links.append(Link(tried, cost_range(tried, self._request, price=self._price(tried))))
            else:
                self._drop(tried.name, tried)
            step = plan.failed(failure or _BROKEN)
            if not isinstance(step, Try):
                break
            tried, failure = step.offer, self._standing_in(step.offer)
        if not links:
            raise self._endpoint.failed(step.failures, model=first.name)
        return tuple(links)

    def _chosen(self, notes: Notes) -> Offer:
        routing, endpoint, principal, request = self._routing, self._endpoint, self._whole, self._request
        try:
            offer, _, _ = entry_for(routing, endpoint, principal=principal, request=request, notes=notes)
        except Undecided as undecided:
            notes.why, self.classifier = Why.CLASSIFIED, undecided.classifier
            self.candidates = tuple(self._weighed(name) for name in undecided.routing.candidates)
            offer, _ = entry_after(
                routing, endpoint, undecided=undecided, principal=principal, request=request, name=None
            )
        return offer

    def _drop_unusable(self) -> None:
        """The entry that was chosen, if it is what the refusal is about."""
        kind, request = self._endpoint.default, self._request
        try:
            offer = selected(self._routing, self._snapshot, principal=self._principal, kind=kind, request=request)
        except (GatewayError, Undecided):
            return
        weighed = self._weighed(offer.name, offer)
        if weighed.reasons:
            self._keep(weighed)

    # One entry after another

    def _successor(self, failed: Offer) -> Offer | None:
        snapshot, principal, kind = self._snapshot, self._principal, self._endpoint.default
        target = stand_in(snapshot, principal, kind=kind, failed=failed)
        name = failover_name(principal, failed)
        if name is not None and snapshot.failover(principal, failed) is None:
            self._drop(name, snapshot.failover_target(principal, failed))
        default = own_default(principal, kind)
        if target is None and default is not None and default != failed.name:
            self._drop_name(default)
        return target

    def _is_out(self, uid: str) -> bool:
        offer = self._snapshot.by_uid(uid)
        out = self._routing.is_out(uid)
        if out and offer is not None:
            reason = Reason(Word.VERIFICATION, "its verification failed, so it stands in for no other")
            self._keep(Weighed(offer.name, offer, (reason, *self._reasons(offer))))
        return out

    def _trial(self, offer: Offer) -> Failure | None:
        """What keeps an attempt from leaving; GatewayError if the entry cannot say what the request says."""
        codec = codec_for(offer, self._endpoint)
        check_size(offer, self._request)
        route = offer.route
        assert not isinstance(route, Unroutable), "an offer with a codec has a route"
        _ = codec.outbound(self._request, route, offer.call_defaults)
        missing = self._credentials.applicable(offer)
        return missing if isinstance(missing, Failure) else None

    def _standing_in(self, offer: Offer) -> Failure | None:
        try:
            return self._trial(offer)
        except GatewayError as error:
            return Failure(kind=FailureKind.UNROUTABLE, message=error.message)

    # What keeps an entry away

    def _drop_name(self, name: str) -> None:
        self._keep(self._weighed(name))

    def _drop(self, name: str, offer: Offer | None) -> None:
        self._keep(self._weighed(name, offer) if offer is not None else Weighed(name, None, (_UNSEEN,)))

    def _keep(self, weighed: Weighed) -> None:
        if all(each.name != weighed.name or each.offer is not weighed.offer for each in self.dropped):
            self.dropped.append(weighed)

    def _weighed(self, name: str, offer: Offer | None = None) -> Weighed:
        offer = offer or self._snapshot.find(self._principal, name)
        return Weighed(name, offer, tuple(self._reasons(offer)) if offer is not None else (_UNSEEN,))

    def _reasons(self, offer: Offer) -> Iterator[Reason]:
        for each in obstacles(self._principal, offer):
            yield Reason(Word(each.bar), each.message)
        try:
            missing = self._trial(offer)
        except ModelNotRoutable as error:
            yield Reason(Word.NOT_ROUTABLE if isinstance(offer.route, Unroutable) else Word.DIALECT, error.message)
        except WrongEndpoint as error:
            yield Reason(Word.ENDPOINT, error.message)
        except GatewayError as error:
            yield Reason(Word.REQUEST, error.message)
        else:
            if missing is not None:
                yield Reason(Word.CREDENTIAL, missing.message)
