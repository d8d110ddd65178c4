"""One attempt, as its connection and its pool see it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from headgate.gateway.ports import UpstreamEvents

if TYPE_CHECKING:
    from headgate.adapters.upstream.auth import Head
    from headgate.adapters.upstream.connection import Connection
    from headgate.adapters.upstream.pool import Origin


class Exchange:
    """The state of one attempt. `events` is None once it is over: nothing more is told.

    It waits for a connection at `origin`, or `dialling` makes one for it, or it has one. With `fresh` it takes none
    that has served another. `headed`: its answer's head was told; `unsent`: that its request has left is to be told.
    """

    __slots__ = (
        "attempt",
        "connection",
        "dialling",
        "events",
        "fresh",
        "head",
        "headed",
        "origin",
        "ready",
        "unsent",
    )

    head: Head

    def __init__(self, events: UpstreamEvents, attempt: int, *, fresh: bool) -> None:
        self.events: UpstreamEvents | None = events
        self.attempt = attempt
        self.fresh = fresh
        self.ready = False
        self.headed = False
        self.unsent = False
        self.origin: Origin | None = None
        self.connection: Connection | None = None
        self.dialling: asyncio.Task[None] | None = None
