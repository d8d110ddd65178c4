"""The sound that the built-in mock speaks: a short tone for each word, as long as the word, in a WAV file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

RATE: Final = 8000
_PERIOD: Final = (0, 90, 127, 90, 0, -90, -127, -90)
"""One swing of 1,000 Hz."""
_SWINGS_PER_LETTER: Final = 20
_PAUSE: Final = bytes([128]) * 800
_MOST_LETTERS: Final = 4096


def wav(text: str) -> Iterator[bytes]:
    """A WAV file of 8 bits a sample: its head, then a piece for each word."""
    words = text[:_MOST_LETTERS].split() or [""]
    length = sum(len(word) * _SWINGS_PER_LETTER * len(_PERIOD) + len(_PAUSE) for word in words)
    yield b"RIFF" + struct.pack("<I", 36 + length) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, RATE, 1, 8)
    yield b"data" + struct.pack("<I", length)
    swing = bytes(128 + height for height in _PERIOD)
    for word in words:
        yield swing * (len(word) * _SWINGS_PER_LETTER) + _PAUSE
