"""The disk of the journal, as bad as a test says."""

from __future__ import annotations

import errno
import os
from typing import Final

from typing_extensions import override

from headgate.adapters.journal.disk import Disk
from tests.faults.faults import Faults

FULL: Final = "full"
READ_ONLY: Final = "read-only"
SHORT: Final = "short"
NO_SYNC: Final = "no sync"


class BrokenDisk(Disk):
    """`FULL`: no room but what is freed, `SHORT`: each write takes half of what is given, `READ_ONLY`: nothing can be
    changed, `NO_SYNC`: what is written does not reach the disk."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._room: int | None = None

    @override
    def write(self, descriptor: int, data: bytes) -> int:
        room = self._now()
        if self._faults.disk == SHORT:
            return super().write(descriptor, data[: len(data) // 2])
        if room is None:
            return super().write(descriptor, data)
        if not room:
            raise _failure(errno.ENOSPC)
        written = super().write(descriptor, data[:room])
        self._room = room - written
        return written

    @override
    def sync(self, descriptor: int) -> None:
        self._now()
        if self._faults.disk == NO_SYNC:
            raise _failure(errno.EIO)
        super().sync(descriptor)

    @override
    def truncate(self, descriptor: int, size: int) -> None:
        room = self._now()
        before = os.fstat(descriptor).st_size
        super().truncate(descriptor, size)
        if room is not None:
            self._room = room + before - size

    @override
    def allocate(self, descriptor: int, size: int) -> None:
        room = self._now()
        needed = size - os.fstat(descriptor).st_size
        if room is not None and needed > room:
            raise _failure(errno.ENOSPC)
        super().allocate(descriptor, size)
        if room is not None:
            self._room = room - needed

    def _now(self) -> int | None:
        """How much room there is, None for enough."""
        fault = self._faults.disk
        if fault == READ_ONLY:
            raise _failure(errno.EROFS)
        if fault != FULL:
            self._room = None
        elif self._room is None:
            self._room = 0
        return self._room


def _failure(number: int) -> OSError:
    return OSError(number, os.strerror(number))
