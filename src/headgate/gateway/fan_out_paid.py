"""The money of a request in parts: one tab, one claim for the parts at an entry, one place where it is settled."""

from __future__ import annotations

from headgate.core.principal import Principal
from headgate.dialects.openai_embeddings import EmbeddingRequest
from headgate.gateway.charge import paid
from headgate.gateway.endpoint import Endpoint
from headgate.gateway.fan_out_round import Phase, Round
from headgate.gateway.ports import Outcome, Settlement
from headgate.gateway.road import Road
from headgate.gateway.tab import Tab
from headgate.ledger.records import End


class PaidFanOut:
    """What a request in parts knows of what it costs. Of its charges, `_settled` are those of rounds that are over."""

    _principal: Principal
    _request: EmbeddingRequest
    _round: Round

    def __init__(self, road: Road, endpoint: Endpoint) -> None:
        self._road = road
        self._endpoint = endpoint
        self._started = road.clock.now()
        self._phase = Phase.HEAD
        self._tab: Tab | None = None
        self._settled = 0
        self.request_id = road.ids.next()

    def _open_tab(self) -> Tab:
        tab = self._tab
        if tab is None:
            tab = self._tab = Tab(
                self._road.till,
                self._principal,
                request_id=self.request_id,
                model=self._request.model,
                operation=self._endpoint.name,
                started=self._started,
            )
        return tab

    def _settle_claim(self) -> None:
        """What was reserved for the parts goes, and what they have spent comes."""
        tab, current = self._open_tab(), self._round
        charges, self._settled = tab.charges[self._settled :], len(tab.charges)
        if not charges:
            current.claim.cancel(now=self._road.clock.now())
            return
        cost, exposure, tokens = paid(charges)
        current.claim.settle(cost=cost, exposure=exposure, tokens=tokens, now=self._road.clock.now())

    def _settle(self, outcome: Outcome, status: int, *, end: End) -> None:
        """The one place where a request ends that was admitted."""
        if self._phase is Phase.PARTS:
            tab, road = self._open_tab(), self._road
            self._settle_claim()
            usage, cost = tab.totals()
            duration = road.clock.now() - self._started
            tab.end(end, status, duration=duration, first_byte=None)
            road.telemetry.settled(
                Settlement(
                    principal=self._principal,
                    offer=self._round.offer,
                    outcome=outcome,
                    status=status,
                    attempts=len(tab.charges),
                    usage=usage,
                    cost=cost,
                    duration=duration,
                    first_byte=None,
                )
            )
        elif self._tab is not None:
            self._tab.refuse()
        self._phase = Phase.ENDED
