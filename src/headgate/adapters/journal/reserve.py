"""Disk kept back, so that what has been begun can be written to its end when the disk is full."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from headgate.adapters.journal.disk import Disk

RESERVE_NAME: Final = "reserve"


class Reserve:
    """A file of allocated space that is freed when frames need it and built again when there is room."""

    def __init__(self, directory: Path, size: int, *, disk: Disk) -> None:
        self.is_held = False
        self._path = directory / RESERVE_NAME
        self._size = size
        self._disk = disk

    def build(self) -> None:
        """OSError if there is not enough room: twice its size, or it would be built and freed in turns."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._disk.allocate(descriptor, 2 * self._size)
            self._disk.truncate(descriptor, self._size)
        except OSError:
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
            raise
        finally:
            os.close(descriptor)
        self.is_held = True

    def free(self) -> None:
        """Harmless when nothing is held."""
        self.is_held = False
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            try:
                self._disk.truncate(descriptor, 0)
            finally:
                os.close(descriptor)
