"""A data directory belongs to one process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from headgate.adapters.sql.failures import DatabaseInUse, DatabaseRefused

LOCK_NAME: Final = "headgate.lock"


class DirectoryLock:
    """The lock on a data directory. The kernel lets it go when the process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        """Take it, and make the directory if it is missing; DatabaseInUse if another process has it."""
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DatabaseRefused(
                f"the data directory {str(directory)!r} cannot be used: {error.strerror}; "
                "accepted: a directory that this process may write to"
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._descriptor, 32).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise DatabaseInUse(
                f"the data directory {str(directory)!r} is in use by another Headgate process"
                f"{f' ({holder})' if holder else ''}; stop that one, or choose another directory"
            ) from error
        # Who holds it is told to whoever comes second; it decides nothing.
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"pid {os.getpid()}\n".encode())

    def release(self) -> None:
        """Let it go. The file stays: removing it would let two processes lock two files of one name."""
        os.close(self._descriptor)
