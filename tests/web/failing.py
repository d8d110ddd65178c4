"""Errors of calls, and the two shapes that they are told in."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from headgate.core.errors import GatewayError, UpstreamFailed
from headgate.core.failure import Failure, FailureKind
from headgate.web.errors import flat_body, openai_body

CONTEXT_TOO_LONG: Final = b"""{"error": {"message": "This model's maximum context length is 8192 tokens.",
    "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"}}"""


def failed(
    kind: FailureKind, *, status: int | None = None, retry_after: int | None = None, body: bytes = b""
) -> UpstreamFailed:
    """The end of a call whose first candidate was never asked."""
    before = Failure(kind=FailureKind.EGRESS_REFUSED, message="not there")
    last = Failure(kind=kind, message="it failed", status=status, retry_after=retry_after, body=body)
    return UpstreamFailed([before, last], model="m", provider="openai")


def words(error: GatewayError) -> str:
    name = type(error).__name__
    return f"{name} {error.last.kind} {error.last.status}" if isinstance(error, UpstreamFailed) else name


def flat(error: GatewayError) -> dict[str, Any]:
    return msgspec.json.decode(flat_body(error), type=dict[str, Any])


def openai(error: GatewayError) -> dict[str, Any]:
    body = msgspec.json.decode(openai_body(error), type=dict[str, dict[str, Any]])
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return body["error"]
