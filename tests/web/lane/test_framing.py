"""Requests that two readers could read differently are refused, and no call hears of them."""

from __future__ import annotations

import asyncio

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clients.wire import chunked, connected, in_pieces, request
from tests.web.lane.serving import ECHO, serving

HEAD = b"POST /v1/call HTTP/1.1\r\nhost: test\r\n"
CHUNKS = HEAD + b"transfer-encoding: chunked\r\n\r\n"

REFUSED_HEADS = {
    "a length beside chunks": HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks beside a length": HEAD + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    "the same length twice": HEAD + b"content-length: 5\r\ncontent-length: 5\r\n\r\nhello",
    "a list of lengths": HEAD + b"content-length: 5, 5\r\n\r\nhello",
    "a length with a sign": HEAD + b"content-length: +5\r\n\r\nhello",
    "a negative length": HEAD + b"content-length: -5\r\n\r\nhello",
    "a hexadecimal length": HEAD + b"content-length: 0x5\r\n\r\nhello",
    "an empty length": HEAD + b"content-length:\r\n\r\n",
    "a length without bounds": HEAD + b"content-length: 99999999999999999999999\r\n\r\n",
    "another coding": HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "another coding only": HEAD + b"transfer-encoding: gzip\r\n\r\n",
    "identity and chunks": HEAD + b"transfer-encoding: identity\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": HEAD + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks with a parameter": HEAD + b"transfer-encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
    "a coding with a control character": HEAD + b"transfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /v1/call HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded header": HEAD + b"x-odd: a\r\n b\r\n\r\n",
    "a folded coding": HEAD + b"transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": HEAD + b"content-length : 5\r\n\r\nhello",
    "a space before the first header": b"POST /v1/call HTTP/1.1\r\n host: test\r\n\r\n",
    "a header without a colon": HEAD + b"content-length\r\n\r\n",
    "a header without a name": HEAD + b": 5\r\n\r\n",
    "NUL in a value": HEAD + b"x-odd: a\x00b\r\n\r\n",
    "NUL in a name": HEAD + b"x-\x00odd: a\r\n\r\n",
    "bare line feeds": b"POST /v1/call HTTP/1.1\nhost: test\n\n",
    "a bare line feed after a header": HEAD + b"x-odd: a\ncontent-length: 5\r\n\r\nhello",
    "a bare carriage return": HEAD + b"x-odd: a\rcontent-length: 5\r\n\r\nhello",
    "two hosts": HEAD + b"host: other\r\n\r\n",
    "no host": b"POST /v1/call HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
    "no version": b"POST /v1/call\r\nhost: test\r\n\r\n",
    "version 0.9": b"POST /v1/call HTTP/0.9\r\nhost: test\r\n\r\n",
    "version 2.0": b"POST /v1/call HTTP/2.0\r\nhost: test\r\n\r\n",
    "a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a method in lower case": b"post /v1/call HTTP/1.1\r\nhost: test\r\n\r\n",
    "an unknown method": b"BREW /v1/call HTTP/1.1\r\nhost: test\r\n\r\n",
    "CONNECT": b"CONNECT host:443 HTTP/1.1\r\nhost: test\r\n\r\n",
    "bytes above ASCII in the target": b"POST /v1/call\xc3\xa4 HTTP/1.1\r\nhost: test\r\n\r\n",
    "a target without a path": b"GET http://host HTTP/1.1\r\nhost: test\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}

REFUSED_BODIES = {
    "a chunk size that is no number": CHUNKS + b"zz\r\nhello\r\n0\r\n\r\n",
    "a chunk size with a prefix": CHUNKS + b"0x5\r\nhello\r\n0\r\n\r\n",
    "a chunk size with a sign": CHUNKS + b"+5\r\nhello\r\n0\r\n\r\n",
    "a chunk size with a space": CHUNKS + b"5 \r\nhello\r\n0\r\n\r\n",
    "a chunk size without bounds": CHUNKS + b"ffffffffffffffffff\r\nhello",
    "a chunk size that ends with a line feed": CHUNKS + b"5\nhello\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKS + b"5\r\nhello!\r\n0\r\n\r\n",
    "a length in the trailers": CHUNKS + b"5\r\nhello\r\n0\r\ncontent-length: 5\r\n\r\n",
}


@pytest.mark.anyio
@pytest.mark.parametrize("message", REFUSED_HEADS.values(), ids=REFUSED_HEADS.keys())
async def test_an_ambiguous_head_is_refused_before_any_call(message: bytes) -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(message)
        answer = await wire.answer()

        assert (answer.status, answer.closes, served.calls) == (400, True, [])
        assert await wire.rest() == b""


@pytest.mark.anyio
@pytest.mark.parametrize("message", REFUSED_HEADS.values(), ids=REFUSED_HEADS.keys())
async def test_an_ambiguous_head_is_refused_byte_by_byte_too(message: bytes) -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(*in_pieces(message, 1))
        answer = await wire.answer()

        assert (answer.status, answer.closes, served.calls) == (400, True, [])


@pytest.mark.anyio
@pytest.mark.parametrize("path", [b"/v1/call", b"/other"])
@pytest.mark.parametrize("message", REFUSED_BODIES.values(), ids=REFUSED_BODIES.keys())
async def test_a_malformed_body_is_refused_and_the_call_learns_that_its_client_is_gone(
    message: bytes, path: bytes
) -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(message.replace(b"/v1/call", path))
        answer = await wire.answer()

        assert (answer.status, answer.closes) == (400, True)
        assert await wire.rest() == b""
    assert [call.told[-1] for call in served.calls] == ["client_gone"][: len(served.calls)]


@pytest.mark.anyio
@pytest.mark.parametrize("message", REFUSED_HEADS.values(), ids=REFUSED_HEADS.keys())
async def test_what_hides_behind_a_request_is_never_answered(message: bytes) -> None:
    """The second message is malformed, or what a front server took for a part of the first."""
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"hello") + message)
        answer = await wire.answer()

        assert (answer.body, answer.closes, len(served.calls)) == (b"hello", True, 1)
        assert await wire.rest() == b""


SAMPLES = [
    request(b"hello"),
    request(b"x" * 3000, headers=[b"x-long: " + b"y" * 500]),
    chunked(b"hel", b"lo", b"!" * 700),
    chunked(b"hello", headers=[b"connection: upgrade", b"upgrade: h2c"]),
    request(b"hello", version=b"HTTP/1.0"),
    request(b"hello") + request(b"pipelined"),
    *REFUSED_HEADS.values(),
    *REFUSED_BODIES.values(),
]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_call_is_told_the_same_however_the_bytes_are_cut(data: st.DataObject) -> None:
    message = data.draw(st.sampled_from(SAMPLES))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(message) - 1)), max_size=8)))
    pieces = [message[start:end] for start, end in zip([0, *cuts], [*cuts, len(message)], strict=True)]

    async def told(*pieces: bytes) -> list[list[str | bytes]]:
        async with serving({}) as served, connected(served.port) as wire:
            await wire.send(*(piece for piece in pieces if piece))
            wire.stop_sending()
            await wire.is_reset()
            await served.without_connections()
        return [call.told for call in served.calls]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(told(*pieces)) == runner.run(told(message))
