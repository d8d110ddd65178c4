"""Which streams are whole."""

import pytest

from bench.conversation import streamed_events
from bench.stream_load import END_OF_BODY, Order, flaw_of, request_bytes
from bench.stream_origin import HEAD, LAST_CHUNK, chunked, stream_chunks

WHOLE = HEAD + b"".join(stream_chunks())


def stream_of(events: list[bytes]) -> bytes:
    return HEAD + b"".join(chunked(event) for event in events) + LAST_CHUNK


def test_what_the_origin_sends_is_whole() -> None:
    assert flaw_of(WHOLE) is None


@pytest.mark.parametrize(
    ("received", "flaw"),
    [
        pytest.param(b"", "nothing received", id="nothing came"),
        pytest.param(WHOLE[:-5], "cut", id="the last chunk is missing"),
        pytest.param(stream_of(streamed_events()[:-1]), "no [DONE] at the end", id="the end marker is missing"),
        pytest.param(
            stream_of(streamed_events()[1:]), "other text than the origin's", id="the first piece was swallowed"
        ),
        pytest.param(
            stream_of([*streamed_events()[:50], b'data: {"error":{"message":"cut"}}\n\n', b"data: [DONE]\n\n"]),
            "an error event",
            id="an error in the middle",
        ),
        pytest.param(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\n{}", "status 401: b'{}'", id="a refusal"),
    ],
)
def test_a_stream_that_is_not_whole_is_told_apart(received: bytes, flaw: str) -> None:
    assert flaw_of(received) == flaw


@pytest.mark.parametrize(
    ("received", "ended"),
    [
        pytest.param(WHOLE, True, id="the last chunk came"),
        pytest.param(HEAD.replace(b"\r\n\r\n", b"\r\nx-request-id: 40\r\n\r\n"), False, id="a header ends in a zero"),
        pytest.param(HEAD, False, id="only the head came"),
    ],
)
def test_the_end_of_a_stream_is_its_last_chunk(received: bytes, *, ended: bool) -> None:
    assert received.endswith(END_OF_BODY) is ended


def test_bytes_that_are_not_http_are_told_apart() -> None:
    found = flaw_of(b"garbage\r\n\r\n")

    assert found is not None
    assert found.startswith("not HTTP")


def test_a_request_carries_its_headers_and_the_length_of_its_body() -> None:
    order = Order(
        port=8080, path="/v1/x", headers=[("authorization", "Bearer k")], body="é", streams=1, deadline_seconds=1.0
    )

    assert request_bytes(order) == (
        b"POST /v1/x HTTP/1.1\r\nhost: 127.0.0.1:8080\r\ncontent-length: 2\r\nauthorization: Bearer k\r\n\r\n\xc3\xa9"
    )
