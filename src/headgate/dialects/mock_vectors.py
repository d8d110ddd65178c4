"""Unit vectors drawn from a hash: equal inputs are equal vectors, on every machine."""

from __future__ import annotations

import hashlib
import math
import struct
from base64 import b64encode
from typing import Final

DIMENSIONS: Final = (256, 768, 1536)
DEFAULT_DIMENSIONS: Final = 1536


def vector(seed: bytes, dimensions: int) -> list[float]:
    """A vector of length one."""
    drawn = struct.unpack(f"<{dimensions}h", hashlib.shake_256(seed).digest(2 * dimensions))
    length = math.sqrt(math.fsum(number * number for number in drawn)) or 1.0
    return [number / length for number in drawn]


def base64_vector(seed: bytes, dimensions: int) -> str:
    """The same as little-endian single floats in base64, which is how OpenAI's own clients ask for it."""
    return b64encode(struct.pack(f"<{dimensions}f", *vector(seed, dimensions))).decode()
