"""One attempt, as its connection and its pool see it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from headgate.gateway.ports import UpstreamEvents

if TYPE_CHECKING:
    from headgate.adapters.upstream.auth import Head
    from headgate.adapters.upstream.connection import Connection
    from headgate.adapters.upstream.pool import Origin


class Exchange(msgspec.Struct, eq=False):
    """The state of one attempt. `events` is None once it is over: nothing more is told.

    It waits for a connection at `origin`, or `dialling` makes one for it, or it has one. With `fresh` it takes none
    that has served another. `headed`: its answer's head was told; `unsent`: that its request has left is to be told.
    """

    events: UpstreamEvents | None
    attempt: int
    fresh: bool
    head: Head | None = None
    origin: Origin | None = None
    connection: Connection | None = None
    ready: bool = False
    headed: bool = False
    unsent: bool = False
    dialling: asyncio.Task[None] | None = None
