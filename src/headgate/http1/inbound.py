"""Where a request's body ends, decided so that no other reader of the same bytes can decide otherwise.

The parser refuses most of what makes two servers disagree: obsolete line folding, bare line ends, control characters,
two lengths, a length beside chunks. This module refuses the rest. What it sees are the fields named in `WATCHED`,
their names in lower case, in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from headgate.core.errors import MalformedRequest

WATCHED: Final = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})
"""The fields that say how long a body is, when it is sent and for which server."""

CHUNKED: Final = -1
"""The length of a body that ends with its last chunk."""

_VERSIONS: Final = frozenset({"1.0", "1.1"})


def body_length(watched: Sequence[tuple[bytes, bytes]], version: str) -> int:
    """The bytes of the body, or CHUNKED. Raises MalformedRequest for anything that may be read in two ways."""
    if len(watched) == 2 and version == "1.1" and watched[0][0] == b"host" and watched[1][0] == b"content-length":
        # What nearly every client sends; the rest of this function would say the same.
        return _decimal(watched[1][1])
    if version not in _VERSIONS:
        raise MalformedRequest(f"HTTP version {version!r} is not spoken here; use HTTP/1.1")
    fields: dict[bytes, bytes] = {}
    for name, value in watched:
        if name in fields and name != b"expect":
            raise MalformedRequest(f"the request has several {name.decode()} fields; send one")
        fields[name] = value
    if b"host" not in fields and version == "1.1":
        raise MalformedRequest("a request of HTTP/1.1 names its server in a Host field")
    length, coding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
    if coding is not None:
        return _chunked(coding, length, version=version)
    return 0 if length is None else _decimal(length)


def expects_continue(watched: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether the client waits for 100 Continue before it sends the body."""
    return any(name == b"expect" and value.lower() == b"100-continue" for name, value in watched)


def _chunked(coding: bytes, length: bytes | None, *, version: str) -> int:
    if coding.lower() != b"chunked":
        raise MalformedRequest(f"transfer coding {coding[:200]!r} is not read; send Transfer-Encoding: chunked")
    if length is not None:
        raise MalformedRequest("the request has Content-Length beside Transfer-Encoding; send one of them")
    if version == "1.0":
        raise MalformedRequest("HTTP/1.0 knows no transfer coding; send Content-Length")
    return CHUNKED


def _decimal(length: bytes) -> int:
    # isdigit() of bytes is ASCII only; the bound keeps a long run of digits from costing anything.
    if not length.isdigit() or len(length) > 19:
        raise MalformedRequest(f"Content-Length {length[:32]!r} is no decimal number of bytes")
    return int(length)
