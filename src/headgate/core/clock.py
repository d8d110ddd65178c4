"""Time, passed in: nothing that decides reads a clock of its own."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Two kinds of seconds: `now` never runs backwards and has no meaning outside the process; `wall` is Unix time."""

    def now(self) -> float: ...

    def wall(self) -> float: ...
