"""What is paid for an attempt that did not end with a whole answer, and how a request's end is told to the ledger.

The rule, also in the documentation: what was not sent, and what an upstream refused, costs nothing. What was sent and
not answered to the end is estimated: the input, and as much output as had come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from headgate.core.errors import GatewayError, ShuttingDown, UpstreamFailed
from headgate.core.failure import Failure, FailureKind
from headgate.core.usage import Usage
from headgate.dialects.exchange import Inbound, Relay
from headgate.gateway.call_state import SEND, State
from headgate.ledger.records import End

NOT_PAID: Final = frozenset(
    {
        FailureKind.UNROUTABLE,
        FailureKind.CREDENTIAL_MISSING,
        FailureKind.EGRESS_REFUSED,
        FailureKind.LIMITED,
        FailureKind.BUSY,
        FailureKind.NAME_NOT_FOUND,
        FailureKind.REFUSED,
        FailureKind.TLS,
        FailureKind.CONNECT_TIMEOUT,
        FailureKind.STALE,
        FailureKind.RATE_LIMITED,
        FailureKind.SERVER_ERROR,
        FailureKind.CREDENTIAL_REJECTED,
        FailureKind.REJECTED,
    }
)
"""The request did not leave, or the upstream said that it does not serve it."""

_ENDS: Final[Mapping[FailureKind, End]] = {
    FailureKind.CONNECT_TIMEOUT: End.TIMEOUT,
    FailureKind.FIRST_BYTE_TIMEOUT: End.TIMEOUT,
    FailureKind.IDLE_TIMEOUT: End.TIMEOUT,
    FailureKind.TOTAL_TIMEOUT: End.TIMEOUT,
    FailureKind.RESET: End.UPSTREAM_CUT,
    FailureKind.CUT: End.UPSTREAM_CUT,
    FailureKind.MALFORMED: End.UPSTREAM_CUT,
    FailureKind.TOO_LARGE: End.UPSTREAM_CUT,
}


def used_in_failure(failure: Failure, relay: Relay | None, *, status: int, request: Inbound) -> Usage | None:
    """What a failed attempt is paid for; None: nothing. `status` is the upstream's, 0 if it gave none."""
    if relay is not None and (relay.events or relay.usage is not None):
        return relay.so_far()
    if failure.kind in NOT_PAID or (status and status != 200):
        return None
    # An upstream may have told what went in before it had anything to say.
    return request.estimate(0) if relay is None else relay.so_far()


def used_in_part(state: State, status: int, *, relay: Relay | None, request: Inbound) -> Usage | None:
    """What an attempt is paid for that ended from our side, in a state that follows CONNECT or is it."""
    if state <= SEND or (status and status != 200):
        return None
    return request.estimate(0) if relay is None else relay.so_far()


def end_of(error: GatewayError) -> End:
    """Why a request ended that was answered with an error."""
    if isinstance(error, ShuttingDown):
        return End.SHUTDOWN
    if isinstance(error, UpstreamFailed):
        return end_of_failure(error.last)
    return End.REFUSED


def end_of_failure(failure: Failure) -> End:
    """Why a request ended whose last attempt failed."""
    return _ENDS.get(failure.kind, End.REFUSED)
