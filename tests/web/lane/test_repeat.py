"""A head that comes again, with another length: what is asked and answered is what the parser would have made of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.gateway.ports import CallEvents, Client, RequestHead
from headgate.web.lane_repeat import RepeatedHead, seen_head
from tests.clients.wire import connected, request
from tests.web.lane.serving import ECHO, serving

HEAD = RequestHead(b"/v1/call", b"", [(b"host", b"test")], "127.0.0.1")


def opens(_client: Client) -> CallEvents:
    raise AssertionError("nothing is opened here")


def after(data: bytes) -> RepeatedHead | None:
    seen = seen_head(data, HEAD, opens=opens)
    return None if seen is None else seen.repeated()


def message(body: bytes, *, length: int | None = None, name: bytes = b"Content-Length", more: bytes = b"") -> bytes:
    size = len(body) if length is None else length
    return b"POST /v1/call HTTP/1.1\r\nHost: test\r\n%b: %d\r\n%b\r\n%b" % (name, size, more, body)


@given(st.binary(max_size=300), st.binary(max_size=300), st.sampled_from([b"", b"x-more: 1\r\n"]))
def test_the_same_head_with_any_other_body_gives_that_body(first: bytes, second: bytes, more: bytes) -> None:
    repeat = after(message(first, more=more))

    assert repeat is not None
    assert repeat.body_of(message(second, more=more)) == second


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(message(b"hello", length=4), id="a length that is too short"),
        pytest.param(message(b"hello", length=6), id="a body that is not whole"),
        pytest.param(message(b"hello") + b"POST", id="the beginning of another message"),
        pytest.param(message(b"hello", more=b"x-more: 1\r\n"), id="one more field"),
        pytest.param(message(b"hello", name=b"Content-length"), id="another spelling"),
        pytest.param(message(b"hello").replace(b": 5", b": +5"), id="a length with a sign"),
        pytest.param(message(b"hello").replace(b": 5", b":  5"), id="another white space"),
        pytest.param(message(b"hello").replace(b": 5", b": 5 "), id="white space after the length"),
        pytest.param(message(b"hello").replace(b": 5", b": 00000000005"), id="a length of too many digits"),
        pytest.param(message(b"hello").replace(b": 5", b": \xb2"), id="a digit of another script"),
        pytest.param(message(b"hello").replace(b": 5", b": 5, 5"), id="a list of lengths"),
        pytest.param(message(b"hello").replace(b": 5\r\n", b": 5\r\nContent-Length: 5\r\n"), id="two lengths"),
        pytest.param(message(b"hello").replace(b"test", b"tent"), id="another host"),
        pytest.param(message(b"hello")[:40], id="half a head"),
    ],
)
def test_whatever_else_differs_goes_through_the_parser(other: bytes) -> None:
    repeat = after(message(b"hi"))

    assert repeat is not None
    assert repeat.body_of(other) is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="chunks"),
        pytest.param(message(b"hello")[:-1], id="a body that is not whole"),
        pytest.param(message(b"hello") + b"x", id="more than one message"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n", id="no length"),
        pytest.param(message(b"hello", more=b"x-more: %b\r\n" % (b"x" * 8192)), id="a very long head"),
    ],
)
def test_only_a_whole_message_with_a_length_is_remembered(data: bytes) -> None:
    assert after(data) is None


@pytest.mark.anyio
async def test_each_message_of_a_connection_is_a_call_of_its_own() -> None:
    bodies = [b"one", b"", b"three and more", b"x" * 100_000, b"five"]
    async with serving(ECHO) as served, connected(served.port) as wire:
        answers = []
        for body in bodies:
            await wire.send(request(body))
            answers.append((await wire.answer()).body)

    assert answers == bodies
    assert len(served.calls) == len(bodies)


@pytest.mark.anyio
async def test_a_message_after_a_repeated_one_may_be_of_any_kind() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        answers = []
        for sent in (request(b"one"), request(b"two"), request(b"other", headers=[b"x-other: 1"]), request(b"four")):
            await wire.send(sent)
            answers.append((await wire.answer()).body)

    assert answers == [b"one", b"two", b"other", b"four"]


@pytest.mark.anyio
async def test_a_repeated_head_that_arrives_in_pieces_is_read_by_the_parser() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        first = await wire.answer()
        for byte in request(b"second"):
            await wire.send(bytes([byte]))
        second = await wire.answer()

    assert (first.body, second.body) == (b"one", b"second")


@pytest.mark.anyio
async def test_a_repeated_head_is_bound_by_the_cap_on_bodies() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        await wire.answer()
        await wire.send(re.sub(rb"(?i)content-length: \d+", b"content-length: 4000000000", request(b"")))
        refused = await wire.answer()

    assert refused.status == 413
