"""What the built-in mock answers besides chats and embeddings: texts that go on, images, orders of documents.

All of it is made of nothing but the request: a text goes on with itself, an image is one pixel whose colour is drawn
from a hash of the prompt, and a document fits a query as well as it has the query's words.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from typing import Final

from headgate.core.json import Json, JsonObject

MOST_IMAGES: Final = 10
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def prompts(given: Json) -> list[str]:
    """The texts that a completion goes on with, empty if there is none."""
    listed = given if isinstance(given, list) else [given]
    if listed and all(isinstance(each, int) for each in listed):
        listed = [" ".join(str(token) for token in listed)]
    return [" ".join(map(str, each)) if isinstance(each, list) else str(each) for each in listed if each is not None]


def images(request: JsonObject) -> list[JsonObject]:
    """As many images as are asked for, in base64."""
    wanted = request.get("n")
    count = min(wanted, MOST_IMAGES) if isinstance(wanted, int) and wanted > 0 else 1
    prompt = str(request.get("prompt"))
    return [{"b64_json": b64encode(_pixel(f"{prompt}/{number}")).decode()} for number in range(count)]


def _pixel(seed: str) -> bytes:
    """A PNG of one pixel."""
    colour = hashlib.sha256(seed.encode()).digest()[:3]
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\x00" + colour)) + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def scores(query: str, documents: Sequence[str]) -> list[JsonObject]:
    """For each document the part of the query's words that it has."""
    wanted = set(query.lower().split())
    shares = [len(wanted & set(document.lower().split())) / max(1, len(wanted)) for document in documents]
    return [{"index": index, "relevance_score": share} for index, share in enumerate(shares)]
