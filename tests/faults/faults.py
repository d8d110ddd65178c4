"""How a test tells a gateway under way where to die, and what its disk does: a few bytes that both have mapped.

They are read at every step, so what is written counts from the next one on.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final

_SIZE: Final = 256
_HALF: Final = _SIZE // 2


class Faults:
    """`point` is where the process dies, `disk` what is wrong with the disk of the journal; "" for nothing."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._mapped = mmap.mmap(file.fileno(), _SIZE)

    @property
    def point(self) -> str:
        return self._read(0)

    @point.setter
    def point(self, name: str) -> None:
        self._write(0, name)

    @property
    def disk(self) -> str:
        return self._read(_HALF)

    @disk.setter
    def disk(self, name: str) -> None:
        self._write(_HALF, name)

    def _read(self, start: int) -> str:
        return self._mapped[start : start + _HALF].rstrip(b"\0").decode()

    def _write(self, start: int, name: str) -> None:
        self._mapped[start : start + _HALF] = name.encode().ljust(_HALF, b"\0")
