"""Server-sent events as a stream of bytes: cut into whole events, and read.

Source: the WHATWG HTML standard, section "Server-sent events". Lines end in LF, CRLF or CR; an event ends at an empty
line; a byte order mark at the start is skipped. Events are kept as the bytes that arrived, so that what need not
change is forwarded as it came.
"""

from __future__ import annotations

import re
from typing import Final

_END: Final = re.compile(rb"\r\n\r\n|\n\n|\r\r(?!\n)|\n\r\n|\r\n\n|\n\r(?!\n)|\r\n\r(?!\n)")
_LINES: Final = re.compile(rb"\r\n|\n|\r")
_BOM: Final = b"\xef\xbb\xbf"
_CARRIAGE_RETURN: Final = b"\r"[0]


class EventTooLarge(Exception):
    """An event above the cap, or one that never ends."""


class EventReader:
    """Cuts a stream into whole events. Any split of the same bytes gives the same events."""

    __slots__ = ("_began", "_limit", "_middle", "_rest", "idle")

    def __init__(self, limit: int) -> None:
        self._rest = b""
        # What came after `_rest` and ends no line. Joined to it at each read, a long line would be copied each time.
        self._middle = bytearray()
        self._limit = limit
        self._began = False
        self.idle = False
        """Whether the stream has begun and nothing of an unfinished event is held."""

    def feed(self, data: bytes) -> list[bytes]:
        """The events that `data` completes, each with the empty line that ends it."""
        if self._rest and self._began and b"\n" not in data and b"\r" not in data and not self._rest.endswith(b"\r"):
            self._middle += data
            self._demand_room(len(self._rest) + len(self._middle))
            return []
        data = self._held() + data
        if not self._began:
            if _BOM.startswith(data[:3]) and len(data) < len(_BOM):
                self._rest = data
                return []
            data = data.removeprefix(_BOM)
            self._began = True
        if _CARRIAGE_RETURN not in data:
            # Nearly every upstream ends its lines in LF alone, which needs no pattern, and sends its events one by one.
            if 0 <= data.find(b"\n\n") == len(data) - 2:
                self._rest = b""
                return self._kept([data])
            *whole, self._rest = data.split(b"\n\n")
            return self._kept([event + b"\n\n" for event in whole])
        events = []
        start = 0
        while True:
            end = _END.search(data, start)
            # A CR at the very end may be the first half of a CRLF: what it ends is known with the next byte.
            if end is None or (end.end() == len(data) and data.endswith(b"\r")):
                break
            events.append(data[start : end.end()])
            start = end.end()
        self._rest = data[start:]
        return self._kept(events)

    def _kept(self, events: list[bytes]) -> list[bytes]:
        self.idle = not self._rest
        self._demand_room(len(self._rest))
        return events

    def _demand_room(self, length: int) -> None:
        if length > self._limit:
            raise EventTooLarge(f"an event is larger than {self._limit} bytes")

    def _held(self) -> bytes:
        """All of the event that has not ended."""
        if not self._middle:
            return self._rest
        held = self._rest + self._middle
        self._middle.clear()
        return held

    def rest(self) -> bytes:
        """What came after the last whole event. A stream that ends here dispatches it no more, by the standard."""
        rest, self._rest = self._held(), b""
        self.idle = True
        return rest


def data_of(event: bytes) -> bytes | None:
    """The data of an event, its lines joined by LF; None for one that has none (comments, keep-alives)."""
    if event.startswith(b"data:") and event.endswith(b"\n\n") and b"\n" not in event[:-2] and b"\r" not in event:
        return event[6:-2] if event.startswith(b"data: ") else event[5:-2]
    lines = []
    for line in _LINES.split(event):
        name, colon, value = line.partition(b":")
        if name == b"data":
            lines.append(value.removeprefix(b" ") if colon else b"")
    return b"\n".join(lines) if lines else None
