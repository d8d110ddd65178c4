"""A request that asks for another protocol is served in this one.

The parser takes an Upgrade at its word: it ends the message at its head and leaves the rest to somebody else. There
is nobody else, and clients that offer h2c with every request send a body all the same (RFC 9110, 7.8 lets a server
ignore the offer). So a second parser, which was told of no upgrade, reads that body.
"""

from __future__ import annotations

from typing import NoReturn, Protocol

import httptools

from headgate.http1.inbound import CHUNKED


class BodyEvents(Protocol):
    """What a lane records of a body."""

    def stop_reading(self) -> NoReturn:
        """Another message begins before this one was answered. Raises, which stops the parser."""

    def on_body(self, body: bytes) -> None: ...

    def on_message_complete(self) -> None: ...


class _BodyReader:
    """Passes on what the second parser sees, except the beginning of the message, which is known already."""

    def __init__(self, lane: BodyEvents) -> None:
        self._lane = lane
        self._begun = False
        self.on_body = lane.on_body
        self.on_message_complete = lane.on_message_complete

    def on_message_begin(self) -> None:
        if self._begun:
            self._lane.stop_reading()
        self._begun = True


def body_reader(lane: BodyEvents, length: int) -> httptools.HttpRequestParser:
    """A parser that stands at the beginning of a body of `length` bytes."""
    parser = httptools.HttpRequestParser(_BodyReader(lane))
    framing = b"transfer-encoding: chunked" if length == CHUNKED else b"content-length: %d" % length
    parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n\r\n" % framing)
    return parser
