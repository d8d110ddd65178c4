"""What holds for every answer of the applications: a request id, safe headers, and no bug that shows its inside.

It stands around the whole application as plain ASGI. The request road has its own answers and does the same there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headgate.core.ids import RequestIds
from headgate.gateway.endpoint import Shape
from headgate.gateway.row_id import answer_with
from headgate.web.envelope import UNTRACED, Traced, traced
from headgate.web.errors import BUG, bug_body

REQUEST_ID: Final = b"x-request-id"

_IDS: Final = "headgate.ids"

_LOG: Final = logging.getLogger("headgate.web")

_SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    # Answers are about tenants and money; a route that may be cached says so itself.
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Frame:
    """ASGI around an application. `shape_of` says in which form errors of a path are told."""

    def __init__(self, app: ASGIApp, *, ids: RequestIds, shape_of: Callable[[str], Shape]) -> None:
        self._app = app
        self._ids = ids
        self._shape_of = shape_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._ids.next()
        scope[_IDS] = traced(request_id, _header(scope, b"traceparent"))
        answer_with(request_id)
        started = False

        async def framed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": _framed(message.get("headers", ()), request_id)}
            await send(message)

        try:
            await self._app(scope, receive, framed)
        except Exception:
            _LOG.exception("%s %s failed: request %s", scope["method"], scope["path"], request_id)
            if started:
                # Part of an answer has left. Only a broken connection tells the client that the rest is missing.
                raise
            await _answer_bug(framed, bug_body(self._shape_of(scope["path"]), ids_of(scope)))


def ids_of(scope: Scope) -> Traced:
    """The ids that the frame gave a request; none outside of it."""
    found = scope.get(_IDS)
    return found if isinstance(found, Traced) else UNTRACED


def _header(scope: Scope, name: bytes) -> bytes:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    return next((value for each, value in headers if each == name), b"")


def _framed(headers: object, request_id: str) -> list[tuple[bytes, bytes]]:
    given: list[tuple[bytes, bytes]] = list(headers)  # type: ignore[call-overload]
    names = {name.lower() for name, _ in given}
    return [*given, *(each for each in _SAFE if each[0] not in names), (REQUEST_ID, request_id.encode())]


async def _answer_bug(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": BUG.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
