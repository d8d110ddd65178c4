"""A small file system of a gateway's own: mounted where only it and its children see it, gone when it ends."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Final

# <linux/sched.h>; the os module has them from Python 3.12 on.
_CLONE_FS: Final = 0x00000200
_CLONE_NEWNS: Final = 0x00020000
_MOUNT = 'mount -t tmpfs -o "size=$1,mode=700" tmpfs "$0" && shift && exec "$@"'


def inside(directory: Path, command: Sequence[str], *, size: str) -> tuple[str, ...]:
    """The command, which finds an empty file system in a directory that exists."""
    return ("unshare", "--mount", "sh", "-c", _MOUNT, str(directory), size, *command)


def sight_of(process: int) -> ThreadPoolExecutor:
    """A thread that sees the files which a process sees."""
    return ThreadPoolExecutor(1, initializer=partial(_enter, process))


def _enter(process: int) -> None:
    system = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(f"/proc/{process}/ns/mnt", os.O_RDONLY)
    try:
        # What a thread shares with the others it cannot change for itself alone.
        if system.unshare(_CLONE_FS) or system.setns(descriptor, _CLONE_NEWNS):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)


@cache
def can_mount(directory: Path) -> bool:
    """Whether this user may: root may, elsewhere than in some containers."""
    try:
        tried = subprocess.run(inside(directory, ["true"], size="1m"), check=False, capture_output=True)
    except FileNotFoundError:
        return False
    return tried.returncode == 0


def fill(directory: Path) -> Path:
    """Take all the room that there is; the file that has it."""
    path = directory / "filler"
    size = 1 << 20
    with path.open("wb", buffering=0) as file:
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    return path
