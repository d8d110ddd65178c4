"""Forms as bytes, for tests that send or read them."""

from __future__ import annotations

from typing import Final

BOUNDARY: Final = b"--------------------------7f3a9c"
CONTENT_TYPE: Final = b"multipart/form-data; boundary=" + BOUNDARY


def part(name: str, value: bytes, *, more: bytes = b"", lines: bytes = b"") -> bytes:
    """A part of a form; `more` follows its name, `lines` its Content-Disposition."""
    head = b'Content-Disposition: form-data; name="%b"%b\r\n%b' % (name.encode(), more, lines)
    return b"--%b\r\n%b\r\n%b\r\n" % (BOUNDARY, head, value)


def file(value: bytes, name: str = "file", *, called: bytes = b"a.wav") -> bytes:
    return part(name, value, more=b'; filename="%b"' % called, lines=b"Content-Type: audio/wav\r\n")


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--%b--\r\n" % BOUNDARY
