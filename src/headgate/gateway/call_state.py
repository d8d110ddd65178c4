"""Where a call stands. The states follow one another in this order; `Call` says what each means."""

from __future__ import annotations

import enum


class State(enum.IntEnum):
    """Where a call stands."""

    HEAD = 0
    BODY = 1
    CONNECT = 2
    SEND = 3
    WAIT = 4
    ANSWER = 5
    STREAM = 6
    ENDED = 7


# Names of the module: a member of an enumeration is looked up at each use, and a call compares states all the time.
HEAD, BODY, CONNECT, SEND, WAIT, ANSWER, STREAM, ENDED = State
