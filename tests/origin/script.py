"""What a scripted origin does with one connection, byte by byte.

A script is a list of steps. It needs no timing: where a test must know how far the origin has come, or hold it there,
the script says `pause("here")`, the test waits until it is reached and says `go("here")`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Expect:
    """Read one request: its head, and with `body` as many bytes as its content-length says, or its chunks."""

    body: bool


@dataclass(frozen=True)
class Send:
    """Write these bytes; `at_once` False: each byte in a write of its own."""

    data: bytes
    at_once: bool


@dataclass(frozen=True)
class Pause:
    """Wait here until the test says `go(name)`."""

    name: str


@dataclass(frozen=True)
class HalfClose:
    """Close the sending half. What the peer sends is still read."""


@dataclass(frozen=True)
class Reset:
    """Break the connection with a reset, not with an orderly end."""


@dataclass(frozen=True)
class UntilClosed:
    """Read and drop until the peer closes."""


@dataclass(frozen=True)
class Forever:
    """Do the steps again and again, until the peer closes."""

    steps: Script


Step: TypeAlias = Expect | Send | Pause | HalfClose | Reset | UntilClosed | Forever
Script: TypeAlias = tuple[Step, ...] | list[Step]


def expect() -> Step:
    return Expect(body=True)


def expect_head() -> Step:
    return Expect(body=False)


def send(*data: bytes) -> Step:
    return Send(b"".join(data), at_once=True)


def send_bytewise(*data: bytes) -> Step:
    return Send(b"".join(data), at_once=False)


def pause(name: str) -> Step:
    return Pause(name)


def half_close() -> Step:
    return HalfClose()


def reset() -> Step:
    return Reset()


def until_closed() -> Step:
    return UntilClosed()


def forever(*steps: Step) -> Step:
    return Forever(steps)


def answering(*data: bytes) -> Script:
    """The script of a well-behaved origin: the same answer to every request, on a connection that is kept."""
    return [forever(expect(), send(*data))]


# Bytes that many scripts send


def answer(body: bytes = b"{}", *, status: int = 200, headers: bytes = b"content-type: application/json\r\n") -> bytes:
    """A whole answer with a content-length."""
    return b"HTTP/1.1 %d Status\r\n%bcontent-length: %d\r\n\r\n%b" % (status, headers, len(body), body)


def stream_head(headers: bytes = b"content-type: text/event-stream\r\n") -> bytes:
    """The head of a chunked answer."""
    return b"HTTP/1.1 200 OK\r\n%btransfer-encoding: chunked\r\n\r\n" % headers


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
