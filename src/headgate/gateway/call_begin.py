"""Which entry a call goes to first: by its name, by the rules of `auto`, by a classifier that is asked before."""

from __future__ import annotations

from headgate.catalogue.offer import Offer
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import BudgetExceeded, EntryLimited, GatewayError
from headgate.core.failure import Failure
from headgate.core.json import encode
from headgate.dialects.exchange import Codec
from headgate.gateway.admission import codec_for, entry_after, entry_for, limited_failure, narrowed
from headgate.gateway.call_paid import PaidCall
from headgate.gateway.call_state import CONNECT
from headgate.gateway.classify import Inquiry
from headgate.gateway.endpoint import Endpoint
from headgate.gateway.ports import Outcome
from headgate.gateway.road import Road
from headgate.gateway.selection import Notes, Undecided, default_offer, is_routed
from headgate.gateway.tab import Parted


class BegunCall(PaidCall):
    """What a call knows of how it came by its entry."""

    __slots__ = ("_inquiry", "_snapshot")

    _snapshot: Snapshot | None

    def __init__(self, road: Road, endpoint: Endpoint) -> None:
        super().__init__(road, endpoint)
        self._inquiry: Inquiry | None = None

    def _question(self, undecided: Undecided) -> Inquiry:
        raise NotImplementedError

    def _try(self, offer: Offer, codec: Codec, *, now: float, fresh: bool = False) -> None:
        raise NotImplementedError

    def _try_another(self, failure: Failure, *, refusal: GatewayError | None = None) -> None:
        raise NotImplementedError

    def _refuse(self, error: GatewayError) -> None:
        raise NotImplementedError

    def _report(self, error: GatewayError, outcome: Outcome) -> None:
        raise NotImplementedError

    def _begin(self, *, now: float) -> None:
        """The first attempt; GatewayError, and nothing done, if there is none to make."""
        road, endpoint, request = self._road, self._endpoint, self._request
        notes = Notes() if is_routed(self._principal, request) else None
        try:
            offer, codec, self._snapshot = entry_for(
                road, endpoint, principal=self._principal, request=request, notes=notes
            )
        except Undecided as undecided:
            self._inquire(undecided)
            return
        if notes is not None:
            self._open_tab().why = notes.told()
        self._try_first(offer, codec, now=now)

    def _try_first(self, offer: Offer, codec: Codec, *, now: float) -> None:
        """The first attempt, or one in its place: of a stand-in if the entry is asked too much of, of the default
        model if a budget says so. GatewayError, and nothing done, if there is none to make."""
        try:
            self._try(offer, codec, now=now)
        except EntryLimited as limited:
            self._offer = offer
            self._try_another(limited_failure(limited), refusal=limited)
        except BudgetExceeded as exceeded:
            default = self._downgraded(offer) if exceeded.downgrade else None
            if default is None:
                raise
            self._open_tab().why = encode({"why": "budget", "passed": [offer.name]}).decode()
            self._try_first(default, codec_for(default, self._endpoint), now=now)

    def _downgraded(self, refused: Offer) -> Offer | None:
        if self._snapshot is None:
            return None
        principal = narrowed(self._principal, self._request)
        found = default_offer(self._road, self._snapshot, principal=principal, kind=self._endpoint.default)
        return found if found is not None and found.uid != refused.uid else None

    # What the classifier tells, if one is asked

    def _inquire(self, undecided: Undecided) -> None:
        """Ask it. Meanwhile the call waits, as for the connection of its first attempt."""
        self.state, self._offer, self._snapshot = CONNECT, undecided.classifier, undecided.snapshot
        tab = self._open_tab()
        self._inquiry = self._question(undecided)
        self._inquiry.begin(Parted(self._principal, tab), self._request)

    def classified(self, undecided: Undecided, name: str | None) -> None:
        road, principal, request = self._road, self._principal, self._request
        tab = self._open_tab()
        self._attempt = len(tab.charges)
        try:
            offer, codec = entry_after(
                road, self._endpoint, undecided=undecided, principal=principal, request=request, name=name
            )
            tab.why = encode({"why": "classified", "chosen": name}).decode()
            self._try_first(offer, codec, now=road.clock.now())
        except GatewayError as error:
            if self._attempt:
                self._report(error, Outcome.FAILED)
            else:
                self._refuse(error)
