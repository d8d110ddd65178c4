"""The connections to one origin: which are idle, how many there are, and which attempts wait for one.

What to do is decided here, at once, by counting; making connections and telling calls is the supplier's part. A
connection counts from the moment its making begins until it is gone.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple, Protocol

from headgate.adapters.upstream.connection import Connection
from headgate.adapters.upstream.exchange import Exchange
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.core.clock import Clock

_MARGIN: Final = 1.0
"""A promise to keep a connection is trusted until a second before its end: a request takes time to arrive."""


class OriginKey(NamedTuple):
    """What a connection may be shared by. `private` is the egress class: whether private addresses were open to it."""

    scheme: str
    host: str
    port: int
    private: bool
    proxy: str = ""
    tls: str = "default"


class Counts(NamedTuple):
    """Connections that exist or are being made, those of them that are idle, and attempts that wait for one."""

    connections: int
    idle: int
    waiting: int


class Supplier(Protocol):
    """Does what an origin decides."""

    def give(self, exchange: Exchange, connection: Connection) -> None:
        """The connection is the attempt's, which is to be told."""

    def dial(self, origin: Origin, exchange: Exchange) -> None:
        """Make a connection for the attempt. `dialled` is to be called in whatever way that ends."""


class Origin:
    """The pool of one key. It keeps the connections that it is told of."""

    def __init__(self, key: OriginKey, *, supplier: Supplier, limits: UpstreamLimits, clock: Clock) -> None:
        self.key = key
        self._supplier = supplier
        self._limits = limits
        self._now = clock.now
        self._dialling: set[Exchange] = set()
        self._made: set[Connection] = set()
        self._idle: dict[Connection, None] = {}
        self._waiting: OrderedDict[Exchange, None] = OrderedDict()

    @property
    def counts(self) -> Counts:
        return Counts(len(self._dialling) + len(self._made), len(self._idle), len(self._waiting))

    @property
    def empty(self) -> bool:
        return not (self._dialling or self._made or self._waiting)

    # For attempts

    def take(self) -> Connection | None:
        """The connection that became idle last, if there is one."""
        idle = self._idle
        while idle:
            connection, _ = idle.popitem()
            if connection.deadline > self._now() and not connection.transport.is_closing():
                return connection
            connection.abort()
        return None

    def want(self, exchange: Exchange) -> bool:
        """Find a connection for the attempt sooner or later. False: too many wait already."""
        if len(self._dialling) + len(self._made) < self._limits.connections:
            self._dial(exchange)
            return True
        if len(self._waiting) >= self._limits.waiters:
            return False
        self._waiting[exchange] = None
        if self._idle:
            # Only one who wants a fresh connection comes here past idle ones: make room for it.
            oldest = next(iter(self._idle))
            del self._idle[oldest]
            oldest.abort()
        return True

    def forget(self, exchange: Exchange) -> None:
        """The attempt waits no longer."""
        self._waiting.pop(exchange, None)

    def sweep(self) -> None:
        """Close what has been idle for too long."""
        now = self._now()
        for connection in [connection for connection in self._idle if connection.deadline <= now]:
            del self._idle[connection]
            connection.abort()

    def close(self) -> None:
        self._waiting.clear()
        for connection in self._made:
            connection.abort()

    # For the supplier

    def dialled(self, exchange: Exchange) -> None:
        """The making of a connection has ended, well or not. Harmless when that is known already."""
        self._dialling.discard(exchange)
        self._fill()

    # For connections

    def made(self, connection: Connection) -> None:
        self._made.add(connection)

    def kept(self, connection: Connection) -> None:
        if self._waiting:
            self._hand_on(connection)
            return
        promised = connection.keep_for
        lifetime = self._limits.idle if promised is None else min(promised - _MARGIN, self._limits.idle_most)
        connection.deadline = self._now() + lifetime
        self._idle[connection] = None

    def lost(self, connection: Connection) -> None:
        self._made.discard(connection)
        self._idle.pop(connection, None)
        self._fill()

    def _hand_on(self, connection: Connection) -> None:
        exchange = next(iter(self._waiting))
        if exchange.fresh:
            # It keeps its place, and gets the room of this one.
            connection.abort()
        else:
            del self._waiting[exchange]
            self._supplier.give(exchange, connection)

    def _fill(self) -> None:
        while self._waiting and len(self._dialling) + len(self._made) < self._limits.connections:
            self._dial(self._waiting.popitem(last=False)[0])

    def _dial(self, exchange: Exchange) -> None:
        self._dialling.add(exchange)
        self._supplier.dial(self, exchange)
