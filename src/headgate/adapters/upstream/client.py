"""The HTTP client of the gateway: one attempt, one wire, one connection at a time.

An attempt that finds an idle connection costs no task and no turn of the event loop. Otherwise one task makes a
connection for it, and the attempt is told when that is done.
"""

from __future__ import annotations

import asyncio

from headgate.adapters.tasks import Tasks
from headgate.adapters.upstream.auth import Head, Heads
from headgate.adapters.upstream.connection import Connection, abandon
from headgate.adapters.upstream.dial import Dialler
from headgate.adapters.upstream.exchange import Exchange
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.adapters.upstream.pool import Counts, Origin, OriginKey
from headgate.catalogue.offer import Offer
from headgate.core.clock import Clock
from headgate.core.failure import Failure, FailureKind
from headgate.core.secret import Secret
from headgate.gateway.outbox import Outbox
from headgate.gateway.ports import UpstreamEvents


class HttpWire(Exchange):
    """The `Wire` of an attempt over HTTP. Once the attempt is over, its methods do nothing."""

    def send(self, path: str, body: bytes) -> bool:
        connection, head = self.connection, self.head
        if connection is None or head is None or self.events is None:
            return True
        return connection.send(head.start(path), body)

    def open(self, path: str, content_type: bytes, *, length: int | None) -> None:
        connection, head = self.connection, self.head
        if connection is not None and head is not None and self.events is not None:
            connection.open(head.opening(path, content_type, length=length), chunked=length is None)

    def write(self, data: bytes) -> bool:
        return self.connection is None or self.events is None or self.connection.write(data)

    def finish(self) -> bool:
        return self.connection is None or self.events is None or self.connection.finish()

    def get(self, path: str) -> bool:
        connection, head = self.connection, self.head
        if connection is None or head is None or self.events is None:
            return True
        return connection.send_head(head.get(path))

    def pause(self) -> None:
        if self.connection is not None and self.events is not None:
            self.connection.pause()

    def resume(self) -> None:
        if self.connection is not None and self.events is not None:
            self.connection.resume()

    def redacted(self, text: bytes) -> bytes:
        return self.head.redacted(text) if self.head is not None else text

    def abort(self) -> None:
        if self.events is None:
            return
        self.events = None
        if self.connection is not None:
            self.connection.abort()
        elif self.dialling is not None:
            self.dialling.cancel()
        elif self.origin is not None:
            self.origin.forget(self)


class HttpUpstream:
    """The `Upstream` over HTTP/1.1."""

    def __init__(self, *, heads: Heads, dialler: Dialler, tasks: Tasks, clock: Clock, limits: UpstreamLimits) -> None:
        self._heads = heads
        self._dialler = dialler
        self._tasks = tasks
        self._clock = clock
        self._limits = limits
        self.outbox = Outbox()
        self._origins: dict[OriginKey, Origin] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def counts(self) -> Counts:
        """The sums over all origins."""
        each = [origin.counts for origin in self._origins.values()]
        return Counts(*(sum(column) for column in zip(*each, strict=True))) if each else Counts(0, 0, 0)

    def connect(self, offer: Offer, events: UpstreamEvents, attempt: int, *, fresh: bool) -> HttpWire:
        return self._begin(self._heads.head(offer), events, attempt, fresh=fresh)

    def present(self, offer: Offer, events: UpstreamEvents, *, secret: Secret | None) -> HttpWire:
        """A fresh connection, as attempt 1, for an offer that is not stored; the secret goes to its origin only."""
        return self._begin(self._heads.presenting(offer, secret), events, 1, fresh=True)

    def _begin(self, head: Head | Failure, events: UpstreamEvents, attempt: int, *, fresh: bool) -> HttpWire:
        if isinstance(head, Failure):
            wire = HttpWire(events, attempt, fresh)
            self._fail_later(wire, head)
            return wire
        origin = self._origins.get(head.key) or self._add(head.key)
        connection = None if fresh else origin.take()
        wire = HttpWire(events, attempt, fresh, head, origin, connection, connection is not None)
        if connection is not None:
            connection.exchange = wire
        elif not origin.want(wire):
            message = f"all {self._limits.connections} connections to {head.key.host!r} are taken, and too many wait"
            self._fail_later(wire, Failure(kind=FailureKind.BUSY, message=message))
        return wire

    def sweep(self) -> None:
        """Close what was idle for too long, and forget what nobody uses."""
        self._heads.sweep()
        for origin in list(self._origins.values()):
            origin.sweep()
            if origin.empty:
                del self._origins[origin.key]

    def close(self) -> None:
        """Break off everything, telling nobody."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for origin in self._origins.values():
            origin.close()

    # For origins

    def give(self, exchange: Exchange, connection: Connection) -> None:
        exchange.connection = connection
        connection.exchange = exchange
        asyncio.get_running_loop().call_soon(_connected, exchange)

    def dial(self, origin: Origin, exchange: Exchange) -> None:
        task = self._tasks.start(self._dial(origin, exchange), name=f"connect to {origin.key.host}")
        # Here too: a task that is cancelled before it begins never comes to its end.
        task.add_done_callback(lambda _: origin.dialled(exchange))
        exchange.dialling = task

    async def _dial(self, origin: Origin, exchange: Exchange) -> None:
        try:
            outcome = await self._dialler.dial(origin.key, lambda: self._make(origin))
        except Exception as bug:  # ours: what an upstream or a resolver does is a Failure
            _abandon(exchange, bug)
            return
        exchange.dialling = None
        origin.dialled(exchange)
        if isinstance(outcome, Failure):
            _fail(exchange, outcome)
        elif exchange.events is None:
            outcome.abort()
        elif outcome.transport.is_closing():
            # It ended between its making and this turn of the event loop: nobody would tell of that any more.
            _fail(exchange, outcome.unused())
        else:
            exchange.connection = outcome
            outcome.exchange = exchange
            _connected(exchange)

    # Within

    def _make(self, origin: Origin) -> Connection:
        return Connection(origin, head_bytes=self._limits.head_bytes, outbox=self.outbox)

    def _add(self, key: OriginKey) -> Origin:
        origin = self._origins[key] = Origin(key, supplier=self, limits=self._limits, clock=self._clock)
        self._sweep_later()
        return origin

    def _fail_later(self, wire: HttpWire, failure: Failure) -> None:
        asyncio.get_running_loop().call_soon(_fail, wire, failure)

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(self._limits.sweep, self._sweep_again)

    def _sweep_again(self) -> None:
        self._sweeper = None
        self.sweep()
        if self._origins or len(self._heads):
            self._sweep_later()


def _connected(exchange: Exchange) -> None:
    events = exchange.events
    if events is None:
        return
    try:
        events.connected(exchange.attempt)
    except Exception as bug:  # ours: a call does not raise for anything that an upstream does
        _abandon(exchange, bug)


def _fail(exchange: Exchange, failure: Failure) -> None:
    events = exchange.events
    if events is None:
        return
    exchange.events = None
    try:
        events.upstream_failed(exchange.attempt, failure)
    except Exception as bug:  # ours, as above
        abandon(events, bug)


def _abandon(exchange: Exchange, bug: Exception) -> None:
    events, exchange.events = exchange.events, None
    if exchange.connection is not None:
        exchange.connection.abort()
    if events is not None:
        abandon(events, bug)
