"""The road of inference requests inside uvicorn, beside ASGI.

The parser's callbacks only record what they saw. When it returns, whoever answers is told: the head first, so that
the key is checked before the body; then the body, piece by piece. A message whose method and raw path stand in the
table of routes is answered by a call; every other one, and every other spelling of the same path, goes on to ASGI,
so that there is never a second road to a model.

One message at a time: when another begins while an answer is outstanding, the parser is stopped there, nothing more
is read from the connection, and the answer ends with close. For a request that arrives whole all this is one turn of
the loop without a task, a timer, a lock or a log record.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.server import ServerState

from headgate.core.errors import HeadersTooLarge, MalformedRequest, PayloadTooLarge
from headgate.gateway.ports import RequestHead
from headgate.http1.framing import CONTINUE
from headgate.http1.headers import FRAMING
from headgate.http1.inbound import CHUNKED, expects_continue
from headgate.web.lane_parsed import ParsedConnection
from headgate.web.lane_phase import ASGI, CALL, DRAINING, HEAD, READ, WAITING
from headgate.web.lane_repeat import RepeatedHead, SeenHead, seen_head
from headgate.web.lane_shared import NO_DEADLINE, Inbound

_LOG: Final = logging.getLogger(__name__)


class Lane(ParsedConnection):
    """A connection of a client, and the `Client` of its calls."""

    __slots__ = ("_overhead", "_progress", "_repeat", "_seen", "_taken")

    def __init__(
        self,
        *,
        inbound: Inbound,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(inbound=inbound, config=config, server_state=server_state, app_state=app_state, _loop=_loop)
        self._taken = 0
        self._progress = 0
        self._overhead = 0
        self._repeat: RepeatedHead | None = None
        self._seen: SeenHead | None = None

    def data_received(self, data: bytes) -> None:
        if self.deaf:
            self.discard(len(data))
            return
        if self._seen is not None:
            self._repeat, self._seen = self._seen.repeated(), None
        if self._repeat is not None and self.phase is WAITING and not self._fed and self._again(self._repeat, data):
            return
        self._fed += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade(data, upgrade)
        except httptools.HttpParserError as error:
            self._stumble(error)
        try:
            self._tell(data)
        except Exception:  # a bug of ours ends this connection and no other
            if self.call is not None:
                self.abandon(self.call)
            else:
                _LOG.exception("a connection failed")
                self.reset()

    def _again(self, repeat: RepeatedHead, data: bytes) -> bool:
        """Whether `data` is another message with the head that the last one had. If so, it is answered here."""
        body = repeat.body_of(data)
        if body is None or len(body) > self.limits.body_bytes:
            return False
        # Since the last message `whole` says true and `taking` false.
        self.phase, self.deadline, self.told_blocked = CALL, NO_DEADLINE, False
        call = self.call = repeat.opens(self)
        try:
            call.whole(repeat.head, body)
        except Exception:  # a bug of ours ends this connection and no other
            self.abandon(call)
        else:
            if self.call is call and self.flow.write_paused:
                self.loop.call_soon(self.tell_flow)
        return True

    def _tell(self, data: bytes) -> None:
        phase = self.phase
        if phase is READ:
            self._admit(data)
            phase = self.phase
        elif phase is HEAD or phase is WAITING:
            if self._fault is not None:
                self.refuse(self._fault)
            elif self._fed > self.limits.head_bytes:
                self.refuse(HeadersTooLarge(f"the request head is longer than {self.limits.head_bytes} bytes"))
            else:
                self._tail = (self._tail + data)[-3:]
            return
        if self.taking and (phase is CALL or phase is ASGI):
            self._take(data)
        elif phase is DRAINING and (self.whole or self._fault is not None):
            self.rest()

    def _admit(self, data: bytes) -> None:
        """The head is complete: find out who answers, and tell them."""
        limits = self.limits
        if self._fed > limits.head_bytes and self._head_size(data) > limits.head_bytes:
            self.refuse(HeadersTooLarge(f"the request head is longer than {limits.head_bytes} bytes"))
            return
        if self._length > limits.body_bytes:
            self.refuse(_too_large(limits.body_bytes))
            return
        path, _, query = self.url.partition(b"?")
        self._taken = self._progress = self._overhead = 0
        self.taking = True
        self.deadline = self.inbound.now + limits.body_seconds
        waits = not self.whole and not self._pieces and self.version == "1.1" and expects_continue(self._watched)
        short = 0 <= self._length <= limits.drained_bytes
        # Nobody knows whether a client that waits sends its body after another answer than 100.
        self.short = short and not waits
        opens = self.inbound.routes.get((self._method, path))
        if opens is None:
            self.hand_over(self._fields, method=self._method, waits=waits)
            return
        self.phase = CALL
        self.told_blocked = False
        call = self.call = opens(self)
        client = self.address_of(self._fields) if self.inbound.trusted_proxies else self.peer
        fields = [field for field in self._fields if field[0] not in FRAMING]
        head = RequestHead(path, query, fields, client)
        call.head(head)
        if self.call is not call:
            return
        if self.whole and self.keep_alive and self._fed == len(data) and not self._second_parser:
            self._seen = seen_head(data, head, opens=opens)
        if waits:
            self.short = short
            self.write_out(CONTINUE)
        if self.flow.write_paused:
            self.loop.call_soon(self.tell_flow)

    def _take(self, data: bytes) -> None:
        """Pass on what has come of the body."""
        pieces, self._pieces = self._pieces, []
        call = self.call
        for piece in pieces:
            self._taken += len(piece)
            self._progress += len(piece)
            if self._taken > self.limits.body_bytes:
                self.refuse(_too_large(self.limits.body_bytes))
                return
            if call is None:
                self.cycle.body += piece
                continue
            call.body(piece)
            if self.call is not call:
                return
        if self.whole:
            self.taking = False
            # An answer that began before the body ended may wait for its reader already.
            stalls = self.flow.write_paused
            self.deadline = self.inbound.now + self.limits.stall_seconds if stalls else NO_DEADLINE
            if call is None:
                self.complete_cycle()
            else:
                call.body_complete()
        elif self._fault is not None:
            self.refuse(self._fault)
        else:
            self._wait_for_body(data, pieces)

    def _wait_for_body(self, data: bytes, pieces: list[bytes]) -> None:
        self._overhead = 0 if pieces else self._overhead + len(data)
        if self._length == CHUNKED and self._overhead > self.limits.framing_bytes + self.limits.head_bytes:
            self.refuse(MalformedRequest("the chunks of the body consist of framing; send data"))
            return
        if self._progress >= self.limits.body_progress:
            self._progress = 0
            self.deadline = self.inbound.now + self.limits.body_seconds
        if self.call is None:
            if len(self.cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            self.cycle.message_event.set()


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"the request body is longer than {limit} bytes")
