"""A call whose answer is of the type that its upstream gives it: JSON, text, sound, events.

It is a call like any other up to the head of the answer, whose Content-Type says how the rest goes to the caller:
whole, if it is JSON; else piece by piece under the same Content-Type, and none of it kept. Once the caller has a
piece, a failure is told in an event where there are events. Where there are none the connection is broken off, so
that a part of a sound or of a text never looks whole.
"""

from __future__ import annotations

from typing import Final, cast

from headgate.core.errors import GatewayError
from headgate.core.failure import Failure
from headgate.dialects.exchange import MediaCodec, Opened, Relay
from headgate.gateway.answer_head import answer_head
from headgate.gateway.call import Call
from headgate.gateway.call_money import end_of
from headgate.gateway.call_state import ANSWER, SEND, STREAM, WAIT
from headgate.gateway.endpoint import Endpoint
from headgate.gateway.ports import Client, Outcome, ReceivedHeaders
from headgate.gateway.road import Road
from headgate.ledger.records import End

_NOT_GUESSED: Final = b"cache-control: no-cache\r\nx-content-type-options: nosniff\r\n"


class MediaCall(Call):
    """A `Call` at an endpoint whose codecs are `MediaCodec`s."""

    __slots__ = ("_opened",)

    def __init__(self, road: Road, client: Client, endpoint: Endpoint) -> None:
        super().__init__(road, client, endpoint)
        self._opened: Opened | None = None

    def upstream_head(self, attempt: int, status: int, headers: ReceivedHeaders) -> None:
        awaited = attempt == self._attempt and SEND <= self.state <= WAIT
        super().upstream_head(attempt, status, headers)
        if not awaited or status != 200:
            return
        content_type = dict(headers).get(b"content-type", b"")
        codec = cast(MediaCodec, self._codec)
        opened = codec.opened(content_type, self._request, json_name=self._offer.json_name, extra=self._paid_by().extra)
        if isinstance(opened, Failure):
            self._fail(opened)
            return
        self._opened = opened
        if opened.relay is not None:
            self._relay = opened.relay

    def upstream_whole(self, attempt: int, status: int, *, headers: ReceivedHeaders, body: bytes) -> None:
        """The head decides, so it is told apart."""
        if attempt == self._attempt and SEND <= self.state <= WAIT:
            self.upstream_head(attempt, status, headers)
            if body:
                self.upstream_bytes(attempt, body)
            self.upstream_done(attempt, framed=True)

    def _open_stream(self) -> None:
        opened = self._opened
        assert opened is not None, "what is relayed was opened"
        self.state = STREAM
        self._first_byte = self._road.clock.now() - self._started
        more = _NOT_GUESSED + (self._tab.headers if self._tab is not None else b"")
        head = answer_head(self.request_id, self._offer, self._attempt, opened.content_type, more=more)
        self._client.start(200, head)

    def _finish_stream(self, relay: Relay, *, framed: bool) -> None:
        out = relay.end(framed=framed)
        if relay.failure is not None:
            self._fail(relay.failure)
            return
        if self.state is ANSWER:
            self._open_stream()
        self._settle(Outcome.ANSWERED, 200, end=End.COMPLETE)
        if out:
            self._client.write(out)
        self._client.end()

    def _report(self, error: GatewayError, outcome: Outcome) -> None:
        opened = self._opened
        if self.state is not STREAM or opened is None or opened.tells:
            super()._report(error, outcome)
            return
        status = self._road.refusals.answer(error, self._endpoint.shape).status
        self._settle(outcome, status, end=end_of(error))
        self._client.abort()
