"""Which core does what, and how busy each one was.

The gateway has a core to itself; load generator and origin share another. The kernel's own count of each
core says afterwards whether something else used the gateway's core, and whether the load ran out of room.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.process_tree import TICKS_PER_SECOND

IDLE_FIELDS = (3, 4)
"""Idle time and time spent waiting for a disk."""


@dataclass(frozen=True, slots=True)
class Cores:
    """The division of the machine."""

    gateway: int
    load: int


def parse_busy_seconds(text: str, core: int) -> float:
    """Read from /proc/stat how long `core` has been doing anything, stolen time included."""
    for line in text.splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            # The eighth and ninth fields, guests, are already inside user and nice.
            ticks = [int(field) for index, field in enumerate(fields[:8]) if index not in IDLE_FIELDS]
            return sum(ticks) / TICKS_PER_SECOND
    raise ValueError(f"/proc/stat has no line for core {core}")


def busy_seconds(core: int) -> float:
    return parse_busy_seconds(Path("/proc/stat").read_text(), core)


def choose_cores() -> Cores:
    """The first two cores that this process may use."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise OSError(f"the measurement needs 2 cores, one for the gateway and one for the load; allowed: {allowed}")
    return Cores(gateway=allowed[0], load=allowed[1])


@contextmanager
def pinned_to(core: int) -> Iterator[None]:
    """What is started inside runs on `core` only, and so does everything that it starts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
