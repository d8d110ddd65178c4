"""Byte caps. They count bytes as they are fed, so that a message is refused before it is whole."""

from __future__ import annotations

from typing import Final

KIB: Final = 1024

REQUEST_HEAD: Final = 32 * KIB
"""Bytes of a request before its header is complete."""

RESPONSE_HEAD: Final = 64 * KIB
"""Bytes of a response before its header is complete, 1xx heads included."""

DISCARD: Final = 1024 * KIB
"""Bytes of input thrown away after a refusal, so that the refusal can be read at the other end."""

DRAINED_BODY: Final = 64 * KIB
"""A refused body up to this length is read to its end and the connection kept."""
