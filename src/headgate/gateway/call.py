"""One inference request, from its head to its settlement: a synchronous state machine.

It is told what happened (`CallEvents` by the inbound driver, `UpstreamEvents` by the upstream) and acts by calling its
ports. It creates no task, no timer and no log record. States follow one another in the order of `State`; only a failed
attempt leads back, to the next one:

    HEAD      the request head is awaited
    BODY      admitted; the body is taken
    CONNECT   an attempt waits for its connection
    SEND      the connection is there, the request is leaving
    WAIT      the request has left, the answer is awaited
    ANSWER    the answer is being read; a whole one is kept until it is complete
    STREAM    the caller has the head and at least one event: no other upstream may be tried
    ENDED     settled, exactly once; whatever is told from now on is ignored

An upstream event carries the number of its attempt, and one of an earlier attempt is dropped. The caller's head is
written with the first event that is neither a comment nor an error: until then failover is open.
"""

from __future__ import annotations

from typing import Final

from headgate.catalogue.offer import Offer
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import GatewayError, LedgerUnavailable, ShuttingDown
from headgate.core.failure import Failure, FailureKind
from headgate.dialects.exchange import Codec, Inbound, Relay
from headgate.gateway.admission import admitted, codec_for, narrowed, passed_over, without_secret
from headgate.gateway.answer_head import answer_head
from headgate.gateway.call_begin import BegunCall
from headgate.gateway.call_money import end_of
from headgate.gateway.call_paid import error_told
from headgate.gateway.call_state import ANSWER, BODY, CONNECT, ENDED, SEND, STREAM, WAIT
from headgate.gateway.classify import Inquiry
from headgate.gateway.endpoint import Endpoint
from headgate.gateway.ports import Client, Outcome, ReceivedHeaders, RequestHead, Wire
from headgate.gateway.road import Road
from headgate.gateway.selection import Undecided, stand_in
from headgate.gateway.tab import Parted
from headgate.ledger.records import End
from headgate.routing.plan import Plan, Try

ERROR_BODY_LIMIT: Final = 64 * 1024


class Call(BegunCall):
    """One request from admission to settlement. Single use; driven from one thread."""

    __slots__ = (
        "_asked",
        "_blocked",
        "_client",
        "_codec",
        "_headers",
        "_heard",
        "_kept",
        "_out",
        "_parts",
        "_plan",
        "_wire",
    )

    _codec: Codec
    _headers: ReceivedHeaders
    _out: tuple[str, bytes]

    def __init__(self, road: Road, client: Client, endpoint: Endpoint) -> None:
        super().__init__(road, endpoint)
        self._client = client
        self._parts: list[bytes] = []
        self._kept = 0
        self._heard = self._blocked = False
        self._wire: Wire | None = None
        self._asked: Wire | None = None
        self._plan: Plan | None = None

    # What the driver of the inbound connection tells

    def head(self, head: RequestHead) -> None:
        """The key is checked before the body is taken."""
        try:
            self._principal = admitted(self._road, self._endpoint, head=head)
        except GatewayError as error:
            self._refuse(error)
        else:
            self.state = BODY

    def body(self, data: bytes) -> None:
        if self.state is BODY:
            self._parts.append(data)

    def body_complete(self) -> None:
        if self.state is not BODY:
            return
        parts, self._parts = self._parts, []
        try:
            self._request = self._endpoint.parse(parts[0] if len(parts) == 1 else b"".join(parts))
            self._begin(now=self._road.clock.now())
        except GatewayError as error:
            self._refuse(error)

    def whole(self, head: RequestHead, body: bytes | memoryview) -> None:
        """`head`, `body` and `body_complete` in one: the request came at once."""
        road, endpoint = self._road, self._endpoint
        try:
            self._principal = admitted(road, endpoint, head=head)
            self._request = endpoint.parse(body)
            self._begin(now=self._started)
        except GatewayError as error:
            self._refuse(error)

    def part(self, parted: Parted, request: Inbound, *, offer: Offer, codec: Codec) -> None:
        """In place of `whole` for a part of a larger call, which has admitted it and alone fails over."""
        self._principal, self._request, self._snapshot = parted.principal, request, None
        self._part, self._tab = parted, parted.tab
        try:
            self._try(offer, codec, now=self._started)
        except GatewayError as error:
            self._refuse(error)

    def client_gone(self) -> None:
        if self.state is not ENDED:
            self._drop_wire()
            self._settle(Outcome.CLIENT_GONE, 499, end=End.CLIENT_GONE)

    def client_blocked(self) -> None:
        self._blocked = True
        if self._wire is not None and self.state >= ANSWER:
            self._wire.pause()

    def client_writable(self) -> None:
        self._blocked = False
        self._heard = True
        if self._wire is not None and self.state >= ANSWER:
            self._wire.resume()

    def tick(self, now: float) -> None:
        if self._inquiry is not None:
            self._inquiry.tick(now)
        if now >= self._total:
            self._time_is_up(FailureKind.TOTAL_TIMEOUT, "the upstream did not finish in time")
        elif self.state >= ANSWER:
            if self._heard or self._blocked:
                self._heard = False
                self._deadline = now + self._road.timeouts.idle
            elif now >= self._deadline:
                self._time_is_up(FailureKind.IDLE_TIMEOUT, "the upstream stopped in the middle of its answer")
        elif now >= self._deadline:
            if self.state is CONNECT:
                self._time_is_up(FailureKind.CONNECT_TIMEOUT, "no connection to the upstream in time")
            else:
                self._time_is_up(FailureKind.FIRST_BYTE_TIMEOUT, "the upstream did not begin to answer in time")

    def drain(self) -> None:
        if self.state is not ENDED:
            self._drop_wire()
            self._report(ShuttingDown(), Outcome.DRAINED)

    def abandon(self) -> None:
        if self.state is not ENDED:
            self._drop_wire()
            self._lose()
            self._settle(Outcome.ABANDONED, 500, end=End.CRASH)
            self._client.abort()

    # What the upstream tells

    def connected(self, attempt: int) -> None:
        if attempt == self._attempt and self.state is CONNECT:
            wire, (path, body) = self._wire, self._out
            assert wire is not None, "a connection was announced"
            self._out = "", b""
            self.state = WAIT if wire.send(path, body) else SEND
            self._deadline = self._road.clock.now() + self._road.timeouts.first_byte

    def request_sent(self, attempt: int) -> None:
        if attempt == self._attempt and self.state is SEND:
            self.state = WAIT
            self._deadline = self._road.clock.now() + self._road.timeouts.first_byte

    def upstream_head(self, attempt: int, status: int, headers: ReceivedHeaders) -> None:
        if attempt != self._attempt or not SEND <= self.state <= WAIT:
            return
        self.state = ANSWER
        self._heard = True
        self._status = status
        if status != 200:
            self._headers = headers
        elif self._request.stream:
            self._relay = self._codec.relay(self._offer.json_name, self._request, self._paid_by().extra)
        if self._blocked and self._wire is not None:
            self._wire.pause()

    def upstream_bytes(self, attempt: int, data: bytes) -> None:
        state = self.state
        if attempt != self._attempt or (state is not STREAM and state is not ANSWER):
            return
        self._heard = True
        relay = self._relay
        if relay is None:
            self._keep(data)
            return
        out = relay.feed(data)
        if out:
            if state is ANSWER:
                self._open_stream()
            self._client.write(out)
        if relay.failure is not None:
            self._fail(relay.failure)

    def upstream_done(self, attempt: int, *, framed: bool) -> None:
        if attempt != self._attempt or not ANSWER <= self.state <= STREAM:
            return
        self._wire = None
        if self._relay is None:
            self._finish_whole()
        else:
            self._finish_stream(self._relay, framed=framed)

    def upstream_whole(self, attempt: int, status: int, *, headers: ReceivedHeaders, body: bytes) -> None:
        state = self.state
        if attempt != self._attempt or (state is not WAIT and state is not SEND):
            return
        if status == 200 and not self._request.stream:
            self.state = ANSWER
            self._wire = None
            self._answer(body)
            return
        self.upstream_head(attempt, status, headers)
        if body:
            self.upstream_bytes(attempt, body)
        self.upstream_done(attempt, framed=True)

    def upstream_failed(self, attempt: int, failure: Failure) -> None:
        if attempt != self._attempt or not CONNECT <= self.state <= STREAM:
            return
        self._wire = None
        relay = self._relay
        if relay is not None and relay.complete:
            # All that makes an answer had come; only the connection's own end was untidy.
            self._finish_stream(relay, framed=False)
        else:
            self._fail(failure)

    # From one attempt to the next

    def _question(self, undecided: Undecided) -> Inquiry:
        return Inquiry(self, self._road, endpoint=self._endpoint, undecided=undecided, opens=Call)

    def _end_unwritten(self) -> None:
        if self.state is ENDED:
            return
        self._drop_wire()
        error = LedgerUnavailable("what the call costs cannot be written down: it was not sent")
        if self._part is None and self._open_tab().empty:
            self._refuse(error)
        else:
            self._report(error, Outcome.FAILED)

    def _try(self, offer: Offer, codec: Codec, *, now: float, fresh: bool = False) -> None:
        """An attempt; InvalidBody, and nothing done, if the upstream's format cannot say what the request says."""
        route = offer.route
        assert not isinstance(route, Unroutable), "an offer with a codec has a route"
        request, road = self._request, self._road
        path, body = codec.path(route, request), codec.outbound(request, route, offer.call_defaults)
        self._take_charge(offer, size=len(body))
        self._offer = offer
        self._codec = codec
        self._attempt += 1
        self.state = CONNECT
        self._total = now + (offer.timeout or road.timeouts.total)
        wire = self._wire = self._asked = road.upstream.connect(offer, self, self._attempt, fresh=fresh)
        if wire.ready:
            self.state = WAIT if wire.send(path, body) else SEND
            self._deadline = now + road.timeouts.first_byte
        else:
            self._out = path, body
            self._deadline = now + road.timeouts.connect

    def _try_another(self, failure: Failure, *, refusal: GatewayError | None = None) -> None:
        """The next attempt, as the plan has it. A plan is made when the first attempt fails: most never do. `refusal`:
        nothing was sent so far, and this is what the caller is told if nothing is."""
        self._relay = None
        self._parts = []
        self._kept = self._status = 0
        if self._plan is None:
            self._plan = Plan(self._offer, self._successor, is_out=self._road.is_out)
        step = self._plan.failed(failure)
        while isinstance(step, Try):
            try:
                codec = codec_for(step.offer, self._endpoint)
                self._try(step.offer, codec, now=self._road.clock.now(), fresh=step.fresh)
            except LedgerUnavailable as error:
                # No other entry could be written down either.
                if refusal is not None:
                    raise
                self._report(error, Outcome.FAILED)
                return
            except GatewayError as error:
                step = self._plan.failed(passed_over(error))
            else:
                return
        if refusal is not None:
            raise refusal
        self._report(self._endpoint.failed(step.failures, model=self._offer.name), Outcome.FAILED)

    def _successor(self, failed: Offer) -> Offer | None:
        if self._snapshot is None:
            return None
        principal = narrowed(self._principal, self._request)
        return stand_in(self._snapshot, principal, kind=self._endpoint.default, failed=failed)

    def _fail(self, failure: Failure) -> None:
        """The attempt failed: to the next one, or, once the caller has a part of the answer, to the end."""
        self._close_failed(failure)
        self._drop_wire()
        if failure.body and self._asked is not None:
            failure = without_secret(failure, self._asked)
        self._road.telemetry.attempt_failed(self._offer, failure)
        if self.state is STREAM:
            self._report(self._endpoint.failed((failure,), model=self._offer.name), Outcome.FAILED)
            return
        self._try_another(failure)

    def _time_is_up(self, kind: FailureKind, message: str) -> None:
        if self.state is ENDED:
            return
        relay = self._relay
        if relay is not None and relay.complete:
            self._drop_wire()
            self._finish_stream(relay, framed=False)
        else:
            self._fail(Failure(kind=kind, message=message))

    def _drop_wire(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.abort()
        elif self._inquiry is not None:
            self._inquiry.drop()

    # The answer

    def _keep(self, data: bytes) -> None:
        self._parts.append(data)
        self._kept += len(data)
        limit = self._road.answer_limit if self._status == 200 else ERROR_BODY_LIMIT
        if self._kept > limit:
            message = f"the upstream's answer is larger than {limit} bytes"
            self._fail(Failure(kind=FailureKind.TOO_LARGE, message=message, status=self._status))

    def _finish_whole(self) -> None:
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        if self._status != 200:
            self._fail(self._codec.classify(self._status, dict(self._headers), body))
        else:
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        charge = self._paid_by()
        answer = self._codec.whole(body, self._offer.json_name, self._request, charge.extra)
        if isinstance(answer, Failure):
            self._fail(answer)
            return
        self._settle(Outcome.ANSWERED, 200, end=End.COMPLETE)
        more = self._tab.headers if self._tab is not None else b""
        if charge.shown:
            more = b"x-headgate-cost: %b\r\n%b" % (charge.shown, more)
        head = answer_head(self.request_id, self._offer, self._attempt, b"application/json", more=more)
        self._client.answer(200, head, answer)

    def _open_stream(self) -> None:
        self.state = STREAM
        self._first_byte = self._road.clock.now() - self._started
        more = b"cache-control: no-cache\r\n" + (self._tab.headers if self._tab is not None else b"")
        head = answer_head(self.request_id, self._offer, self._attempt, b"text/event-stream; charset=utf-8", more=more)
        self._client.start(200, head)

    def _finish_stream(self, relay: Relay, *, framed: bool) -> None:
        out = relay.end(framed=framed)
        if relay.failure is not None:
            self._fail(relay.failure)
            return
        if self.state is ANSWER:
            self._open_stream()
        self._settle(Outcome.ANSWERED, 200, end=End.COMPLETE)
        self._client.write(out)
        self._client.end()

    # Every way out

    def _refuse(self, error: GatewayError) -> None:
        """A refusal before any attempt: nothing was admitted, and nothing is settled."""
        self.state = ENDED
        self._refuse_tab()
        self._road.telemetry.refused(error)
        told = error_told(self._road, self._endpoint, error=error, request_id=self.request_id, tab=self._tab)
        self._client.answer(told.status, told.headers, told.body)

    def _report(self, error: GatewayError, outcome: Outcome) -> None:
        """End with an error: as the answer, or as the last event of a stream that has begun."""
        streaming, attempts = self.state is STREAM, self._attempt
        if self.state >= CONNECT:
            status = self._road.refusals.answer(error, self._endpoint.shape).status
            self._settle(outcome, status, end=end_of(error))
        self.state = ENDED
        if streaming:
            self._client.write(self._road.refusals.event(error, self._endpoint.shape))
            self._client.end()
            return
        told = error_told(self._road, self._endpoint, error=error, request_id=self.request_id, tab=self._tab)
        self._client.answer(told.status, b"x-headgate-attempts: %d\r\n%b" % (attempts, told.headers), told.body)
