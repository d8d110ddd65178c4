"""From a request of the management APIs to its principal, through the same reading of headers as the request road."""

from __future__ import annotations

from typing import Final, Protocol

from starlette.applications import Starlette
from starlette.requests import Request

from headgate.core.errors import IdentityPending
from headgate.core.principal import Principal
from headgate.gateway.acting import act_as
from headgate.gateway.ports import Headers

_STATE: Final = "identify"
_LOOK_UPS: Final = 3
"""Two answers may have to be waited for: an identity provider's keys, and the making of a user whom it vouches for."""


class Identifies(Protocol):
    """Turns headers into a principal, or raises NotAuthenticated, TwoCredentials, ContextUnknown, IdentityPending."""

    def identify(self, headers: Headers, *, seed_takes_bearer_key: bool = False) -> Principal: ...

    async def settled(self) -> None:
        """Wait until whatever made an answer IdentityPending is known."""


def identify_with(app: Starlette, identify: Identifies) -> None:
    """Let the routes of `app` know their callers. Each application that is mounted in another needs its own."""
    setattr(app.state, _STATE, identify)


async def principal_of(request: Request, *, seed_takes_bearer_key: bool = False) -> Principal:
    """Who makes the request, and on whose behalf everything after it is done.

    A route gets this from `authorisation.Requires`, never by itself. Here one can wait for what an identity provider
    says, which the request road leaves to its caller.
    """
    identify: Identifies = getattr(request.app.state, _STATE)
    for _ in range(_LOOK_UPS):
        try:
            principal = identify.identify(request.headers.raw, seed_takes_bearer_key=seed_takes_bearer_key)
        except IdentityPending:
            await identify.settled()
        else:
            act_as(principal)
            return principal
    raise IdentityPending
