"""Reads the responses of one connection.

Parser callbacks only record, and whoever feeds bytes looks at the record afterwards. So an exception of ours is never
taken for one of the parser's, and one read is told as one event, however many chunks it held. What is recorded does
not depend on how the bytes were cut.

The parser is kept from response to response: it stands at the start of the next message once one is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import httptools
import msgspec

from headgate.core.failure import Failure, FailureKind
from headgate.http1 import headers as fields

_PLAIN: Final = b"HTTP/1.1 "
"""How nearly every response begins; asking the parser for the version takes longer."""
_VERSIONS: Final = frozenset({"1.0", "1.1"})
_IDENTITY: Final = frozenset({b"", b"identity"})
_WATCHED: Final = frozenset({b"content-encoding", b"content-length", b"keep-alive", b"transfer-encoding"})


class ReceivedHeaders(msgspec.Struct, frozen=True):
    """Header fields, names in lower case. They are put into that form when somebody looks, which few do."""

    as_received: dict[bytes, bytes]

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return ((name.lower(), value.rstrip()) for name, value in self.as_received.items())


def malformed(message: str) -> Failure:
    return Failure(kind=FailureKind.MALFORMED, message=f"the upstream's answer is not valid HTTP/1.1: {message}")


class ResponseReader:
    """The record of one response, and the parser that fills it.

    `status` is 0 until the head is complete. `pieces` are body bytes that nobody has taken yet. `sized` tells whether
    the head says where the body ends; if not, the end of the connection does. A `failure` before the head leaves
    `status` at 0. After `complete` nothing is recorded but `left_over`: that bytes followed.
    """

    __slots__ = (
        "_cap",
        "_fed",
        "_fields",
        "_last",
        "_names",
        "_parser",
        "_plain",
        "_silence",
        "_watched",
        "complete",
        "failure",
        "headers",
        "keep_alive",
        "keep_for",
        "left_over",
        "on_body",
        "on_header",
        "pieces",
        "sized",
        "status",
    )

    failure: Failure | None
    headers: ReceivedHeaders
    keep_for: int | None

    def __init__(self, head_bytes: int) -> None:
        self._cap = head_bytes
        # The parser calls the dictionary itself: a function of ours would be entered for every field of every answer.
        # Of a field that comes twice the first counts; where that could matter the parser ends the body elsewhere.
        self._fields: dict[bytes, bytes] = {}
        self.on_header = self._fields.setdefault
        self.pieces: list[bytes] = []
        self.on_body = self.pieces.append
        self._parser = httptools.HttpResponseParser(self)
        self._plain = False
        self._silence = 0
        self._last = 0
        # The names of the last response, and those of them that are watched: an upstream rarely changes them.
        self._names: list[bytes] = []
        self._watched: list[bytes] = []
        self.failure = None
        self.keep_alive = self.left_over = False
        self.next()

    def next(self) -> None:
        """Forget a response that was good; the next bytes begin another."""
        self._fed = 0
        self.status = 0
        self._fields.clear()
        self.sized = self.complete = False
        self.keep_for = None

    def close(self) -> None:
        """Nothing will be fed any more. Reader and parser know each other: parted, they go without the collector."""
        del self._parser

    @property
    def started(self) -> bool:
        """Whether any byte of the response has come."""
        return self._fed > 0

    def feed(self, data: bytes) -> None:
        try:
            if self.status:
                self._parser.feed_data(data)
            else:
                fed = self._fed
                if not fed:
                    self._plain = data.startswith(_PLAIN)
                self._fed = fed + len(data)
                if self._fed <= self._cap:
                    self._parser.feed_data(data)
                else:
                    self._feed_beyond_cap(data, fed)
        except httptools.HttpParserCallbackError as error:
            raise error.__context__ or error from None
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if self.complete:
                self.left_over = True
            elif self.failure is None:
                self.failure = malformed(str(error))
        if self.pieces:
            self._silence = 0
        elif self.status and not self.complete:
            self._silence += len(data)
            if self._silence > self._cap and self.failure is None:
                self.failure = too_large("the framing of the upstream's answer", self._cap)

    def take(self) -> bytes:
        """The body bytes recorded since the last time, in one piece."""
        pieces = self.pieces
        if self.left_over:
            del pieces[self._last :]
        if len(pieces) == 1:
            return pieces.pop()
        body = b"".join(pieces)
        pieces.clear()
        return body

    def _feed_beyond_cap(self, data: bytes, fed: int) -> None:
        """Feed no more than the cap before the head is complete: what is refused must not depend on the cutting."""
        self._parser.feed_data(data[: self._cap - fed])
        if self.status:
            self._parser.feed_data(data[self._cap - fed :])
        elif self.failure is None:
            self.failure = too_large("the head of the upstream's answer", self._cap)

    # Called by the parser

    def on_message_begin(self) -> None:
        if self.complete:
            self.left_over = True

    def on_headers_complete(self) -> None:
        if self.status:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:
            self._fields.clear()
            self._plain = False
            return
        # A copy, because trailers and the next response go into the same dictionary.
        received = self._fields
        self.headers = ReceivedHeaders(received.copy())
        names = list(received)
        if names != self._names:
            self._names = names
            self._watched = [name for name in names if name.lower() in _WATCHED]
        for name in self._watched:
            self._watch(name.lower(), received[name].rstrip())
        if not 200 <= status < 600:
            self.failure = malformed(f"status {status} answers nothing that was asked")
        elif not self._plain and (version := self._parser.get_http_version()) not in _VERSIONS:
            self.failure = malformed(f"it is of HTTP version {version}")
        elif self.failure is None:
            self.status = status

    def on_message_complete(self) -> None:
        if self.status and not self.complete:
            self.complete = True
            self._last = len(self.pieces)
            self.keep_alive = self._parser.should_keep_alive()

    def _watch(self, name: bytes, value: bytes) -> None:
        """Fields that change how the body is read, or how long the connection lives."""
        if name == b"content-length":
            self.sized = True
        elif name == b"keep-alive":
            self.keep_for = fields.seconds(value, b"timeout")
        elif name == b"transfer-encoding":
            self.sized = True
            if value.lower() != b"chunked":
                self.failure = malformed(f"transfer-encoding {_shown(value)}; accepted: chunked")
        elif value.lower() not in _IDENTITY:
            self.failure = malformed(f"content-encoding {_shown(value)} although identity was asked for")


def too_large(what: str, limit: int) -> Failure:
    return Failure(kind=FailureKind.TOO_LARGE, message=f"{what} is larger than {limit} bytes")


def _shown(value: bytes) -> str:
    return repr(value[:40].decode("latin-1"))
