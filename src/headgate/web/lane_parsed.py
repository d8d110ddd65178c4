"""What the parser of a connection saw of a message, and where it stumbled.

Its callbacks only record: whoever answers is told when the parser returns.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, NoReturn

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from headgate.core.errors import GatewayError, MalformedRequest
from headgate.http1.inbound import WATCHED, body_length
from headgate.web.lane_asgi import ApplicationConnection
from headgate.web.lane_phase import ASGI, DRAINING, HEAD, READ, WAITING
from headgate.web.lane_shared import Inbound
from headgate.web.lane_upgrade import body_reader

_LOG: Final = logging.getLogger(__name__)
_HEAD_END: Final = b"\r\n\r\n"


class _Pipelined(Exception):
    """Stops the parser where a message begins that will not be answered."""


class ParsedConnection(ApplicationConnection):
    """A connection whose messages are read by llhttp."""

    __slots__ = (
        "_fault",
        "_fed",
        "_fields",
        "_length",
        "_method",
        "_pieces",
        "_second_parser",
        "_tail",
        "_watched",
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
        self._new_parser()
        self.url = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._watched: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._method = b""
        self._length = 0
        self._second_parser = False
        self._fault: GatewayError | None = None
        self._fed = 0
        self._tail = b""

    # What the parser sees

    def on_message_begin(self) -> None:
        if self.phase is DRAINING and self.whole:
            # Who has not read the last answer gets no other.
            self.deaf = self.deaf or self.flow.write_paused
            self.rest()
        if self.phase is not WAITING:
            self.stop_reading()
        self.phase = HEAD
        self.deadline = self.inbound.now + self.limits.head_seconds
        self.url = b""
        self.headers = []
        self._watched = []
        self.whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        # The parser leaves the white space that may follow a value.
        value = value.rstrip()
        if name in WATCHED:
            self._watched.append((name, value))
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self.parser
        self.version = version = parser.get_http_version()
        try:
            self._length = body_length(self._watched, version)
        except MalformedRequest as fault:
            self._fault = fault
            raise
        self._method = parser.get_method()
        self.keep_alive = version == "1.1" and parser.should_keep_alive()
        # Trailers are recorded like headers. They go where nobody looks.
        self._fields, self.headers = self.headers, []
        self.phase = READ

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        self.whole = True

    def forget(self) -> None:
        self._fed = 0
        self._tail = b""
        if self._pieces:
            self._pieces = []
        if self._second_parser:
            self._second_parser = False
            self._new_parser()

    # What goes wrong

    def stop_reading(self) -> NoReturn:
        self.deaf = True
        if self.phase is ASGI:
            self.cycle.keep_alive = False
        raise _Pipelined

    def _stumble(self, error: httptools.HttpParserError) -> None:
        if self.deaf or self._fault is not None:
            # The parser was stopped by one of the callbacks, for a reason that is noted.
            return
        if isinstance(error, httptools.HttpParserCallbackError):
            _LOG.error("a callback of the parser failed", exc_info=error)
            self.reset()
        elif self.phase is not WAITING and self.whole:
            # Whatever follows the message is nothing that could be answered.
            self.deaf = True
        else:
            self._fault = MalformedRequest(f"the request is not HTTP/1.1: {error}")

    def _decline_upgrade(self, data: bytes, upgrade: httptools.HttpParserUpgrade) -> None:
        rest: bytes = data[upgrade.args[0] :]
        self._second_parser = True
        if self._method == b"CONNECT":
            self._fault = MalformedRequest("CONNECT is not served")
            self.phase = HEAD
        elif self._length == 0:
            self.deaf = bool(rest)
        else:
            self.whole = False
            self.parser = body_reader(self, self._length)
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserError as error:
                self._stumble(error)

    def _new_parser(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def _head_size(self, data: bytes) -> int:
        """The length of a head that ended somewhere in `data`."""
        end = (self._tail + data).find(_HEAD_END) + len(_HEAD_END) - len(self._tail)
        return self._fed - len(data) + end
