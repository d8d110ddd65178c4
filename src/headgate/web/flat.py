"""How the management APIs that speak the flat shape answer errors, those of the framework included."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from headgate.core.errors import (
    GatewayError,
    InvalidBody,
    InvalidQuery,
    MalformedRequest,
    MethodNotAllowed,
    UnknownRoute,
    detail,
)
from headgate.gateway.endpoint import Shape
from headgate.web.errors import BUG, answer, bug_body, error_headers, flat_body

JSON: Final = "application/json"


def answer_flat(app: FastAPI) -> None:
    """Give every error of `app` the flat shape."""
    app.add_exception_handler(GatewayError, _reported)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _bug)


def flat_response(error: GatewayError) -> Response:
    response = Response(flat_body(error), status_code=answer(error).status, media_type=JSON)
    for line in error_headers(error):
        name, _, value = line.decode().partition(":")
        response.headers[name] = value.strip()
    return response


async def _reported(_: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError), "registered for this family only"
    return flat_response(error)


async def _framework(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: no such route, another method. Nothing of ours raises HTTPException."""
    assert isinstance(error, HTTPException), "registered for this family only"
    path = request.scope["path"]
    if error.status_code == 404:
        return flat_response(UnknownRoute(f"{request.method} {path!r}: no such route"))
    if error.status_code == 405:
        response = flat_response(MethodNotAllowed(f"{request.method} is not accepted at {path!r}"))
        if error.headers and "Allow" in error.headers:
            response.headers["allow"] = error.headers["Allow"]
        return response
    return flat_response(MalformedRequest(error.detail))


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError), "registered for this family only"
    faults = [(each["loc"], each["msg"]) for each in error.errors()]
    details = [detail(".".join(str(part) for part in place[1:]), message) for place, message in faults]
    words = "; ".join(f"{each['path']}: {each['message']}" for each in details)
    if any(place[0] == "body" for place, _ in faults):
        return flat_response(InvalidBody(words, details=details))
    return flat_response(InvalidQuery(words, details=details))


async def _bug(_: Request, _error: Exception) -> Response:
    # The framework raises the error again after this answer, so that the server logs it.
    return Response(bug_body(Shape.FLAT), status_code=BUG.status, media_type=JSON)
