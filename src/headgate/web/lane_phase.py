"""What an inbound connection is doing."""

from __future__ import annotations

import enum
from typing import Final


class Phase(enum.Enum):
    """What a connection is doing."""

    WAITING = enum.auto()
    """No message has begun."""
    HEAD = enum.auto()
    """A head is arriving."""
    READ = enum.auto()
    """The head is complete, and nobody has been told."""
    CALL = enum.auto()
    """A call answers."""
    ASGI = enum.auto()
    """An application answers."""
    DRAINING = enum.auto()
    """The answer was given before the body ended; the rest of a short body is read and forgotten."""
    DISCARDING = enum.auto()
    """The last answer is written and our half closed; input is thrown away."""
    CLOSED = enum.auto()


# Module constants, because a look-up on an enumeration costs more than the comparison that follows.
WAITING: Final = Phase.WAITING
HEAD: Final = Phase.HEAD
READ: Final = Phase.READ
CALL: Final = Phase.CALL
ASGI: Final = Phase.ASGI
DRAINING: Final = Phase.DRAINING
DISCARDING: Final = Phase.DISCARDING
CLOSED: Final = Phase.CLOSED
