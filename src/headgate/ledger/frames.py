"""How frames lie in a file: length, checksum, MessagePack, one after the other.

Both numbers are four bytes, least significant first; the checksum is CRC-32 of the MessagePack. A file that ends within
a frame, or whose last bytes never reached the disk, shows where it stops being whole; what lies before stays good.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import Struct
from typing import Final
from zlib import crc32

import msgspec

from headgate.ledger.records import Frame

HEADER: Final = Struct("<II")
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Frame).decode
_pack: Final = HEADER.pack

_BEGINNING: Final = re.compile(rb"[\x90-\x9f][\x01-\x05]")
"""How the MessagePack of every frame begins: a short array, and in it the tag."""


class FrameUnknown(ValueError):
    """A whole frame that says what this version does not understand. `offset` is where it begins."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"the frame at offset {offset} is whole and not understood: {reason}")
        self.offset = offset


def framed(frame: Frame) -> bytes:
    data = _encode(frame)
    return _pack(len(data), crc32(data)) + data


class Frames:
    """The frames of a file's bytes. Where the iteration ends, `offset` says how far they are whole."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self.offset = 0

    def __iter__(self) -> Iterator[Frame]:
        """FrameUnknown for a frame that another version may have written: it was whole, so it is not skipped."""
        while (end := _end(self._data, self.offset)) is not None:
            try:
                frame = _decode(self._data[self.offset + HEADER.size : end])
            except msgspec.MsgspecError as error:
                raise FrameUnknown(self.offset, str(error)) from error
            self.offset = end
            yield frame

    @property
    def is_whole(self) -> bool:
        return self.offset == len(self._data)

    @property
    def goes_on(self) -> bool:
        """Whether a whole frame lies beyond `offset`, so that what is broken there is not merely the end."""
        at = self.offset + 1 + HEADER.size
        return any(_end(self._data, found.start() - HEADER.size) for found in _BEGINNING.finditer(self._data, at))


def _end(data: memoryview, offset: int) -> int | None:
    """Where the frame at `offset` ends; None if none is whole there. An empty one would be eight zeros: no frame."""
    begin = offset + HEADER.size
    if begin > len(data):
        return None
    length, checksum = HEADER.unpack_from(data, offset)
    end: int = begin + length
    if not length or end > len(data) or crc32(data[begin:end]) != checksum:
        return None
    return end
