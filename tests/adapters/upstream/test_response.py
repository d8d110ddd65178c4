"""Whatever a response is, how its bytes were cut into reads makes no difference."""

from __future__ import annotations

import asyncio
import gc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.adapters.upstream.connection import Connection
from headgate.adapters.upstream.exchange import Exchange
from headgate.core.failure import FailureKind
from headgate.gateway.outbox import Outbox, Writable
from headgate.http1 import caps
from tests.adapters.upstream.recorder import Recorder
from tests.origin.script import LAST_CHUNK, answer, chunk, stream_head

RESPONSES = {
    "sized": answer(b'{"id": 1}'),
    "empty": answer(b""),
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "chunked": stream_head() + chunk(b"data: 1\n\n") + chunk(b"data: [DONE]\n\n") + LAST_CHUNK,
    "chunk extensions and trailers": stream_head() + b'3;a="b"\r\nabc\r\n0;c\r\nx: y\r\n\r\n',
    "informational": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\na: b\r\n\r\n" + answer(b"{}"),
    "ended by the connection": b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nall of it",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\nall of it",
    "cut in the head": b"HTTP/1.1 200 OK\r\ncontent-",
    "cut in a sized body": answer(b"12345")[:-2],
    "cut in a chunk": stream_head() + b"5\r\nabc",
    "cut between chunks": stream_head() + chunk(b"abc"),
    "malformed chunk": stream_head() + chunk(b"good") + b"zz\r\n",
    "chunk too long": stream_head() + b"3\r\nabcd\r\n",
    "malformed status": b"HTTP/1.1 20 OK\r\n\r\n",
    "unknown status": b"HTTP/1.1 600 OK\r\ncontent-length: 2\r\n\r\n{}",
    "encoded": b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 2\r\n\r\nxy",
    "two framings": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "switched": b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n\x00\x00",
    "left over": answer(b"{}") + b"HTTP/1.1 200",
    "garbage left over": answer(b"{}") + b"\x00\x01",
    "exactly at the cap": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 457 + b"\r\ncontent-length: 2\r\n\r\n{}",
    "a byte above the cap": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 458 + b"\r\ncontent-length: 2\r\n\r\n{}",
}
CAP = 500


class Transport(asyncio.Transport):
    """A transport that takes everything and is closed when it is told so."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True


class Keeper:
    def made(self, connection: Connection) -> None: ...

    def kept(self, connection: Connection) -> None: ...

    def lost(self, connection: Connection) -> None: ...


class AtOnce(Outbox):
    """An outbox whose turns end with each write."""

    def write(self, transport: Writable, data: bytes) -> None:
        transport.write(data)
        self.turn += 1


class Unended(Outbox):
    """An outbox whose turn goes on."""

    def write(self, transport: Writable, data: bytes) -> None: ...


def told_of(pieces: list[bytes]) -> tuple[object, ...]:
    """What a call is told of a response that arrives in these pieces and is followed by the connection's end."""
    connection, transport, recorder = Connection(Keeper(), head_bytes=CAP, outbox=AtOnce()), Transport(), Recorder()
    connection.connection_made(transport)
    connection.exchange = Exchange(recorder, 1, fresh=False)
    connection.send(b"", b"")
    for piece in pieces:
        if not transport.closed:
            connection.data_received(piece)
    if not transport.closed:
        connection.eof_received()
    connection.connection_lost(None)
    return recorder.told, recorder.status, recorder.headers, recorder.body, recorder.framed, recorder.kind


@pytest.mark.parametrize("name", RESPONSES)
@given(data=st.data())
def test_how_a_response_is_cut_makes_no_difference(name: str, data: st.DataObject) -> None:
    response = RESPONSES[name]
    cuts = data.draw(st.sets(st.integers(1, len(response) - 1), max_size=12))
    ends = [0, *sorted(cuts), len(response)]

    pieces = [response[start:end] for start, end in pairwise(ends)]

    assert told_of(pieces) == told_of([response])


@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_may_come_in_single_bytes(name: str) -> None:
    response = RESPONSES[name]

    assert told_of([response[at : at + 1] for at in range(len(response))]) == told_of([response])


def test_a_connection_that_is_lost_leaves_nothing_to_the_collector() -> None:
    gc.collect()

    told_of([answer(b"{}")])

    assert gc.collect() == 0


@given(noise=st.binary(min_size=1, max_size=200), prefix=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", stream_head()]))
def test_any_bytes_end_in_exactly_one_outcome(noise: bytes, prefix: bytes) -> None:
    told = told_of([prefix + noise])[0]

    assert isinstance(told, list)
    assert [event for event in told if event in ("done", "failed")] == told[-1:]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("exactly at the cap", None),
        ("a byte above the cap", FailureKind.TOO_LARGE),
        ("encoded", FailureKind.MALFORMED),
        ("cut in a chunk", FailureKind.CUT),
        ("cut in the head", FailureKind.RESET),
    ],
)
def test_what_comes_of_a_response(name: str, kind: FailureKind | None) -> None:
    assert told_of([RESPONSES[name]])[-1] is kind


def test_the_cap_on_heads_is_that_of_http1() -> None:
    assert caps.RESPONSE_HEAD == 65536


def test_an_answer_that_comes_before_its_request_has_left_answers_nothing() -> None:
    transport, recorder = Transport(), Recorder()
    connection = Connection(Keeper(), head_bytes=CAP, outbox=Unended())
    connection.connection_made(transport)
    connection.exchange = Exchange(recorder, 1, fresh=False)
    connection.send(b"", b"")

    connection.data_received(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n")

    assert recorder.kind is FailureKind.MALFORMED
    assert transport.closed
