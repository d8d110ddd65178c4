"""What the lanes of one server share: the routes, the limits, the time, the way errors are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeAlias, TypeVar

import msgspec

from headgate.core.errors import GatewayError
from headgate.gateway.outbox import Outbox
from headgate.gateway.ports import CallEvents, Client
from headgate.gateway.road import Refusal
from headgate.http1 import caps
from headgate.web.client_address import Networks

_Endpoint = TypeVar("_Endpoint")

Routes: TypeAlias = Mapping[tuple[bytes, bytes], Callable[[Client], CallEvents]]
"""What opens a call, by method and raw path. Whatever is not in it goes on to ASGI."""

NO_DEADLINE: Final = float("inf")


def routes(
    endpoints: Mapping[tuple[bytes, bytes], _Endpoint], open_call: Callable[[Client, _Endpoint], CallEvents]
) -> Routes:
    """Routes on which `open_call` opens the calls, each with the endpoint that stands beside its method and path."""

    def opener(endpoint: _Endpoint) -> Callable[[Client], CallEvents]:
        return lambda client: open_call(client, endpoint)

    return {place: opener(endpoint) for place, endpoint in endpoints.items()}


class AnswerError(Protocol):
    """The face of a path says how an error looks there. `path` is empty if the request did not get so far."""

    def __call__(self, error: GatewayError, path: bytes) -> Refusal: ...


class LaneLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes and seconds that a client may take."""

    head_bytes: int = caps.REQUEST_HEAD
    body_bytes: int = 32 * 1024 * 1024
    unwritten_bytes: int = 4 * 1024 * 1024
    """Of a streamed answer, while the client does not read."""
    framing_bytes: int = caps.REQUEST_HEAD
    """Of a chunked body without one byte of body among them: chunk extensions and trailers."""
    discard_bytes: int = caps.DISCARD
    drained_bytes: int = caps.DRAINED_BODY
    head_seconds: float = 10
    """From the first byte of a message, or from the start of the connection, to the end of the head."""
    body_seconds: float = 30
    """For every further `body_progress` bytes of the body."""
    body_progress: int = 1024
    idle_seconds: float = 75
    """Between an answer and the next message; longer than the usual idle time of load balancers, 60 s."""
    stall_seconds: float = 60
    """Without one byte taken by a client that is written to."""
    discard_seconds: float = 1
    close_seconds: float = 5
    """For the last bytes of an answer to leave after the connection was closed on our side."""


class Inbound:
    """The state that the server keeps for its lanes.

    `now` is moved by the server's sweep and therefore up to one sweep old: deadlines are set from it without asking
    a clock for each request. `date` is a complete header line.
    """

    def __init__(
        self, routes: Routes, answer_error: AnswerError, *, limits: LaneLimits, trusted_proxies: Networks, now: float
    ) -> None:
        self.routes = routes
        self.answer_error = answer_error
        self.limits = limits
        self.trusted_proxies = trusted_proxies
        self.now = now
        self.date = b""
        self.outbox = Outbox()
        self.draining = False
