"""A client that keeps its connection sends the same head again and again, with another length.

Such a head has been parsed, checked and understood before. When the next message has the same bytes, but for the
digits of its Content-Length, and arrives whole, its parse can say nothing new: the parser is not asked, and stands
where it stood, at the beginning of a message. Anything else goes through the parser as ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from headgate.gateway.ports import CallEvents, Client, RequestHead

_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,10})\r\n", re.IGNORECASE)
_HEAD_END: Final = b"\r\n\r\n"
_LONGEST: Final = 8 * 1024
_COPIED: Final = 16 * 1024


class RepeatedHead(msgspec.Struct, frozen=True, gc=False):
    """A head that was admitted: its bytes before and after the digits of its length, what was read of it, and what
    opens the calls of its route."""

    before: bytes
    after: bytes
    head: RequestHead
    opens: Callable[[Client], CallEvents]

    def body_of(self, data: bytes) -> bytes | memoryview | None:
        """The body, if `data` is exactly one message with this head; else None. A long one is not copied."""
        if not data.startswith(self.before):
            return None
        start = len(self.before)
        end = data.find(b"\r", start, start + 11)
        digits = data[start:end]
        if end < 0 or not digits.isdigit() or not data.startswith(self.after, end):
            return None
        start = end + len(self.after)
        length = len(data) - start
        if length != int(digits):
            return None
        return data[start:] if length <= _COPIED else memoryview(data)[start:]


class SeenHead(msgspec.Struct, frozen=True, gc=False):
    """A head that was admitted, as it came, and how long the body behind it was.

    What of it may come again is worked out when something comes again: after a stream that is rare.
    """

    text: bytes
    length: int
    head: RequestHead
    opens: Callable[[Client], CallEvents]

    def repeated(self) -> RepeatedHead | None:
        """What is to be expected after it; None if it does not say by a Content-Length where its message ends."""
        found = _LENGTH.search(self.text)
        if found is None or int(found.group(1)) != self.length:
            return None
        return RepeatedHead(self.text[: found.start(1)], self.text[found.end(1) :], self.head, self.opens)


def seen_head(data: bytes, head: RequestHead, *, opens: Callable[[Client], CallEvents]) -> SeenHead | None:
    """The head of `data`, one whole message whose head the parser read as `head`; None for one that is very long."""
    end = data.find(_HEAD_END, 0, _LONGEST) + len(_HEAD_END)
    return SeenHead(data[:end], len(data) - end, head, opens) if end >= len(_HEAD_END) else None
