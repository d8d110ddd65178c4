"""On whose behalf something is being done, for the audit trail.

What is recorded must not depend on every use case passing it on, so it is part of the context: the frame around the
applications says where a request comes from, the reading of its credential says who makes it, and work that is given
to another thread takes its context along. Nothing is ever decided by it; permissions are a Principal's.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

import msgspec

from headgate.core.principal import Principal

ANONYMOUS: Final = "anonymous"


class Acting(msgspec.Struct, frozen=True):
    """Who acts, the id of the credential that was shown, and the address of the client."""

    actor: str
    credential: str = ""
    source: str = ""


SYSTEM: Final = Acting("system")
"""What Headgate does by itself, such as a first start."""
OPERATOR: Final = Acting("operator", source="command line")
"""Whoever runs a command on the data directory."""

_ACTING: Final[ContextVar[Acting]] = ContextVar("headgate_acting", default=SYSTEM)


def acting() -> Acting:
    return _ACTING.get()


def act(who: Acting) -> None:
    """Whatever follows in this context is done by `who`."""
    _ACTING.set(who)


def act_from(source: str) -> None:
    """A request has come from this address, and nobody knows yet who makes it."""
    _ACTING.set(Acting(ANONYMOUS, source=source))


def act_as(principal: Principal) -> None:
    """The request is made by this principal, from where it came."""
    _ACTING.set(Acting(principal.id, principal.credential, _ACTING.get().source))


def act_as_user(user_id: str) -> None:
    """Whoever has sent the request has just shown to be this user, and has no credential yet."""
    _ACTING.set(Acting(f"user:{user_id}", source=_ACTING.get().source))
