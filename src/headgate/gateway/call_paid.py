"""The money of a call: its tab, the charge of its live attempt, and the one place where it is settled."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from headgate.catalogue.offer import Offer
from headgate.core.errors import BudgetExceeded, GatewayError, RateLimited
from headgate.core.failure import Failure
from headgate.core.principal import Principal
from headgate.dialects.exchange import Inbound, Relay
from headgate.gateway.call_money import used_in_failure, used_in_part
from headgate.gateway.call_state import CONNECT, ENDED, HEAD, SEND, State
from headgate.gateway.charge import Charge, own
from headgate.gateway.endpoint import Endpoint
from headgate.gateway.ports import Outcome, Settlement
from headgate.gateway.road import Refusal, Road
from headgate.gateway.tab import Parted, Tab
from headgate.ledger.records import End

LARGE: Final = 16 * 1024
"""Bytes of a body that may be too large to be kept until the turn ends."""


def error_told(road: Road, endpoint: Endpoint, *, error: GatewayError, request_id: str, tab: Tab | None) -> Refusal:
    """An error as the answer to a request that is over, with its id and the caller's limits as they are now: those that
    the error brought are of the moment of the refusal, when what was refused was not given back yet."""
    if tab is not None and isinstance(error, RateLimited | BudgetExceeded):
        error.headers = b""
    refusal = road.refusals.answer(error, endpoint.shape)
    limits = b"" if tab is None else tab.headers
    headers = b"x-request-id: %b\r\n%b%b" % (request_id.encode(), refusal.headers, limits)
    return Refusal(refusal.status, headers, refusal.body)


class PaidCall:
    """What a call knows of what it costs. `_charge` is there while an attempt is under way."""

    # CPython reads a slot in place. For an attribute that the class has a value for it goes the long way at each use.
    __slots__ = (
        "_attempt",
        "_charge",
        "_deadline",
        "_endpoint",
        "_first_byte",
        "_offer",
        "_part",
        "_principal",
        "_relay",
        "_request",
        "_road",
        "_started",
        "_status",
        "_tab",
        "_total",
        "request_id",
        "state",
    )

    _offer: Offer
    _principal: Principal
    _request: Inbound

    def __init__(self, road: Road, endpoint: Endpoint) -> None:
        self._road = road
        self._endpoint = endpoint
        self._started = road.clock.now()
        self.request_id = road.ids.next()
        self.state: State = HEAD
        self._attempt = self._status = 0
        self._deadline = self._total = math.inf
        self._first_byte: float | None = None
        self._relay: Relay | None = None
        self._charge: Charge | None = None
        self._tab: Tab | None = None
        self._part: Parted | None = None

    def _unwritten(self) -> Callable[[], None] | None:
        """The attempt could not be written down, and nothing of it has left: there never was such an attempt."""
        charge, tab = self._charge, self._tab
        if charge is None or tab is None or self.state is ENDED:
            return None
        self._charge = None
        tab.forget(charge)
        return self._end_unwritten

    def _end_unwritten(self) -> None:
        raise NotImplementedError

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

    def _paid_by(self) -> Charge:
        charge = self._charge
        assert charge is not None, "an attempt that is answered has its charge"
        return charge

    def _take_charge(self, offer: Offer, *, size: float) -> None:
        """Reserve what an attempt may cost and write it down; GatewayError, and nothing done, if it must not be. `size`
        is that of the upstream's body."""
        part, tab = self._part, self._tab
        self._charge = (tab if tab is not None else self._open_tab()).charge(
            offer,
            self._request,
            refused=self._unwritten,
            claimed=part is not None and part.claimed,
            at_once=size > LARGE,
        )

    def _refuse_tab(self) -> None:
        """Nothing was sent, and nothing will be."""
        if self._tab is not None and self._part is None:
            self._tab.refuse()

    def _close_failed(self, failure: Failure) -> None:
        """The live attempt failed."""
        charge, self._charge = self._charge, None
        if charge is not None:
            status = failure.status or self._status
            # A whole answer that cannot be used may have told what it used.
            if self.state > SEND and (charge.usage is None or self._relay is not None):
                used = used_in_failure(failure, self._relay, status=status, request=self._request)
                if used is not None:
                    charge.reckon(used)
            charge.close(outcome=failure.kind.value, code=status)

    def _lose(self) -> None:
        """A bug of ours ends the live attempt."""
        charge, self._charge = self._charge, None
        if charge is not None:
            charge.lose()

    def _settle(self, outcome: Outcome, status: int, *, end: End) -> None:
        """The one place where a call ends that was admitted."""
        if self.state >= CONNECT:
            road, tab, charge = self._road, self._tab, self._charge
            if charge is not None:
                self._charge = None
                self._close(charge, outcome)
            usage, cost = (None, None) if tab is None else tab.totals() if self._part is None else own(charge)
            duration = road.clock.now() - self._started
            if tab is not None and self._part is None:
                tab.end(end, status, duration=duration, first_byte=self._first_byte)
            road.telemetry.settled(
                Settlement(
                    principal=self._principal,
                    offer=self._offer,
                    outcome=outcome,
                    status=status,
                    attempts=self._attempt if tab is None or self._part is not None else len(tab.charges),
                    usage=usage,
                    cost=cost,
                    duration=duration,
                    first_byte=self._first_byte,
                )
            )
        else:
            # A bug of ours may end a call that was admitted and did not come as far as its first attempt.
            self._refuse_tab()
        self.state = ENDED
        self._total = self._deadline = math.inf

    def _close(self, charge: Charge, outcome: Outcome) -> None:
        """The live attempt is over, answered or left."""
        relay, left = self._relay, "" if outcome is Outcome.ANSWERED else outcome.value
        if charge.usage is None or left:
            used = used_in_part(self.state, self._status, relay=relay, request=self._request)
            if used is not None:
                charge.reckon(used)
        charge.close(outcome=left, code=self._status or (200 if not left else 0))
