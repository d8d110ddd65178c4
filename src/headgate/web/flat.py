"""How the management APIs answer errors: in the shape of the place, those included that the framework finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from headgate.core.errors import GatewayError, InvalidBody, InvalidQuery, detail
from headgate.gateway.endpoint import Shape
from headgate.web.envelope import UNTRACED, Traced
from headgate.web.errors import body, error_headers, status
from headgate.web.frame import ids_of

JSON: Final = "application/json"


def answer_errors(app: FastAPI, shape_of: Callable[[str], Shape]) -> None:
    """Answer what is reported on purpose, by path. Bugs and unknown routes are the application's matter."""

    async def reported(request: Request, error: Exception) -> Response:
        assert isinstance(error, GatewayError), "registered for this family only"
        return error_response(error, shape_of(request.scope["path"]), ids=ids_of(request.scope))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError), "registered for this family only"
        return error_response(_reported(error), shape_of(request.scope["path"]), ids=ids_of(request.scope))

    app.add_exception_handler(GatewayError, reported)
    app.add_exception_handler(RequestValidationError, invalid)


def error_response(error: GatewayError, shape: Shape, *, ids: Traced = UNTRACED) -> Response:
    response = Response(body(error, shape, ids=ids), status_code=status(error, shape), media_type=JSON)
    for line in error_headers(error):
        name, _, value = line.decode().partition(":")
        response.headers[name] = value.strip()
    return response


def _reported(error: RequestValidationError) -> GatewayError:
    faults = [(each["loc"], each["msg"]) for each in error.errors()]
    details = [detail(".".join(str(part) for part in place[1:]), message) for place, message in faults]
    words = "; ".join(f"{each['path']}: {each['message']}" for each in details)
    if any(place[0] == "body" for place, _ in faults):
        return InvalidBody(words, details=details)
    return InvalidQuery(words, details=details)
