"""Errors in the platform's envelope, the form of the assets API: nine codes, told by the status."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.core.errors import GatewayError, InvalidBody, ModelExists, ModelNotFound
from headgate.core.json import JsonObject, encode

CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "INVALID_REQUEST",
        401: "INVALID_TOKEN",
        403: "INSUFFICIENT_PERMISSIONS",
        404: "RESOURCE_NOT_FOUND",
        409: "RESOURCE_ALREADY_EXISTS",
        422: "VALIDATION_ERROR",
        429: "RATE_LIMIT_EXCEEDED",
        500: "INTERNAL_ERROR",
        503: "SERVICE_UNAVAILABLE",
    }
)
"""By status. Any other status below 500 is told as 400's code, any other from 500 on as 503's."""

_UNPROCESSABLE: Final = 422
_TRACEPARENT: Final = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
_NO_TRACE: Final = "0" * 32


class Traced(msgspec.Struct, frozen=True):
    """The ids by which a request is found again. A trace id has 32 hexadecimal digits, all zero for no trace."""

    request_id: str = ""
    trace_id: str = _NO_TRACE


UNTRACED: Final = Traced()
"""For a message that was refused before it was a request."""


def traced(request_id: str, traceparent: bytes) -> Traced:
    """The ids of a request. Without a trace of the caller's (W3C Trace Context) the request's own id stands for one."""
    given = _TRACEPARENT.fullmatch(traceparent)
    if given is not None and given[1].strip(b"0"):
        return Traced(request_id, given[1].decode())
    digits = request_id.rpartition("_")[2]
    return Traced(request_id, digits.rjust(32, "0")[-32:])


def status_of(error: GatewayError, usual: int) -> int:
    """The envelope tells a body that is JSON and breaks a rule from one that is not JSON."""
    return _UNPROCESSABLE if isinstance(error, InvalidBody) else usual


def envelope_body(error: GatewayError, usual: int, *, ids: Traced) -> bytes:
    """`{"error": {code, message, status, details, request_id, trace_id}}`; `usual` is the status in other shapes."""
    return enveloped(status_of(error, usual), error.message, details=_details(error), ids=ids)


def enveloped(status: int, message: str, *, details: JsonObject, ids: Traced) -> bytes:
    return encode(
        {
            "error": {
                "code": CODES.get(status) or CODES[400 if status < 500 else 503],
                "message": message,
                "status": status,
                "details": details,
                "request_id": ids.request_id,
                "trace_id": ids.trace_id,
            }
        }
    )


def _details(error: GatewayError) -> JsonObject:
    """Always an object. What is wrong where in a request is its list `errors`."""
    if isinstance(error, ModelNotFound | ModelExists):
        return {"resource_type": "model", "resource_id": error.model}
    if error.details is None:
        return {}
    return {"errors": error.details}
