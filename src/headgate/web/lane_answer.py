"""How an answer is framed, and what becomes of the connection after it.

A whole answer has a length; one that grows is chunked, or, for HTTP/1.0, ends with the connection. Whether the
connection goes on is decided when the head of the answer is written, because the head says so, and looked at once
more at its end, because a message may have begun since that will not be answered.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from headgate.http1.framing import LAST_CHUNK, status_line
from headgate.web.lane_connection import Connection
from headgate.web.lane_phase import CALL, DRAINING, WAITING
from headgate.web.lane_shared import Inbound

_CLOSE: Final = b"connection: close\r\n"
_CHUNKED: Final = b"transfer-encoding: chunked\r\n"
_COPIED: Final = 16 * 1024
"""Data up to this length is copied behind what goes before it; longer data is written beside it."""


class AnsweringConnection(Connection):
    """A connection on which calls write answers: it implements `Client`.

    `whole`: the message has arrived to its end. `keep_alive`: its head lets the connection go on. `short`: its body
    is so short that reading it to its end is cheaper than closing. `closing`: the answer's head said close.
    """

    __slots__ = (
        "closing",
        "keep_alive",
        "short",
        "version",
        "whole",
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
        super().__init__(inbound=inbound, config=config, server_state=server_state, app_state=app_state, _loop=_loop)
        self.whole = False
        self.keep_alive = True
        self.short = True
        self.closing = False
        self.version = "1.1"

    # The client of a call

    def answer(self, status: int, headers: bytes, body: bytes) -> None:
        if self.phase is not CALL:
            return
        self.closing = closing = not self.persists()
        length = len(body)
        head = b"%b%b%bcontent-length: %d\r\n%b\r\n" % (
            status_line(status),
            self.inbound.date,
            headers,
            length,
            _CLOSE if closing else b"",
        )
        if length <= _COPIED:
            self.inbound.outbox.write(self.transport, head + body)
        else:
            self.inbound.outbox.flush()
            self.transport.writelines((head, body))
        self.finish()

    def start(self, status: int, headers: bytes) -> None:
        if self.phase is not CALL:
            return
        self.started = True
        self.closing = closing = not self.persists()
        self.inbound.outbox.write(
            self.transport,
            b"%b%b%b%b%b\r\n"
            % (
                status_line(status),
                self.inbound.date,
                headers,
                b"" if self.version == "1.0" else _CHUNKED,
                _CLOSE if closing else b"",
            ),
        )

    def write(self, data: bytes) -> None:
        if self.phase is not CALL:
            return
        length = len(data)
        if self.version == "1.0":
            self.write_out(data)
        elif length <= _COPIED:
            self.inbound.outbox.write(self.transport, b"%x\r\n%b\r\n" % (length, data))
        else:
            self.inbound.outbox.flush()
            self.transport.writelines((b"%x\r\n" % length, data, b"\r\n"))
        if self.flow.write_paused and self.transport.get_write_buffer_size() > self.limits.unwritten_bytes:
            # The call hears of it when the connection is lost.
            self.reset()

    def end(self) -> None:
        if self.phase is not CALL:
            return
        if self.version != "1.0":
            self.inbound.outbox.write(self.transport, LAST_CHUNK)
        self.finish()

    def abort(self) -> None:
        if self.phase is CALL:
            self.call = None
            self.reset()

    def hold_body(self) -> None:
        if self.phase is CALL:
            self.flow.pause_reading()

    def take_body(self) -> None:
        if self.phase is CALL and self.flow.read_paused:
            self.flow.resume_reading()
            if self.taking:
                self.deadline = self.inbound.now + self.limits.body_seconds

    # After an answer

    def persists(self) -> bool:
        """Whether the connection may carry another message after this one."""
        return self.keep_alive and not self.deaf and not self.inbound.draining and (self.whole or self.short)

    def finish(self) -> None:
        """The answer is written to its end."""
        self.call = None
        self.started = False
        if self.flow.read_paused:
            self.flow.resume_reading()
        if not self.closing and self.whole:
            self.rest()
        elif not self.closing and not self.deaf:
            self.phase = DRAINING
        elif self.whole and not self.deaf:
            self.close()
        else:
            self.half_close()

    def rest(self) -> None:
        """Wait for the next message, unless there will be none."""
        if self.deaf:
            self.half_close()
            return
        if self.inbound.draining or not self.whole:
            self.close()
            return
        self.phase = WAITING
        self.taking = False
        self.forget()
        if self.flow.write_paused:
            self.deadline = self.inbound.now + self.limits.stall_seconds
            self.flow.pause_reading()
        else:
            self.deadline = self.inbound.now + self.limits.idle_seconds

    def forget(self) -> None:
        """What was recorded of the message that is answered is of no use for the next one."""
