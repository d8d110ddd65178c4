"""From a request of the management APIs to its principal, through the same reading of headers as the request road."""

from __future__ import annotations

from typing import Final, Protocol

from starlette.applications import Starlette
from starlette.requests import Request

from headgate.core.principal import Principal
from headgate.gateway.acting import act_as
from headgate.gateway.ports import Headers

_STATE: Final = "identify"


class Identifies(Protocol):
    """Turns headers into a principal, or raises NotAuthenticated, TwoCredentials, ContextUnknown."""

    def identify(self, headers: Headers, *, seed_takes_bearer_key: bool = False) -> Principal: ...


def identify_with(app: Starlette, identify: Identifies) -> None:
    """Let the routes of `app` know their callers. Each application that is mounted in another needs its own."""
    setattr(app.state, _STATE, identify)


def principal_of(request: Request, *, seed_takes_bearer_key: bool = False) -> Principal:
    """Who makes the request, and on whose behalf everything after it is done.

    A route gets this from `authorisation.Requires`, never by itself.
    """
    identify: Identifies = getattr(request.app.state, _STATE)
    principal = identify.identify(request.headers.raw, seed_takes_bearer_key=seed_takes_bearer_key)
    act_as(principal)
    return principal
