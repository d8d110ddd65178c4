"""One request for embeddings, sent in as many parts as its entry takes, answered and settled as one.

To its driver this is a call like any other. Each part is a `Call` of its own whose caller is this one; at most
`parallelism` of them live at a time. All parts are served by the same entry: vectors of different models do not
compare, so that when one part fails, the others are cancelled, and the entry that stands in serves all of them anew.
What they may cost is reserved for all of them at once, and all of them are on one tab.
"""

from __future__ import annotations

from headgate.catalogue.offer import Offer
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import BudgetExceeded, EntryLimited, GatewayError, ShuttingDown, UpstreamFailed
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import encode
from headgate.dialects.openai_embeddings import EmbeddingRequest
from headgate.gateway.admission import admitted, check_size, codec_for, entry_for, narrowed, passed_over
from headgate.gateway.answer_head import answer_head
from headgate.gateway.bill import summed, told
from headgate.gateway.call import Call
from headgate.gateway.call_money import end_of
from headgate.gateway.call_paid import error_told
from headgate.gateway.endpoint import Endpoint
from headgate.gateway.fan_out_paid import PaidFanOut
from headgate.gateway.fan_out_part import Part
from headgate.gateway.fan_out_round import Phase, Round
from headgate.gateway.ports import Client, Outcome, RequestHead
from headgate.gateway.road import Road
from headgate.gateway.selection import default_offer, stand_in
from headgate.gateway.tab import Parted
from headgate.ledger.records import End
from headgate.routing.plan import Plan, Try


class FanOut(PaidFanOut):
    """One request for embeddings, from its head to its settlement. Single use; driven from one thread."""

    _snapshot: Snapshot

    def __init__(self, road: Road, client: Client, endpoint: Endpoint) -> None:
        super().__init__(road, endpoint)
        self._client = client
        self._pieces: list[bytes] = []
        self._plan: Plan | None = None

    # What the driver of the inbound connection tells

    def head(self, head: RequestHead) -> None:
        try:
            self._principal = admitted(self._road, self._endpoint, head=head)
        except GatewayError as error:
            self._refuse(error)
        else:
            self._phase = Phase.BODY

    def body(self, data: bytes) -> None:
        if self._phase is Phase.BODY:
            self._pieces.append(data)

    def body_complete(self) -> None:
        if self._phase is not Phase.BODY:
            return
        pieces, self._pieces = self._pieces, []
        try:
            self._begin(b"".join(pieces))
        except GatewayError as error:
            self._refuse(error)

    def whole(self, head: RequestHead, body: bytes | memoryview) -> None:
        try:
            self._principal = admitted(self._road, self._endpoint, head=head)
            self._begin(body)
        except GatewayError as error:
            self._refuse(error)

    def client_gone(self) -> None:
        if self._phase is not Phase.ENDED:
            self._cancel()
            self._settle(Outcome.CLIENT_GONE, 499, end=End.CLIENT_GONE)

    def client_blocked(self) -> None:
        """An answer is written at once: there is nothing to hold back."""

    def client_writable(self) -> None: ...

    def tick(self, now: float) -> None:
        if self._phase is Phase.PARTS:
            for part in list(self._round.live):
                part.tick(now)

    def drain(self) -> None:
        if self._phase is not Phase.ENDED:
            self._cancel()
            self._report(ShuttingDown(), Outcome.DRAINED)

    def abandon(self) -> None:
        if self._phase is not Phase.ENDED:
            self._cancel()
            self._settle(Outcome.ABANDONED, 500, end=End.CRASH)
            self._client.abort()

    # What the parts tell

    def part_answered(self, part: Part, body: bytes) -> None:
        current = self._round
        self._end_part(part)
        if current.joined is None:
            self._answer(body)
            return
        fault = current.joined.take(part.number, body)
        if fault is None and current.joined.size > self._road.answer_limit:
            message = f"the upstream's answers are larger than {self._road.answer_limit} bytes"
            fault = Failure(kind=FailureKind.TOO_LARGE, message=message)
        if fault is not None:
            self._road.telemetry.attempt_failed(current.offer, fault)
            self._fail(UpstreamFailed((fault,), model=current.offer.name))
        elif current.begun == len(current.requests) and not current.live:
            self._answer(None)
        else:
            self._fill()

    def part_failed(self, part: Part, error: GatewayError) -> None:
        self._end_part(part)
        self._fail(error)

    # From one entry to the next

    def _begin(self, body: bytes | memoryview) -> None:
        request = self._endpoint.parse(body)
        assert isinstance(request, EmbeddingRequest), "the endpoint of embeddings parses them"
        self._request = request
        offer, _, self._snapshot = entry_for(self._road, self._endpoint, principal=self._principal, request=request)
        self._serve_first(offer)

    def _serve_first(self, offer: Offer) -> None:
        try:
            self._serve(offer)
        except EntryLimited as limited:
            if self._serve_another(offer, passed_over(limited)):
                raise
        except BudgetExceeded as exceeded:
            principal = narrowed(self._principal, self._request)
            default = default_offer(self._road, self._snapshot, principal=principal, kind=self._endpoint.default)
            if not exceeded.downgrade or default is None or default.uid == offer.uid:
                raise
            self._open_tab().why = encode({"why": "budget", "passed": [offer.name]}).decode()
            self._serve_first(default)

    def _serve(self, offer: Offer) -> None:
        """Send all parts to an entry; GatewayError, and nothing done, if it cannot take them."""
        codec = codec_for(offer, self._endpoint)
        check_size(offer, self._request)
        rules = offer.embedding
        assert rules is not None, "an entry that embeds has the rules for it"
        requests = self._request.parts(rules.batch_size)
        claim = self._open_tab().claim(offer, requests)
        self._round = Round(offer, codec, requests=requests, parallelism=rules.parallelism, claim=claim)
        self._phase = Phase.PARTS
        self._fill()

    def _fill(self) -> None:
        """Begin as many parts as may live at a time."""
        current = self._round
        while (
            self._phase is Phase.PARTS
            and current is self._round
            and current.begun < len(current.requests)
            and len(current.live) < current.parallelism
        ):
            part = Part(self, self._road, endpoint=self._endpoint, number=current.begun, opens=Call)
            current.begun += 1
            current.live.append(part)
            parted = Parted(self._principal, self._open_tab(), claimed=True)
            part.begin(parted, current.requests[part.number], offer=current.offer, codec=current.codec)

    def _fail(self, error: GatewayError) -> None:
        """A part failed, and so does the whole, unless another entry may stand in."""
        self._cancel()
        self._settle_claim()
        if not isinstance(error, UpstreamFailed):
            self._end(error)
            return
        failures = self._serve_another(self._round.offer, error.last)
        if failures:
            self._report(self._endpoint.failed(failures, model=self._round.offer.name), Outcome.FAILED)

    def _serve_another(self, first: Offer, failure: Failure) -> tuple[Failure, ...]:
        """Send all parts to the next entry that takes them; if none does, why each did not."""
        if self._plan is None:
            self._plan = Plan(first, self._successor, is_out=self._road.is_out)
        step = self._plan.failed(failure)
        while isinstance(step, Try):
            try:
                self._serve(step.offer)
            except GatewayError as refused:
                step = self._plan.failed(passed_over(refused))
            else:
                return ()
        return step.failures

    def _successor(self, failed: Offer) -> Offer | None:
        principal = narrowed(self._principal, self._request)
        return stand_in(self._snapshot, principal, kind=self._endpoint.default, failed=failed)

    def _end_part(self, part: Part) -> None:
        self._round.live.remove(part)
        if part.settlement is not None and part.settlement.usage is not None:
            self._round.used.append(part.settlement.usage)

    def _cancel(self) -> None:
        if self._phase is Phase.PARTS:
            for part in list(self._round.live):
                part.cancel()
                self._end_part(part)

    # Every way out

    def _answer(self, body: bytes | None) -> None:
        """`body` is the answer of the only part, None to join those of all."""
        current = self._round
        usage, tab = summed(current.used), self._open_tab()
        milliseconds = int((self._road.clock.now() - self._started) * 1000)
        shown, members = told(tab.spent(), usage, offer=current.offer, milliseconds=milliseconds)
        if body is None:
            assert current.joined is not None, "several parts are joined"
            body = current.joined.answer(current.offer.json_name, usage=usage, extra=members)
        more = b"x-headgate-cost: %b\r\n%b" % (shown, tab.headers) if shown else tab.headers
        attempts = len(tab.charges)
        self._settle(Outcome.ANSWERED, 200, end=End.COMPLETE)
        head = answer_head(self.request_id, current.offer, attempts, b"application/json", more=more)
        self._client.answer(200, head, body)

    def _refuse(self, error: GatewayError) -> None:
        """A refusal before any attempt: nothing was admitted, and nothing is settled."""
        self._phase = Phase.ENDED
        if self._tab is not None:
            self._tab.refuse()
        self._road.telemetry.refused(error)
        refusal = error_told(self._road, self._endpoint, error=error, request_id=self.request_id, tab=self._tab)
        self._client.answer(refusal.status, refusal.headers, refusal.body)

    def _end(self, error: GatewayError) -> None:
        """No part is left: a refusal if none was sent."""
        if self._open_tab().empty:
            self._refuse(error)
        else:
            self._report(error, Outcome.FAILED)

    def _report(self, error: GatewayError, outcome: Outcome) -> None:
        status = self._road.refusals.answer(error, self._endpoint.shape).status
        attempts = 0 if self._tab is None else len(self._tab.charges)
        self._settle(outcome, status, end=end_of(error))
        refusal = error_told(self._road, self._endpoint, error=error, request_id=self.request_id, tab=self._tab)
        own = b"x-headgate-attempts: %d\r\n%b" % (attempts, refusal.headers)
        self._client.answer(refusal.status, own, refusal.body)
