"""The other road: a message that no inference route takes goes on to the FastAPI applications.

uvicorn's own request cycle speaks ASGI. It gets a transport that leaves the end of the connection to the lane, so
that both roads obey one set of rules about closing, and its queue of pipelined requests stays empty.
"""

from __future__ import annotations

import asyncio
import urllib.parse
from typing import cast

import httptools
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope, Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.protocols.utils import get_local_addr, is_ssl

from headgate.core.errors import MalformedRequest
from headgate.web.client_address import client_address
from headgate.web.lane_answer import AnsweringConnection
from headgate.web.lane_phase import ASGI


class AnswerTransport:
    """What a cycle may do with the connection: write, and ask for its end."""

    def __init__(self, lane: AnsweringConnection) -> None:
        self._lane = lane

    def write(self, data: bytes) -> None:
        self._lane.write_out(data)

    def is_closing(self) -> bool:
        return self._lane.transport.is_closing()

    def close(self) -> None:
        # After a whole answer the lane closes when it hears of its end; a part of one must not look whole.
        if not self._lane.cycle.response_complete:
            self._lane.reset()


class ApplicationConnection(AnsweringConnection):
    """A connection whose messages may be handed to the applications."""

    def hand_over(self, fields: list[tuple[bytes, bytes]], *, method: bytes, waits: bool) -> None:
        """Let an application answer the message. `waits`: the client sends its body after 100 Continue."""
        url = self.url
        if self.scheme is None:
            self.server = get_local_addr(self.transport)
            self.scheme = "https" if is_ssl(self.transport) else "http"
        # Makes the scope, and forgets what was recorded.
        super().on_message_begin()
        self.url = url
        self.headers.extend(fields)
        # The list belongs to the scope; trailers go to another.
        self.headers = []
        try:
            _fill_scope(self.scope, url, method=method, version=self.version)
        except MalformedRequest as fault:
            self.refuse(fault)
            return
        if self.client is not None:
            self.scope["client"] = (self.address_of(fields), self.client[1])
        self.phase = ASGI
        self.cycle = RequestResponseCycle(
            scope=self.scope,
            transport=cast(asyncio.Transport, AnswerTransport(self)),
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=waits,
            keep_alive=self.persists(),
            on_response=self.on_response_complete,
        )
        collected = self.version == "1.0" and method != b"HEAD"
        self._start_asgi_task(self.cycle, with_known_length(self.app) if collected else self.app)

    def complete_cycle(self) -> None:
        """The body has arrived to its end."""
        cycle = self.cycle
        cycle.more_body = False
        if not cycle.response_started:
            cycle.keep_alive = self.persists()
        cycle.message_event.set()

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        if self.phase is ASGI:
            self.closing = not self.cycle.keep_alive
            self.finish()

    def address_of(self, fields: list[tuple[bytes, bytes]]) -> str:
        """The address of the client that sent a message with these headers."""
        trusted = self.inbound.trusted_proxies
        return client_address(self.peer, fields, trusted=trusted) if trusted else self.peer


def _fill_scope(scope: HTTPScope, url: bytes, *, method: bytes, version: str) -> None:
    """Complete a scope with what the request line says. Raises MalformedRequest for a target without a path."""
    try:
        target = httptools.parse_url(url)
    except httptools.HttpParserInvalidURLError:
        raise MalformedRequest(f"request target {url[:200]!r} is not a path") from None
    if target.path is None:
        raise MalformedRequest(f"request target {url[:200]!r} has no path")
    raw_path: bytes = target.path
    scope["method"] = method.decode("ascii")
    scope["http_version"] = version
    scope["path"] = urllib.parse.unquote(raw_path.decode("ascii"))
    scope["raw_path"] = raw_path
    scope["query_string"] = target.query or b""


def with_known_length(app: ASGI3Application) -> ASGI3Application:
    """`app` for a client of HTTP/1.0, which cannot read chunks: the answer is collected and its length told."""

    async def collecting(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        start: list[ASGISendEvent] = []
        body = bytearray()

        async def collect(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start":
                start.append(event)
            elif event["type"] == "http.response.body":
                body.extend(event.get("body", b""))
                if not event.get("more_body", False):
                    await _send_whole(start[0], bytes(body), send)

        await app(scope, receive, collect)

    return collecting


async def _send_whole(start: ASGISendEvent, body: bytes, send: ASGISendCallable) -> None:
    if start["type"] == "http.response.start":
        headers = [pair for pair in start.get("headers", ()) if pair[0].lower() != b"content-length"]
        start["headers"] = [*headers, (b"content-length", b"%d" % len(body))]
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
