"""The files of a journal: one directory a process, in it numbered segments, and the lock that says it lives.

A segment is provisional (`.new`) until what it continues is safe on disk: only a segment that nothing confirmed follows
may end within a frame. The lock is the kernel's, so it ends with the process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Final

JOURNAL_NAME: Final = "journal"
LOCK_NAME: Final = "lock"
SUFFIX: Final = ".frames"
PROVISIONAL: Final = ".frames.new"


class JournalRefused(Exception):
    """The journal's directory cannot be used; the message says why and what would be accepted."""


class Segment:
    """One file of frames. Sizes are bytes of whole frames; `copied` are those that repeat what was open before.

    `ended` and `stored` count the requests that end in it, and those of them that are in the ledger.
    """

    def __init__(self, directory: Path, number: int) -> None:
        self.number = number
        self.size = self.copied = self.synced = self.ended = self.stored = 0
        self.is_torn = self.is_confirmed = False
        self._directory = directory
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        self.descriptor = os.open(self.path, flags, 0o600)

    @property
    def path(self) -> Path:
        return self._directory / f"{self.number:010d}{SUFFIX if self.is_confirmed else PROVISIONAL}"

    def confirm(self) -> None:
        self.path.rename(self._directory / f"{self.number:010d}{SUFFIX}")
        self.is_confirmed = True

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class JournalDirectory:
    """The directory of one process, held by a lock as long as it lives."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._lock = descriptor

    @classmethod
    def claim(cls, root: Path) -> JournalDirectory:
        """A directory of our own below `root`. Their names sort by the time of the start."""
        path = root / f"{time.time_ns() // 1000:016x}-{os.urandom(4).hex()}"
        try:
            # A mode holds for the last directory of a path only.
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.mkdir(mode=0o700)
            found = cls.taken(path)
        except OSError as error:
            raise JournalRefused(
                f"the journal's directory {str(path)!r} cannot be made: {error.strerror}; "
                "accepted: a data directory that this process may write to"
            ) from error
        assert found is not None, "nobody else knows the name"
        return found

    @classmethod
    def taken(cls, path: Path) -> JournalDirectory | None:
        """The directory under our lock; None if the process that made it lives."""
        descriptor = os.open(path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    def sync(self) -> None:
        """Make the names in it outlast a loss of power."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Delete it, segments oldest first: each with what follows it says all that is left. The lock goes last."""
        for path in sorted(self.path.iterdir()):
            if path.name != LOCK_NAME:
                path.unlink(missing_ok=True)
        (self.path / LOCK_NAME).unlink()
        self.path.rmdir()
        self.release()

    def release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
