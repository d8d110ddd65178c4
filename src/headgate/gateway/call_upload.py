"""A call whose request is a form: its body is read while it arrives, and a long one is sent on while it arrives.

Which entry serves the form is known with its `model`, which may stand behind the file. Until then it is kept, up to a
cap, and so is a form of up to `KEPT` bytes: its upstream is asked when it is whole, with its length told, and it fails
over like any other request. A longer one is sent as soon as its `model` is known, on a fresh connection, in chunks if
it is not whole by then, and forgotten piece by piece as it leaves: no more than `AHEAD` bytes and what one read brings
wait for a slow upstream, the client being held back meanwhile. Nothing of it can be sent twice, so failover is open
only until its first piece has left, and a connection that might be stale is not used.

While the upstream waits for the client no time of the upstream's runs: how long a body may take is the client's
driver's to say. What is wrong in a body that is on its way ends the call, and the upstream sees its request cut.
"""

from __future__ import annotations

import math
from typing import Final

from headgate.catalogue.offer import Offer
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import GatewayError
from headgate.core.failure import Failure
from headgate.dialects.exchange import Codec, Form
from headgate.gateway.call_media import MediaCall
from headgate.gateway.call_state import BODY, CONNECT, ENDED, SEND, WAIT
from headgate.gateway.endpoint import Endpoint
from headgate.gateway.ports import Client, Outcome, RequestHead, Wire
from headgate.gateway.road import Road

KEPT: Final = 1024 * 1024
AHEAD: Final = 256 * 1024


class UploadCall(MediaCall):
    """A `Call` at an endpoint that takes forms."""

    __slots__ = ("_form", "_held", "_long", "_owing", "_path", "_stuck", "_taken")

    _form: Form

    def __init__(self, road: Road, client: Client, endpoint: Endpoint) -> None:
        super().__init__(road, client, endpoint)
        self._held = self._long = self._owing = self._stuck = self._taken = False
        self._path = ""

    # What the driver of the inbound connection tells

    def head(self, head: RequestHead) -> None:
        super().head(head)
        if self.state is not BODY:
            return
        parse = self._endpoint.parse_form
        assert parse is not None, "the endpoint takes forms"
        try:
            self._request = self._form = parse(dict(head.headers).get(b"content-type", b""))
        except GatewayError as error:
            self._refuse(error)

    def body(self, data: bytes) -> None:
        if not BODY <= self.state < ENDED or self._form.closed:
            return
        self._heard = True
        form = self._form
        try:
            form.feed(data)
            if self.state is BODY:
                self._begin_early(form)
        except GatewayError as error:
            self._break_off(error)
        else:
            self._pump()

    def body_complete(self) -> None:
        if not BODY <= self.state < ENDED or self._form.closed:
            return
        try:
            self._form.close()
            if self.state is BODY:
                self._long = self._form.kept > KEPT
                self._begin(now=self._road.clock.now())
        except GatewayError as error:
            self._break_off(error)
        else:
            self._pump()

    def whole(self, head: RequestHead, body: bytes | memoryview) -> None:
        self.head(head)
        if self.state is BODY:
            self.body(bytes(body))
            self.body_complete()

    # What the upstream tells

    def connected(self, attempt: int) -> None:
        if attempt == self._attempt and self.state is CONNECT:
            self._send()

    def request_sent(self, attempt: int) -> None:
        if attempt != self._attempt or not SEND <= self.state < ENDED:
            return
        if not self._owing:
            self._wait()
        elif self._stuck:
            self._stuck = False
            if self.state is SEND:
                self._deadline = math.inf
            self._pump()

    # From one attempt to the next

    def _begin_early(self, form: Form) -> None:
        """Begin before the body is whole, if it is time. One of which nothing is missing can wait for its length."""
        if form.kept > KEPT and form.model is not None and not form.ended:
            self._long = True
            self._begin(now=self._road.clock.now())

    def _try(self, offer: Offer, codec: Codec, *, now: float, fresh: bool = False) -> None:
        route, road = offer.route, self._road
        assert not isinstance(route, Unroutable), "an offer with a codec has a route"
        codec.outbound(self._form, route, offer.call_defaults)
        self._take_charge(offer, size=math.inf)
        self._path = codec.path(route, self._form)
        self._offer, self._codec = offer, codec
        self._attempt += 1
        self._stuck, self._owing, self._opened = False, True, None
        self.state = CONNECT
        self._deadline = now + road.timeouts.connect
        self._total = now + (offer.timeout or road.timeouts.total)
        self._wire = self._asked = road.upstream.connect(offer, self, self._attempt, fresh=fresh or self._long)
        if self._wire.ready:
            self._send()

    def _try_another(self, failure: Failure, *, refusal: GatewayError | None = None) -> None:
        if self._taken:
            self._report(self._endpoint.failed((failure,), model=self._offer.name), Outcome.FAILED)
        else:
            super()._try_another(failure, refusal=refusal)

    def _send(self) -> None:
        wire, form = self._wire, self._form
        assert wire is not None, "a connection was announced"
        self.state = SEND
        self._deadline = math.inf
        wire.open(self._path, form.content_type, length=form.length if form.closed else None)
        if not self._long:
            self._write(wire, form.whole())
        self._pump()

    def _pump(self) -> None:
        """Send on what has come, as far as the upstream takes it; hold the client back as long as it does not."""
        form, wire = self._form, self._wire
        if wire is not None and self._owing and SEND <= self.state < ENDED:
            while self._long and not self._stuck and (piece := form.take()) is not None:
                self._taken = True
                self._write(wire, piece)
            if form.closed and not self._stuck:
                self._owing = False
                if wire.finish():
                    self._wait()
                elif self.state is SEND:
                    self._deadline = self._road.clock.now() + self._road.timeouts.idle
        ahead = form.kept > AHEAD and not form.closed and CONNECT <= self.state < ENDED
        if ahead is not self._held:
            self._held = ahead
            if ahead:
                self._client.hold_body()
            else:
                self._client.take_body()

    def _write(self, wire: Wire, piece: bytes) -> None:
        if not wire.write(piece):
            self._stuck = True
            if self.state is SEND:
                self._deadline = self._road.clock.now() + self._road.timeouts.idle

    def _wait(self) -> None:
        if self.state is SEND:
            self.state = WAIT
            self._deadline = self._road.clock.now() + self._road.timeouts.first_byte

    def _break_off(self, error: GatewayError) -> None:
        """The body is wrong, or nobody serves it."""
        if self.state is BODY:
            self._refuse(error)
        else:
            self._drop_wire()
            self._report(error, Outcome.FAILED)
