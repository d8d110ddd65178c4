"""From a request of the management APIs to its principal, through the same reading of headers as the request road."""

from __future__ import annotations

from typing import Final, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request

from headgate.core.errors import Forbidden, IdentityPending
from headgate.core.principal import Principal
from headgate.gateway.acting import act_as
from headgate.gateway.ports import Headers

_STATE: Final = "identify"
_CALLER: Final = "headgate.caller"
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
            request.scope[_CALLER] = _Caller(principal, seed_takes_bearer_key)
            return principal
    raise IdentityPending


class _Caller(msgspec.Struct, frozen=True):
    """Who was found to make a request, and how that was asked."""

    principal: Principal
    seed_takes_bearer_key: bool


async def demand_unchanged(request: Request) -> None:
    """Ask again who makes the request, after its body has come.

    A body may come as slowly as its sender likes; what was taken from the sender meanwhile is no longer to be used.
    NotAuthenticated and ContextUnknown as for a new request, Forbidden if the caller has other rights now.
    """
    before = request.scope.get(_CALLER)
    if not isinstance(before, _Caller):
        return
    now = await principal_of(request, seed_takes_bearer_key=before.seed_takes_bearer_key)
    if now is not before.principal and _rights(now) != _rights(before.principal):
        raise Forbidden("the rights of the credential changed while the request was on its way; send it again")


def _rights(principal: Principal) -> Principal:
    # What the organization lays over the catalogue is no right of the caller's.
    return msgspec.structs.replace(principal, overlay=None)
