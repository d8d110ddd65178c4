"""How the management APIs answer errors: in the flat shape, those included that the framework finds in a request."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from headgate.core.errors import GatewayError, InvalidBody, InvalidQuery, detail
from headgate.web.errors import answer, error_headers, flat_body

JSON: Final = "application/json"


def answer_flat(app: FastAPI) -> None:
    """Give what is reported on purpose the flat shape. Bugs and unknown routes are the application's matter."""
    app.add_exception_handler(GatewayError, _reported)
    app.add_exception_handler(RequestValidationError, _invalid)


def flat_response(error: GatewayError) -> Response:
    response = Response(flat_body(error), status_code=answer(error).status, media_type=JSON)
    for line in error_headers(error):
        name, _, value = line.decode().partition(":")
        response.headers[name] = value.strip()
    return response


async def _reported(_: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError), "registered for this family only"
    return flat_response(error)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError), "registered for this family only"
    faults = [(each["loc"], each["msg"]) for each in error.errors()]
    details = [detail(".".join(str(part) for part in place[1:]), message) for place, message in faults]
    words = "; ".join(f"{each['path']}: {each['message']}" for each in details)
    if any(place[0] == "body" for place, _ in faults):
        return flat_response(InvalidBody(words, details=details))
    return flat_response(InvalidQuery(words, details=details))
