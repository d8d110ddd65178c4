"""How the process keeps memory.

The C library gives freed memory back to the system and asks for it again, a page fault for every 4 KiB: with bodies
of 100 KB that was measured as a fifth of a request. A server needs the same memory again at once, so it keeps some
for as long as requests come.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Awaitable, Callable
from typing import Final

_YOUNG: Final = 10_000
"""New objects, less those that went, until the collector looks at them. Calls leave it nothing to find, so all that a
look does for them is cost; with Python's own 700 and 200 streams under way that was a fiftieth of the time."""
LOOK_SECONDS: Final = 0.5
LOOKS: Final = (1, 2, 10)
"""When what was freed is given back, in looks that saw no request come: at once, when the ledger has what was on its
way, and when connections that nobody used again are closed."""
WORTH: Final = 200
"""Requests after which it is. It takes as long as dozens of them."""
_TRIM_THRESHOLD: Final = (-1, 64 * 1024 * 1024)
_TOP_PAD: Final = (-2, 1024 * 1024)
_MMAP_THRESHOLD: Final = (-3, 32 * 1024 * 1024)
"""Parameters of glibc's mallopt(3) and their values in bytes."""


def keep_freed_memory() -> None:
    """Let the C library keep up to 64 MiB that were freed. Does nothing where it is not glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in (_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD):
            mallopt(parameter, value)


async def keep_trimmed(
    requests: Callable[[], int],
    run: Callable[[Callable[[], None]], Awaitable[None]],
    *,
    every: float = LOOK_SECONDS,
) -> None:
    """Give freed memory back each time that no request comes for a while after many did, until cancelled. `requests`
    is how many have come; `run` does it on another thread: it may take some milliseconds."""
    given_back, before, quiet, is_worth = -WORTH, requests(), 0, False
    while True:
        await asyncio.sleep(every)
        come = requests()
        quiet = quiet + 1 if come == before else 0
        before = come
        if quiet == 1:
            is_worth = come >= given_back + WORTH
        if is_worth and quiet in LOOKS:
            given_back = come
            await run(give_back)


def give_back() -> None:
    """Give the system what was freed. Does nothing where the C library is not glibc."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def settle_heap() -> None:
    """Take what exists out of the collector's sight: it is the catalogue, the directory and code, and will stay. What
    comes after it is looked at less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
