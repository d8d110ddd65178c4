"""Requests that are answered, however they arrive and whichever road they take."""

from __future__ import annotations

import pytest

from tests.clients.wire import chunked, connected, in_pieces, request
from tests.web.lane.serving import ECHO, SILENT, serving

pytestmark = pytest.mark.anyio

WHOLE = ["head", b"hello", "body_complete"]


async def test_a_request_that_arrives_whole_is_told_and_answered() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))
        answer = await wire.answer()

    assert (answer.status, answer.body, answer.closes) == (200, b"hello", False)
    assert served.calls[0].told == WHOLE


async def test_an_answer_carries_a_date_and_no_server_name() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))
        answer = await wire.answer()

    assert answer.headers["date"] == "Thu, 01 Jan 1970 00:16:40 GMT"
    assert set(answer.headers) == {"date", "content-type", "content-length"}


@pytest.mark.parametrize("message", [request(b"hello"), chunked(b"hel", b"lo")], ids=["with a length", "in chunks"])
@pytest.mark.parametrize("size", [1, 2, 7, 64])
async def test_a_call_is_told_the_same_in_pieces_of_any_size(message: bytes, size: int) -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(*in_pieces(message, size))
        answer = await wire.answer()

    assert answer.body == b"hello"
    assert served.calls[0].told == WHOLE


async def test_the_head_is_told_before_the_body_has_come() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"hello")[:-5])
        call = await served.call()

        assert call.told == ["head"]


async def test_the_head_has_names_in_lower_case_values_without_white_space_and_no_framing() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"", path=b"/v1/call?a=b&c", headers=[b"X-Odd:\t value \t", b"X-Empty:"]))
        await wire.answer()

    head = served.calls[0].request
    assert head is not None
    assert (head.path, head.query, head.client) == (b"/v1/call", b"a=b&c", "127.0.0.1")
    assert list(head.headers) == [
        (b"host", b"test"),
        (b"x-odd", b"value"),
        (b"x-empty", b""),
    ]


async def test_trailers_are_not_headers() -> None:
    message = chunked(b"hello")[:-2] + b"authorization: Bearer other\r\n\r\n"
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(message, request(b"again"))
        bodies = [(await wire.answer()).body, (await wire.answer()).body]

    assert bodies == [b"hello", b"again"]
    for call in served.calls:
        assert call.request is not None
        assert b"authorization" not in dict(call.request.headers)


async def test_a_connection_carries_one_request_after_another() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        answers = []
        for body in (b"one", b"two", b"three"):
            await wire.send(request(body))
            answers.append(await wire.answer())

    assert [(answer.body, answer.closes) for answer in answers] == [
        (b"one", False),
        (b"two", False),
        (b"three", False),
    ]


async def test_empty_lines_before_a_request_are_forgiven() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(b"\r\n\r\n" + request(b"one"))
        first = await wire.answer()
        await wire.send(b"\r\n" + request(b"two"))

        assert (first.body, (await wire.answer()).body) == (b"one", b"two")


async def test_connection_close_is_honoured() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"hello", headers=[b"connection: close"]))
        answer = await wire.answer()

        assert (answer.body, answer.closes) == (b"hello", True)
        assert await wire.rest() == b""


async def test_a_long_answer_arrives_whole() -> None:
    body = bytes(range(256)) * 4096
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(body))

        assert (await wire.answer()).body == body


async def test_a_stream_is_chunked_and_the_connection_goes_on() -> None:
    async with serving(SILENT) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))
        call = await served.call()
        call.client.start(200, b"")
        for piece in (b"a", b"b" * 40_000, b"c"):
            call.client.write(piece)
        call.client.end()
        answer = await wire.answer()
        await wire.send(request(b"again"))
        await served.call(1)

    assert (answer.headers["transfer-encoding"], answer.body) == ("chunked", b"a" + b"b" * 40_000 + b"c")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        pytest.param(request(b"abc", path=b"/other"), b"POST /other 127.0.0.1 3", id="another path"),
        pytest.param(request(b"abc", path=b"/v1/call/"), b"POST /v1/call/ 127.0.0.1 3", id="a slash more"),
        pytest.param(request(b"abc", path=b"//v1/call"), b"POST //v1/call 127.0.0.1 3", id="two slashes"),
        pytest.param(request(b"abc", path=b"/v1/%63all"), b"POST /v1/call 127.0.0.1 3", id="an escape"),
        pytest.param(request(b"abc", path=b"http://h/v1/call"), b"POST /v1/call 127.0.0.1 3", id="an absolute target"),
        pytest.param(request(b"", method=b"GET"), b"GET /v1/call 127.0.0.1 0", id="another method"),
        pytest.param(request(b"", method=b"OPTIONS"), b"OPTIONS /v1/call 127.0.0.1 0", id="OPTIONS"),
        pytest.param(chunked(b"ab", b"c", path=b"/other"), b"POST /other 127.0.0.1 3", id="chunks"),
    ],
)
async def test_what_is_not_an_inference_route_goes_on_to_the_applications(message: bytes, told: bytes) -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(message)
        answer = await wire.answer()

    assert (answer.status, answer.body, served.calls) == (404, told, [])


async def test_both_roads_share_a_connection() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        first = await wire.answer()
        await wire.send(*in_pieces(request(b"two", path=b"/other"), 5))
        second = await wire.answer()
        await wire.send(request(b"three"))
        third = await wire.answer()

    assert (first.body, second.body, third.body) == (b"one", b"POST /other 127.0.0.1 3", b"three")


async def test_head_gets_no_body() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(method=b"HEAD"))
        head = await wire.answer(head_only=True)
        await wire.send(request(b"next"))

        assert (head.status, (await wire.answer()).body) == (404, b"next")


@pytest.mark.parametrize("path", [b"/v1/call", b"/other"])
async def test_an_offer_of_another_protocol_is_ignored(path: bytes) -> None:
    offer = [b"connection: Upgrade, HTTP2-Settings", b"upgrade: h2c", b"http2-settings: AAMAAABk"]
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(*in_pieces(request(b"hello", path=path, headers=offer), 50))
        first = await wire.answer()
        await wire.send(chunked(b"he", b"llo", path=path, headers=offer))
        second = await wire.answer()
        await wire.send(request(b"", path=path, headers=offer))
        third = await wire.answer()
        await wire.send(request(b"next"))

        expected = [b"hello", b"hello", b""] if path == b"/v1/call" else [
            b"POST /other 127.0.0.1 5", b"POST /other 127.0.0.1 5", b"POST /other 127.0.0.1 0",
        ]  # fmt: skip
        assert [first.body, second.body, third.body] == expected
        assert (await wire.answer()).body == b"next"


@pytest.mark.parametrize("path", [b"/v1/call", b"/other"])
async def test_behind_a_trusted_proxy_the_client_is_who_the_proxy_names(path: bytes) -> None:
    forwarded = [b"x-forwarded-for: 203.0.113.9, 198.51.100.7, 127.0.0.2"]
    async with serving(ECHO, trusted=["127.0.0.0/8"]) as served, connected(served.port) as wire:
        await wire.send(request(b"", path=path, headers=forwarded))
        answer = await wire.answer()

    named = served.calls[0].request.client.encode() if served.calls and served.calls[0].request else answer.body
    assert b"198.51.100.7" in named


async def test_http_1_0_gets_whole_answers_with_a_length_and_an_end() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"hello", version=b"HTTP/1.0", headers=[b"connection: keep-alive"]))
        answer = await wire.answer()

        assert (answer.body, answer.headers["content-length"], answer.closes) == (b"hello", "5", True)
        assert await wire.rest() == b""


async def test_http_1_0_gets_a_stream_that_ends_with_the_connection() -> None:
    async with serving(SILENT) as served, connected(served.port) as wire:
        await wire.send(request(b"", version=b"HTTP/1.0"))
        call = await served.call()
        call.client.start(200, b"")
        call.client.write(b"one,")
        call.client.write(b"two")
        call.client.end()
        answer = await wire.answer()

    assert (answer.body, answer.closes, "transfer-encoding" in answer.headers) == (b"one,two", True, False)


async def test_http_1_0_can_tell_a_stream_that_was_cut() -> None:
    async with serving(SILENT) as served, connected(served.port) as wire:
        await wire.send(request(b"", version=b"HTTP/1.0"))
        call = await served.call()
        call.client.start(200, b"")
        call.client.write(b"one,")
        await wire.until(b"one,")
        call.client.abort()

        assert await wire.is_reset()


async def test_http_1_0_gets_no_chunks_from_the_applications() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"abc", path=b"/other", version=b"HTTP/1.0"))
        answer = await wire.answer()

    assert (answer.headers["content-length"], answer.body) == ("23", b"POST /other 127.0.0.1 3")
