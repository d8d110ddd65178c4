"""The one FastAPI application behind the lane: every route but inference.

`wiring.py` makes the routers, each with what it needs; here they are put together, and whatever they do not take is
refused in the form of the place where it was asked. A route that declares no requirement of its caller stops the start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, compile_path

from headgate import __version__
from headgate.core.errors import GatewayError, MethodNotAllowed, UnknownRoute
from headgate.core.ids import RequestIds
from headgate.gateway.endpoint import ENDPOINTS, Shape
from headgate.web.authorisation import undeclared
from headgate.web.flat import answer_errors, error_response
from headgate.web.frame import Frame, ids_of
from headgate.web.requests import Identifies, identify_with
from headgate.web.whence import Whence

TITLE: Final = "Headgate"
REGISTRY: Final = "/api/models"

_INFERENCE: Final = {endpoint.path.decode(): endpoint for endpoint in ENDPOINTS}
_CATALOGUE: Final = re.compile(r"/v1/(models(/.*)?|defaults|test)", re.DOTALL)


def application(routers: Sequence[APIRouter], *, identify: Identifies, ids: RequestIds) -> FastAPI:
    """The application of these routers. ValueError if a route asks nothing of its caller and is not public."""
    app = FastAPI(
        title=TITLE,
        version=__version__,
        # Our own description is served instead, and telemetry of the framework would see bodies with secrets.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        redirect_slashes=False,
        middleware=[Middleware(Whence), Middleware(Frame, ids=ids, shape_of=shape_of)],
    )
    identify_with(app, identify)
    answer_errors(app, shape_of)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(HTTPException, Unrouted(app.routes).answer)
    unguarded = undeclared(app.routes)
    if unguarded:
        raise ValueError(f"routes that ask nothing of their caller and are not public: {', '.join(unguarded)}")
    return app


def shape_of(path: str) -> Shape:
    """The form in which errors of a path are told: OpenAI's below `/v1/` where no catalogue route is, else flat.

    The assets API has the platform's envelope, the registry API its own form.
    """
    if path.startswith("/assets/"):
        return Shape.ENVELOPE
    if path == REGISTRY or path.startswith(f"{REGISTRY}/"):
        return Shape.DETAIL
    return Shape.OPENAI if path.startswith("/v1/") and not _CATALOGUE.fullmatch(path) else Shape.FLAT


class Unrouted:
    """Answers what no route took: 405 with the methods that some route of that path takes, else 404."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = [
            (compile_path(context.path)[0], frozenset(context.methods or ()))
            for context in iter_route_contexts(list(routes))
            if context.path
        ]

    async def answer(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for what the framework refuses; ours are GatewayErrors"
        path: str = request.scope["path"]
        allowed = self._allowed(path)
        if not allowed:
            return _refused(UnknownRoute(f"no such path: {request.method} {path[:200]!r}"), request)
        words = ", ".join(sorted(allowed))
        response = _refused(MethodNotAllowed(f"{request.method} is not allowed here; allowed: {words}"), request)
        response.headers["allow"] = words
        return response

    def _allowed(self, path: str) -> frozenset[str]:
        endpoint = _INFERENCE.get(path)
        if endpoint is not None:
            return frozenset({endpoint.method.decode()})
        return frozenset().union(*(methods for pattern, methods in self._routes if pattern.match(path)))


def _refused(error: GatewayError, request: Request) -> Response:
    return error_response(error, shape_of(request.scope["path"]), ids=ids_of(request.scope))
