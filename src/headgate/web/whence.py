"""Where a request comes from, told to the audit trail before anything else is known of it."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from headgate.gateway.acting import act_from


class Whence:
    """ASGI around an application. The address in the scope is the client's, trusted proxies taken into account."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        act_from(client[0] if client else "")
        await self._app(scope, receive, send)
