"""How a test tells a gateway under way where to die, and what its disk does: a few bytes that both have mapped.

They are read at every step, so what is written counts from the next one on.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final

_PART: Final = 128
_POINT: Final = 0
_DISK: Final = 1
_KEPT: Final = 2
_SIZE: Final = 3 * _PART


class Faults:
    """`point` is where the process dies, `disk` what is wrong with the disk of the journal; "" for nothing. The other
    way round, `kept` says how many finished requests were in memory at most after it was tidied up."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._mapped = mmap.mmap(file.fileno(), _SIZE)

    @property
    def point(self) -> str:
        return self._read(_POINT)

    @point.setter
    def point(self, name: str) -> None:
        self._write(_POINT, name)

    @property
    def disk(self) -> str:
        return self._read(_DISK)

    @disk.setter
    def disk(self, name: str) -> None:
        self._write(_DISK, name)

    @property
    def kept(self) -> int:
        return int(self._read(_KEPT) or 0)

    @kept.setter
    def kept(self, count: int) -> None:
        self._write(_KEPT, str(count))

    def _read(self, part: int) -> str:
        return self._mapped[part * _PART : (part + 1) * _PART].rstrip(b"\0").decode()

    def _write(self, part: int, text: str) -> None:
        self._mapped[part * _PART : (part + 1) * _PART] = text.encode().ljust(_PART, b"\0")
