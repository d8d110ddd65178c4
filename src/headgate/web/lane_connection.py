"""One inbound connection: how long it may take, and how it ends.

Every deadline is one field that the server's sweep looks at, so a connection costs no timer. What the deadline is
for follows from the phase. There are three ways to end: `close` when what was written has left; `half_close`, which
says that nothing more comes and throws input away for a while, because closing with unread input makes the kernel
reset the connection and the client lose the answer; and `reset`, so that a part of an answer never looks whole.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_remote_addr
from uvicorn.server import ServerState

from headgate.core.errors import GatewayError, RequestTimeout
from headgate.gateway.ports import CallEvents
from headgate.http1.framing import status_line
from headgate.web.lane_flow import LaneFlow
from headgate.web.lane_phase import ASGI, CALL, CLOSED, DISCARDING, WAITING, Phase
from headgate.web.lane_shared import NO_DEADLINE, Inbound

_LOG: Final = logging.getLogger(__name__)
_UVICORN_LOG: Final = logging.getLogger("uvicorn.error")
_UVICORN_ACCESS_LOG: Final = logging.getLogger("uvicorn.access")
_LINGER_NOT: Final = struct.pack("ii", 1, 0)
_HIGH_WATER: Final = 64 * 1024
_LOW_WATER: Final = 16 * 1024


class Connection(HttpToolsProtocol):
    """The part of a lane that does not look into messages.

    `deaf`: whatever arrives is not parsed, because nothing that follows will be answered. `taking`: the body of the
    message is still arriving. `started`: a part of the answer has been written.
    """

    # CPython reads the first thirty attributes of an instance quickly, and only as long as there are no more. uvicorn's
    # class has nearly as many; with ours among them every call of a method would take the long way.
    __slots__ = (
        "_discardable",
        "_unsent",
        "call",
        "deadline",
        "deaf",
        "inbound",
        "limits",
        "peer",
        "phase",
        "started",
        "taking",
        "told_blocked",
    )

    def __init__(
        self,
        *,
        inbound: Inbound,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        # Not uvicorn's own, which looks for loggers and makes what only its other methods use: longer than all of this.
        if not config.loaded:
            config.load()
        self.config = config
        self.app = config.loaded_app
        self.loop = _loop or asyncio.get_running_loop()
        self.logger, self.access_logger = _UVICORN_LOG, _UVICORN_ACCESS_LOG
        self.root_path, self.asgi_version, self.app_state = config.root_path, config.asgi_version, app_state
        self.timeout_keep_alive_task = None
        self.server_state = server_state
        self.connections, self.tasks = server_state.connections, server_state.tasks
        self.server = self.client = self.scheme = None
        self.cycle = None  # type: ignore[assignment]
        self.inbound = inbound
        self.limits = inbound.limits
        self.phase: Phase = WAITING
        self.deadline = NO_DEADLINE
        self.call: CallEvents | None = None
        self.deaf = False
        self.taking = False
        self.started = False
        self.peer = ""
        self.told_blocked = False
        self._unsent = 0
        self._discardable = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.connections.add(self)
        self.transport = transport
        self.flow = LaneFlow(transport)
        known = transport.get_extra_info("peername", ())
        if isinstance(known, tuple) and len(known) == 2:
            self.client = (known[0], known[1])
        else:
            # Of IPv6 only the socket tells the zone; of IPv4 it has no more to say, and takes a system call and longer.
            self.client = get_remote_addr(transport)
        self.peer = self.client[0] if self.client else ""
        transport.set_write_buffer_limits(high=_HIGH_WATER, low=_LOW_WATER)
        self.deadline = self.inbound.now + self.limits.head_seconds

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.phase, self.deaf = CLOSED, True
        self.lose_client()

    def eof_received(self) -> None:
        # Our half would stay open for an answer, but a client that stops sending cannot be told from one that left.
        if self.phase in {CALL, ASGI}:
            self.phase, self.deaf = CLOSED, True
            self.lose_client()
            self.reset()

    def tick(self, now: float) -> None:
        """Time passed."""
        call = self.call
        if call is not None:
            try:
                call.tick(now)
            except Exception:  # a bug of ours ends this call and no other
                self.abandon(call)
        if now >= self.deadline:
            self._expired()

    def shutdown(self) -> None:
        """The server stops: no further message is taken. An answer that is outstanding will end with close."""
        if self.phase is WAITING:
            self.close()
        elif self.phase is ASGI:
            self.cycle.keep_alive = False

    def drain(self) -> None:
        """The server stops and the grace is over."""
        call = self.call
        if call is None:
            if self.phase is not ASGI:
                self.close()
            return
        try:
            call.drain()
        except Exception:  # a bug of ours ends this call and no other
            self.abandon(call)

    def write_out(self, data: bytes) -> None:
        """Write at once, behind whatever waits for the turn's end."""
        self.inbound.outbox.flush()
        self.transport.write(data)

    # How it ends

    def close(self) -> None:
        self.phase, self.deaf = CLOSED, True
        self.deadline = self.inbound.now + self.limits.close_seconds
        self.inbound.outbox.flush()
        self.transport.close()

    def half_close(self) -> None:
        if not self.transport.can_write_eof():
            self.close()
            return
        self.phase, self.deaf = DISCARDING, True
        self.deadline = self.inbound.now + self.limits.discard_seconds
        self._discardable = self.limits.discard_bytes
        self.flow.resume_reading()
        self.inbound.outbox.flush()
        self.transport.write_eof()

    def discard(self, count: int) -> None:
        """Input came that nobody will read."""
        if self.phase is DISCARDING:
            self._discardable -= count
            if self._discardable < 0:
                self.close()

    def reset(self) -> None:
        self.phase, self.deaf = CLOSED, True
        self.inbound.outbox.flush()
        connection = self.transport.get_extra_info("socket")
        if connection is not None and not self.transport.is_closing():
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.transport.abort()

    def refuse(self, error: GatewayError) -> None:
        """Answer with an error that ends the connection, and tell whoever was answering that the client is gone."""
        answering = self.phase is CALL or self.phase is ASGI
        self.phase, self.deaf = DISCARDING, True
        if answering:
            partial = self.started or (self.call is None and self.cycle.response_started)
            self.lose_client()
            if partial:
                self.reset()
                return
        told = self.inbound.answer_error(error, self.url.partition(b"?")[0])
        self.write_out(
            b"%b%b%bcontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (status_line(told.status), self.inbound.date, told.headers, len(told.body), told.body)
        )
        self.half_close()

    def lose_client(self) -> None:
        """Whoever answers learns that nobody listens."""
        call, self.call = self.call, None
        if call is not None:
            try:
                call.client_gone()
            except Exception:  # a bug of ours ends this call and no other
                self.abandon(call)
        elif self.cycle is not None:
            if not self.cycle.response_complete:
                # What the application sends from here on goes nowhere.
                self.cycle.disconnected = True
            self.cycle.message_event.set()

    def abandon(self, call: CallEvents) -> None:
        """Called while an exception of `call` is handled: a bug."""
        _LOG.exception("call %s failed and was abandoned", getattr(call, "request_id", "without id"))
        self.call = None
        try:
            call.abandon()
        except Exception:  # the connection is broken off either way
            _LOG.exception("a failed call could not be abandoned")
        self.reset()

    # Slow clients

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unsent = self.transport.get_write_buffer_size()
        if not self.taking and self.phase is not CLOSED:
            self.deadline = self.inbound.now + self.limits.stall_seconds
        if self.phase is WAITING:
            # Who does not read the last answer is asked for nothing more: what waits for one client has a bound.
            self.flow.pause_reading()
        if self.call is not None:
            # Not from here: this may run inside a write of that very call.
            self.loop.call_soon(self.tell_flow)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.phase is WAITING:
            self.deadline = self.inbound.now + self.limits.idle_seconds
            self.flow.resume_reading()
        elif not self.taking and (self.phase is CALL or self.phase is ASGI):
            self.deadline = NO_DEADLINE
        if self.call is not None:
            self.loop.call_soon(self.tell_flow)

    def tell_flow(self) -> None:
        """Tell the call whether its client keeps up, if that is not what it was told last."""
        call, blocked = self.call, self.flow.write_paused
        if call is None or blocked is self.told_blocked:
            return
        self.told_blocked = blocked
        try:
            if blocked:
                call.client_blocked()
            else:
                call.client_writable()
        except Exception:  # a bug of ours ends this call and no other
            self.abandon(call)

    # Time

    def _expired(self) -> None:
        match self.phase:
            case Phase.HEAD:
                self.refuse(RequestTimeout("the request head did not arrive in time"))
            case Phase.CALL | Phase.ASGI if self.taking:
                self._body_is_late()
            case Phase.CLOSED:
                self.transport.abort()
            case _ if self.flow.write_paused:
                self._stalled()
            case _:
                self.close()

    def _body_is_late(self) -> None:
        if self.flow.read_paused:
            # It is the application that does not take what has come.
            self.deadline = self.inbound.now + self.limits.body_seconds
        else:
            self.refuse(RequestTimeout("the request body did not arrive in time"))

    def _stalled(self) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent < self._unsent:
            self._unsent = unsent
            self.deadline = self.inbound.now + self.limits.stall_seconds
            return
        self.phase = CLOSED
        self.lose_client()
        self.reset()
