"""The calls on which a disk can fail, in one place: a test of a full or broken disk replaces them and nothing else."""

from __future__ import annotations

import errno
import os
from typing import Final

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Failures that freed space cures."""


class Disk:
    """The system's own calls. Each raises OSError."""

    def write(self, descriptor: int, data: bytes) -> int:
        """Append; how many bytes were taken, which on a disk that fills may be fewer than given."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def allocate(self, descriptor: int, size: int) -> None:
        """Make sure of space for `size` bytes."""
        os.posix_fallocate(descriptor, 0, size)
