"""Header fields: which frame a message, and which bytes a name or a value may have.

A value that carries CR, LF or NUL writes other people's headers, so everything of ours that goes into a head is
checked here first. Parsers refuse such bytes on the way in; this is about what goes out.
"""

from __future__ import annotations

import re
from typing import Final

FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
"""Names that say where a body ends. Only whoever writes the message sets them."""

_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(rb"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?|")


def is_name(name: bytes) -> bool:
    """Whether a field name is a token."""
    return _TOKEN.fullmatch(name) is not None


def is_value(value: bytes) -> bool:
    """Whether a field value may be written as it stands: no control characters, no spaces at either end."""
    return _VALUE.fullmatch(value) is not None


def field(name: bytes, value: bytes) -> bytes:
    """One complete header line; ValueError (which does not show the value, as it may be secret) if it is not one."""
    if not is_name(name):
        raise ValueError(f"{name!r} is not a header name")
    if not is_value(value):
        raise ValueError(f"the value of header {name!r} has a control character, or a space at one end")
    return b"%b: %b\r\n" % (name, value)


def seconds(value: bytes, parameter: bytes) -> int | None:
    """A parameter in whole seconds of a list such as `timeout=5, max=100`; None if it is missing or no number."""
    for part in value.lower().split(b","):
        key, equals, number = part.partition(b"=")
        number = number.strip()
        if equals and key.strip() == parameter and number.isdigit() and len(number) <= 9:
            return int(number)
    return None
