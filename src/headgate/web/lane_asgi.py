"""The other road: a message that no inference route takes goes on to the FastAPI applications.

uvicorn's own request cycle speaks ASGI. It gets a transport that leaves the end of the connection to the lane, so
that both roads obey one set of rules about closing, and its queue of pipelined requests stays empty.
"""

from __future__ import annotations

import asyncio
import urllib.parse
from typing import TYPE_CHECKING, cast

import httptools
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope, Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from headgate.core.errors import MalformedRequest

if TYPE_CHECKING:
    from headgate.web.lane import Lane


class AnswerTransport:
    """What a cycle may do with the connection: write, and ask for its end."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    def write(self, data: bytes) -> None:
        self._lane.transport.write(data)

    def is_closing(self) -> bool:
        return self._lane.transport.is_closing()

    def close(self) -> None:
        # After a whole answer the lane closes when it hears of its end; a part of one must not look whole.
        if not self._lane.cycle.response_complete:
            self._lane.reset()


def fill_scope(scope: HTTPScope, url: bytes, *, method: bytes, version: str) -> None:
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


def open_cycle(lane: Lane, *, expects_continue: bool, keep_alive: bool) -> RequestResponseCycle:
    """A cycle for the message whose scope the lane has filled."""
    return RequestResponseCycle(
        scope=lane.scope,
        transport=cast(asyncio.Transport, AnswerTransport(lane)),
        flow=lane.flow,
        logger=lane.logger,
        access_logger=lane.access_logger,
        access_log=False,
        default_headers=lane.server_state.default_headers,
        message_event=asyncio.Event(),
        expect_100_continue=expects_continue,
        keep_alive=keep_alive,
        on_response=lane.on_response_complete,
    )


def disconnect(cycle: RequestResponseCycle) -> None:
    """Tell the application that its client is gone; what it sends from here on goes nowhere."""
    if not cycle.response_complete:
        cycle.disconnected = True
    cycle.message_event.set()


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
