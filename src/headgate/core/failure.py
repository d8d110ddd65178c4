"""Why an attempt at an upstream failed."""

from __future__ import annotations

import enum
from typing import Final

import msgspec


class FailureKind(enum.StrEnum):
    """What happened, in the order in which it can happen to an attempt."""

    UNROUTABLE = "unroutable"
    CREDENTIAL_MISSING = "credential_missing"
    EGRESS_REFUSED = "egress_refused"
    LIMITED = "limited"
    """The entry's own limit of what may be asked of it: it was not asked."""
    BUSY = "busy"
    """Our own cap on connections to that origin."""
    NAME_NOT_FOUND = "name_not_found"
    REFUSED = "refused"
    TLS = "tls"
    CONNECT_TIMEOUT = "connect_timeout"
    STALE = "stale"
    """A reused connection that turned out closed, with no response byte."""
    RESET = "reset"
    """The connection ended before the response head was complete."""
    FIRST_BYTE_TIMEOUT = "first_byte_timeout"
    IDLE_TIMEOUT = "idle_timeout"
    TOTAL_TIMEOUT = "total_timeout"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    CUT = "cut"
    """The connection ended, or the stream lacked its terminal marker, after the head."""
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    CREDENTIAL_REJECTED = "credential_rejected"
    REJECTED = "rejected"
    """The upstream refused the request as the caller's mistake."""
    UNREADABLE = "unreadable"
    """A model that was asked for data in a form answered with something else."""


NOT_TRIED: Final = frozenset({FailureKind.UNROUTABLE, FailureKind.CREDENTIAL_MISSING, FailureKind.EGRESS_REFUSED})
"""The catalogue keeps the entry from being called: no upstream was asked."""


class Failure(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One failed attempt: what happened, and what the upstream said, if it said anything.

    `status` and `body` are the upstream's own; `retry_after` is in seconds.
    """

    kind: FailureKind
    message: str
    status: int | None = None
    retry_after: int | None = None
    body: bytes = b""
