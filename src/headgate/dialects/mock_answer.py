"""The form of what the built-in mock answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from headgate.core.json import JsonObject, encode

JSON: Final = ((b"content-type", b"application/json"),)
EVENTS: Final = ((b"content-type", b"text/event-stream"),)


class MockAnswer(msgspec.Struct, frozen=True):
    """A whole answer; `pieces` are the parts of its body in the order in which they are sent.

    Pieces may be made only when they are asked for, so that a large answer does not hold anybody up.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    pieces: Iterable[bytes]


def event(body: JsonObject) -> bytes:
    return b"data: %b\n\n" % encode(body)


def refusal(message: str, parameter: str | None) -> MockAnswer:
    error = {"message": message, "type": "invalid_request_error", "param": parameter, "code": None}
    return MockAnswer(400, JSON, (encode({"error": error}),))
