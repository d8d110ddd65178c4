"""Takes a secret out of what an upstream says, however it wrote it down."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Final
from urllib.parse import quote

from headgate.core.json import encode
from headgate.core.secret import REDACTED, Secret

_ESCAPES: Final = re.compile(rb"\\(?:(\\)|(/)|u00([2-7][0-9A-Fa-f]))")
"""What JSON may write for a printable character that needs no escape, and the escaped backslash, to step over it."""
_KEPT: Final = b'"\\'


def without(secret: Secret, text: bytes) -> bytes:
    """`text` without the secret: as it stands, as JSON or a URL writes it, in base64, or spelled with escapes."""
    if not secret:
        return text
    value = secret.reveal()
    raw = value.encode()
    forms = dict.fromkeys((raw, encode(value)[1:-1], quote(value, safe="").encode(), b64encode(raw)))
    text = _masked(text, forms)
    if b"\\" in text:
        plain = _ESCAPES.sub(_plain, text)
        if any(form in plain for form in forms):
            return _masked(plain, forms)
    return text


def _masked(text: bytes, forms: dict[bytes, None]) -> bytes:
    for form in forms:
        text = text.replace(form, REDACTED.encode())
    return text


def _plain(found: re.Match[bytes]) -> bytes:
    if found[2]:
        return b"/"
    if found[3]:
        character = bytes((int(found[3], 16),))
        return character if character not in _KEPT else found[0]
    return found[0]
