"""One connection to an upstream, and what it knows of the attempt that it serves.

A connection serves one exchange at a time. It tells the exchange's call what arrived, and when the answer is whole it
hands itself back to its pool; whatever else happens ends it. In each step the connection is put in order first, and
the call is told last. An exception raised by a call is therefore a bug of ours that can be met in one place: it is
logged, the call is abandoned, and nothing of it looks like a fault of the upstream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, cast

from headgate.adapters.upstream.exchange import Exchange
from headgate.adapters.upstream.response import ResponseReader, malformed
from headgate.core.failure import Failure, FailureKind
from headgate.gateway.outbox import Outbox
from headgate.gateway.ports import UpstreamEvents
from headgate.http1.framing import LAST_CHUNK

_AT_ONCE: Final = -1
"""The turn of a request that did not wait for one's end."""
COPIED_BODY: Final = 32 * 1024
"""Up to this length head and body are joined, which is cheaper than handing over two buffers."""

_SPOKE: Final = malformed("it came before anything was asked")
_UNANSWERED: Final = Failure(kind=FailureKind.RESET, message="the upstream closed the connection without an answer")
_CUT: Final = Failure(kind=FailureKind.CUT, message="the connection ended in the middle of the upstream's answer")
_STALE_SPOKE: Final = Failure(
    kind=FailureKind.STALE, message="the upstream used the kept connection before it was asked"
)
_STALE_ENDED: Final = Failure(
    kind=FailureKind.STALE, message="the upstream had closed the connection that was kept from an earlier answer"
)


class Keeper(Protocol):
    """Where a connection returns to."""

    def made(self, connection: Connection) -> None:
        """The connection is there. `lost` will follow one day."""

    def kept(self, connection: Connection) -> None:
        """The answer is whole, and the connection may serve another exchange."""

    def lost(self, connection: Connection) -> None:
        """The connection is gone."""


class Connection(asyncio.Protocol):
    """The protocol of one connection. `served` counts whole answers; until `deadline` it may lie in the pool."""

    __slots__ = (
        "_asked",
        "_asked_in",
        "_blocked",
        "_chunked",
        "_keeper",
        "_outbox",
        "_owing",
        "_paused",
        "_reader",
        "_spoke",
        "deadline",
        "exchange",
        "keep_for",
        "served",
        "transport",
    )

    transport: asyncio.Transport

    def __init__(self, keeper: Keeper, *, head_bytes: int, outbox: Outbox) -> None:
        self._keeper = keeper
        self._reader = ResponseReader(head_bytes)
        self._outbox = outbox
        self._asked = False
        self._asked_in = _AT_ONCE
        self._blocked = False
        self._chunked = self._owing = False
        self._paused = False
        self._spoke = False
        self.exchange: Exchange | None = None
        """The one that is served. Its `events` are not None."""
        self.served = 0
        self.keep_for: int | None = None
        self.deadline = 0.0

    # For the exchange and the pool

    def send(self, start: bytes, body: bytes) -> bool:
        """Write the request, whose head lacks only its length; False if `request_sent` will be told later."""
        self._asked = True
        if len(body) <= COPIED_BODY:
            # The socket takes that much at once, so nobody need hear when it has left.
            self._asked_in = self._outbox.turn
            self._outbox.write(self.transport, b"%b%d\r\n\r\n%b" % (start, len(body), body))
            return True
        self._asked_in = _AT_ONCE
        self.transport.writelines((b"%b%d\r\n\r\n" % (start, len(body)), body))
        return self._left()

    def send_head(self, head: bytes) -> bool:
        """Write a request that is nothing but its head; the same answer as `send`."""
        self._asked, self._asked_in = True, _AT_ONCE
        self.transport.write(head)
        return self._left()

    def open(self, head: bytes, *, chunked: bool) -> None:
        """Write the complete head of a request whose body follows; until `finish` the connection owes it."""
        self._asked, self._asked_in = True, _AT_ONCE
        self._chunked, self._owing = chunked, True
        self.transport.write(head)

    def write(self, data: bytes) -> bool:
        """A piece of the body; False if `request_sent` will be told when the next one may follow."""
        if self._chunked:
            self.transport.writelines((b"%x\r\n" % len(data), data, b"\r\n"))
        else:
            self.transport.write(data)
        return self._left()

    def finish(self) -> bool:
        """The end of the body; the same answer as `send`."""
        self._owing = False
        if self._chunked:
            self.transport.write(LAST_CHUNK)
        return self._left()

    def _left(self) -> bool:
        if self._blocked and self.exchange is not None:
            self.exchange.unsent = True
            return False
        return True

    def pause(self) -> None:
        if not self._paused and not self.transport.is_closing():
            self._paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            if not self.transport.is_closing():
                self.transport.resume_reading()

    def unused(self) -> Failure:
        """Why a connection that has served nobody ended."""
        return _SPOKE if self._spoke else _UNANSWERED

    def abort(self) -> None:
        """Close at once. Only the pool is told."""
        self.exchange = None
        self.transport.abort()

    # For the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's by behaviour, not by inheritance.
        self.transport = cast("asyncio.Transport", transport)
        self._keeper.made(self)

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None or (events := exchange.events) is None:
            self._spoke = True
            self.transport.abort()
            return
        reader = self._reader
        try:
            if exchange.headed or (self._asked and self._asked_in != self._outbox.turn):
                reader.feed(data)
                pieces = reader.pieces
                if exchange.headed and len(pieces) == 1 and not reader.complete and reader.failure is None:
                    # A piece of a stream, as most of what comes is.
                    events.upstream_bytes(exchange.attempt, pieces.pop())
                else:
                    self._receive(exchange, events)
            else:
                self._fail(exchange, events, self._unasked())
        except Exception as bug:  # ours, whatever it is: see the module's head
            self._abandon(exchange, events, bug)

    def eof_received(self) -> None:
        self._step(lambda exchange, events: self._ended(exchange, events, None))

    def connection_lost(self, error: Exception | None) -> None:
        self._step(lambda exchange, events: self._ended(exchange, events, error))
        self._reader.close()
        self._keeper.lost(self)

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._step(self._sent)

    # What it means

    def _step(self, step: Callable[[Exchange, UpstreamEvents], None]) -> None:
        exchange = self.exchange
        if exchange is None or exchange.events is None:
            return
        events = exchange.events
        try:
            step(exchange, events)
        except Exception as bug:  # ours, whatever it is: see the module's head
            self._abandon(exchange, events, bug)

    def _receive(self, exchange: Exchange, events: UpstreamEvents) -> None:
        reader = self._reader
        if not exchange.headed:
            if not reader.status:
                if reader.failure is not None:
                    self._fail(exchange, events, reader.failure)
                return
            if reader.complete:
                status, headers, body = reader.status, reader.headers, reader.take()
                self._release(exchange)
                events.upstream_whole(exchange.attempt, status, headers=headers, body=body)
                return
            exchange.headed = True
            events.upstream_head(exchange.attempt, reader.status, reader.headers)
            if exchange.events is None:
                return
        if reader.pieces:
            events.upstream_bytes(exchange.attempt, reader.take())
            if exchange.events is None:
                return
        if reader.complete:
            self._release(exchange)
            events.upstream_done(exchange.attempt, framed=True)
        elif reader.failure is not None:
            self._fail(exchange, events, reader.failure)

    def _sent(self, exchange: Exchange, events: UpstreamEvents) -> None:
        if exchange.unsent:
            exchange.unsent = False
            events.request_sent(exchange.attempt)

    def _release(self, exchange: Exchange) -> None:
        """The answer is whole. The connection is free before the call hears of it: its next attempt finds it."""
        exchange.events = self.exchange = None
        reader = self._reader
        if (
            reader.keep_alive
            and not reader.left_over
            and not self._owing
            and not self.transport.get_write_buffer_size()
        ):
            self.keep_for = reader.keep_for
            reader.next()
            if self._paused:
                self.resume()
            self._asked = False
            self.served += 1
            self._keeper.kept(self)
        else:
            self.transport.abort()

    def _ended(self, exchange: Exchange, events: UpstreamEvents, error: Exception | None) -> None:
        """The upstream closed, or the connection broke."""
        if not exchange.headed:
            self._fail(exchange, events, self._unanswered())
        elif self._reader.sized or error is not None:
            self._fail(exchange, events, _CUT)
        else:
            exchange.events = self.exchange = None
            self.transport.abort()
            events.upstream_done(exchange.attempt, framed=False)

    def _fail(self, exchange: Exchange, events: UpstreamEvents, failure: Failure) -> None:
        exchange.events = self.exchange = None
        self.transport.abort()
        events.upstream_failed(exchange.attempt, failure)

    def _unasked(self) -> Failure:
        return _STALE_SPOKE if self.served else _SPOKE

    def _unanswered(self) -> Failure:
        return _STALE_ENDED if self.served and not self._reader.started else _UNANSWERED

    def _abandon(self, exchange: Exchange, events: UpstreamEvents, bug: Exception) -> None:
        exchange.events = None
        if self.exchange is exchange:
            self.abort()
        abandon(events, bug)


def abandon(events: UpstreamEvents, bug: Exception) -> None:
    """Log an exception that a call raised while it was told something, and let the call end."""
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "a call failed while it was told of its upstream", "exception": bug})
    try:
        events.abandon()
    except Exception as second:  # a call that cannot even end must not end the event loop
        loop.call_exception_handler({"message": "a call failed while it was abandoned", "exception": second})
