"""Answers of the management APIs: JSON with exact decimals, ETags, and 304 for what the client has already."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from headgate.core.json import Json, encode
from headgate.web.flat import JSON

REVALIDATE: Final = "private, no-cache"


def json_response(value: Json, *, etag: str | None = None, status: int = 200) -> Response:
    """`etag` is quoted."""
    response = Response(encode(value), status_code=status, media_type=JSON)
    if etag is not None:
        response.headers["etag"] = etag
        response.headers["cache-control"] = REVALIDATE
    return response


def not_modified(request: Request, etag: str) -> Response | None:
    """A 304 if the client has this version already. The comparison is the weak one (RFC 9110)."""
    given = request.headers.get("if-none-match")
    if given is None:
        return None
    tags = [tag.strip().removeprefix("W/") for tag in given.split(",")]
    if etag not in tags and given.strip() != "*":
        return None
    return Response(status_code=304, headers={"etag": etag, "cache-control": REVALIDATE})
