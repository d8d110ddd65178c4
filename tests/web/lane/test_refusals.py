"""Answers before the end of a request: what is still read, what is thrown away, and what the client gets to see."""

from __future__ import annotations

import pytest

from headgate.web.lane_shared import LaneLimits
from tests.clients.wire import chunked, connected, in_pieces, request
from tests.web.lane.serving import ECHO, REFUSE, SILENT, ScriptedCall, serving

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
LIMITS = LaneLimits(body_bytes=200_000)


async def test_a_refused_key_is_answered_before_the_body_is_sent() -> None:
    async with serving(REFUSE) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * MIB)[:-MIB])
        answer = await wire.answer()

    assert (answer.status, answer.closes) == (401, True)
    assert served.calls[0].told == ["head"]


async def test_after_a_refusal_a_short_body_is_read_and_the_connection_kept() -> None:
    message = request(b"x" * 64 * 1024)
    async with serving(REFUSE) as served, connected(served.port) as wire:
        await wire.send(message[:200])
        first = await wire.answer()
        await wire.send(message[200:])
        await wire.send(message)
        second = await wire.answer()

    assert [(answer.status, answer.closes) for answer in (first, second)] == [(401, False), (401, False)]
    assert [call.told for call in served.calls] == [["head"], ["head"]]


async def test_after_a_refusal_the_rest_of_a_short_body_and_the_next_request_may_come_together() -> None:
    async with serving(REFUSE) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * 100)[:-50])
        await wire.answer()
        await wire.send(b"x" * 50 + request(b"", path=b"/other"))
        answer = await wire.answer()

    assert (answer.status, answer.closes) == (404, False)


async def test_after_a_refusal_a_long_body_is_thrown_away_and_the_answer_not_lost() -> None:
    async with serving(REFUSE) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * 700_000))
        answer = await wire.answer()

        assert (answer.status, answer.closes) == (401, True)
        assert await wire.rest() == b""
        wire.stop_sending()
        await served.without_connections()


async def test_a_client_that_never_stops_sending_is_cut_off_after_a_mebibyte() -> None:
    async with serving(REFUSE) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * 64 * MIB)[:10_000])
        await wire.answer()
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            await wire.send(*[b"x" * MIB] * 64)
        await served.without_connections()


async def test_a_client_that_neither_sends_nor_closes_is_cut_off_after_a_second() -> None:
    async with serving(REFUSE) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * MIB)[:1000])
        await wire.answer()
        await served.pass_time(0.9)
        before = len(served.server.server_state.connections)
        await served.pass_time(0.2)
        await served.without_connections()

    assert before == 1


@pytest.mark.parametrize("path", [b"/v1/call", b"/other"])
async def test_a_body_declared_too_long_is_refused_before_it_is_read(path: bytes) -> None:
    async with serving(ECHO, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * 200_001, path=path)[:200])
        answer = await wire.answer()

    assert (answer.status, answer.closes, served.calls) == (413, True, [])
    assert answer.body.endswith(b" at " + path)


@pytest.mark.parametrize("path", [b"/v1/call", b"/other"])
async def test_a_body_that_grows_too_long_is_refused_in_the_middle(path: bytes) -> None:
    async with serving(ECHO, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(chunked(*[b"x" * 50_000] * 4, b"x", path=path))
        answer = await wire.answer()

    assert (answer.status, answer.closes) == (413, True)
    assert [call.told[-1] for call in served.calls] == ["client_gone"][: len(served.calls)]


async def test_the_longest_body_is_taken() -> None:
    async with serving(ECHO, limits=LIMITS) as served, connected(served.port) as wire:
        await wire.send(chunked(*[b"x" * 50_000] * 4))

        assert len((await wire.answer()).body) == 200_000


@pytest.mark.parametrize("path", [b"/v1/call", b"/other"])
@pytest.mark.parametrize("size", [1 << 20, 16_000, 100])
async def test_a_head_above_the_cap_is_refused_however_it_arrives(path: bytes, size: int) -> None:
    message = request(b"hello", path=path, headers=[b"x-long: " + b"x" * 33_000])
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(*in_pieces(message, size))
        answer = await wire.answer()

    assert (answer.status, answer.closes, served.calls) == (431, True, [])


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("cut", [0, 1, 2, 3, 4])
async def test_the_cap_is_exact_even_if_the_end_of_the_head_is_cut(cut: int, over: int) -> None:
    body = b"\r\n\r\n" * 20_000
    padding = 32 * 1024 - len(request(body, headers=[b"x-long: "])) + len(body) + over
    message = request(body, headers=[b"x-long: " + b"x" * padding])
    end = len(message) - len(body)
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(message[: end - cut], message[end - cut :])
        answer = await wire.answer()

    assert end == 32 * 1024 + over
    assert answer.status == (431 if over else 200)


async def test_a_head_without_end_is_refused() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(b"GET /" + b"a" * 40_000)
        answer = await wire.answer()

    assert (answer.status, answer.closes) == (431, True)


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param(b"5;" + b"x" * 70_000, id="a chunk extension"),
        pytest.param(b"0\r\n" + b"x: y\r\n" * 12_000, id="trailers"),
    ],
)
async def test_a_body_of_nothing_but_framing_is_refused(endless: bytes) -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(chunked(b"hello")[:-5], *in_pieces(endless, 10_000))
        answer = await wire.answer()

    assert (answer.status, answer.closes) == (400, True)
    assert served.calls[0].told[-1] == "client_gone"


async def test_100_continue_is_sent_after_the_head_was_admitted() -> None:
    message = request(b"hello", headers=[b"expect: 100-continue"])
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(message[:-5])
        interim = await wire.answer()
        await wire.send(b"hello")
        answer = await wire.answer()

    assert (interim.status, answer.status, answer.body, answer.closes) == (100, 200, b"hello", False)


async def test_100_continue_is_not_sent_when_the_head_is_refused() -> None:
    message = request(b"x" * MIB, headers=[b"expect: 100-continue"])
    async with serving(REFUSE) as served, connected(served.port) as wire:
        await wire.send(message[:-MIB])
        answer = await wire.answer()

        assert (answer.status, answer.closes) == (401, True)
        assert await wire.rest() == b""


@pytest.mark.parametrize("path", [b"/v1/call", b"/unread"])
async def test_a_client_that_waits_for_100_and_gets_another_answer_is_not_read_further(path: bytes) -> None:
    """Whether what comes next is the body or another request, nobody can tell."""
    message = request(b"x" * 100, path=path, headers=[b"expect: 100-continue"])
    async with serving(REFUSE) as served, connected(served.port) as wire:
        await wire.send(message[:-100])
        answer = await wire.answer()

        assert (answer.status >= 400, answer.closes) == (True, True)
        assert await wire.rest() == b""


async def test_http_1_0_knows_no_100_continue() -> None:
    message = request(b"hello", version=b"HTTP/1.0", headers=[b"expect: 100-continue"])
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(message[:-5], b"hello")

        assert (await wire.answer()).status == 200


async def test_100_continue_is_not_sent_to_a_client_that_did_not_wait() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"hello", headers=[b"expect: 100-continue"]))

        assert (await wire.answer()).status == 200


async def test_100_continue_is_sent_when_an_application_reads() -> None:
    message = request(b"abc", path=b"/other", headers=[b"expect: 100-continue"])
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(message[:-3])
        interim = await wire.answer()
        await wire.send(b"abc")

        assert (interim.status, (await wire.answer()).body) == (100, b"POST /other 127.0.0.1 3")


async def test_an_application_that_does_not_read_a_long_body_closes_the_connection() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"x" * 700_000, path=b"/unread"))
        answer = await wire.answer()

        assert (answer.status, answer.closes) == (404, True)
        assert await wire.rest() == b""


async def test_an_application_that_does_not_read_a_short_body_keeps_the_connection() -> None:
    message = request(b"x" * 1000, path=b"/unread")
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(message[:-500])
        first = await wire.answer()
        await wire.send(message[-500:])
        await wire.send(request(b"next"))

        assert (first.closes, (await wire.answer()).body) == (False, b"next")


async def test_a_call_that_answers_in_the_middle_of_the_body_is_told_nothing_more() -> None:
    def answer_at_once(call: ScriptedCall) -> None:
        call.client.answer(400, b"", b"enough")

    async with serving({**SILENT, "body": answer_at_once}) as served, connected(served.port) as wire:
        await wire.send(chunked(b"one", b"two", b"three"))
        answer = await wire.answer()

    assert (answer.status, answer.body) == (400, b"enough")
    assert served.calls[0].told == ["head", b"one"]
