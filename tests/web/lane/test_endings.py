"""How connections end: clients that leave, requests that come too early, and our own bugs."""

from __future__ import annotations

import logging

import pytest
from starlette.types import Receive, Scope, Send

from tests.clients.wire import connected, request
from tests.web.lane.serving import ECHO, SILENT, ScriptedCall, serving

pytestmark = pytest.mark.anyio


def fail(_: ScriptedCall) -> None:
    raise RuntimeError("a bug")


async def test_a_request_that_begins_before_the_answer_ends_the_connection_after_it() -> None:
    async with serving(SILENT) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        call = await served.call()
        await wire.send(request(b"two"), b"")
        call.client.answer(200, b"", b"1")
        answer = await wire.answer()

        assert (answer.body, answer.closes, len(served.calls)) == (b"1", True, 1)
        assert await wire.rest() == b""


async def test_a_request_that_begins_during_a_stream_ends_the_connection_after_it() -> None:
    async with serving(SILENT) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        call = await served.call()
        call.client.start(200, b"")
        call.client.write(b"a")
        await wire.until(b"a\r\n")
        await wire.send(request(b"two"), b"")
        call.client.write(b"b")
        call.client.end()

        assert await wire.rest() == b"1\r\nb\r\n0\r\n\r\n"
    assert len(served.calls) == 1


async def test_two_requests_at_once_get_one_answer() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"one") + request(b"two"))
        answer = await wire.answer()

        assert (answer.body, answer.closes, len(served.calls)) == (b"one", True, 1)
        assert await wire.rest() == b""


async def test_two_requests_at_once_get_one_answer_of_the_applications() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"one", path=b"/other") + request(b"two", path=b"/other"))
        answer = await wire.answer()

        assert (answer.body, answer.closes) == (b"POST /other 127.0.0.1 3", True)
        assert await wire.rest() == b""


async def test_input_without_end_during_an_answer_is_not_kept() -> None:
    async with serving(SILENT) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        call = await served.call()
        for _ in range(40):
            await wire.send(request(b"x" * 100_000))
        call.client.answer(200, b"", b"1")

        assert (await wire.answer()).body == b"1"


@pytest.mark.parametrize("sent", [len(request(b"hello")), len(request(b"hello")) - 2])
async def test_a_half_close_counts_as_gone(sent: int) -> None:
    async with serving(SILENT) as served, connected(served.port) as wire:
        await wire.send(request(b"hello")[:sent])
        call = await served.call()
        wire.stop_sending()
        await call.until("client_gone")
        await served.without_connections()


async def test_a_half_close_after_the_answer_is_an_orderly_end() -> None:
    async with serving(ECHO) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))
        wire.stop_sending()
        answer = await wire.answer()

        assert answer.body == b"hello"
        assert await wire.rest() == b""


async def test_a_client_that_resets_is_gone() -> None:
    async with serving(SILENT) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))
        call = await served.call()
        await call.until("body_complete")
        wire.reset()
        await call.until("client_gone")
        await served.without_connections()

    assert call.told.count("client_gone") == 1


async def test_what_a_call_writes_after_its_client_is_gone_goes_nowhere() -> None:
    async with serving(SILENT) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))
        call = await served.call()
        wire.reset()
        await call.until("client_gone")
        call.client.start(200, b"")
        call.client.write(b"x")
        call.client.end()
        call.client.abort()
        call.client.answer(200, b"", b"")


async def test_an_application_is_told_that_its_client_is_gone() -> None:
    heard: list[object] = []

    async def listening(_scope: Scope, receive: Receive, _send: Send) -> None:
        heard.append(await receive())
        heard.append(await receive())

    async with serving(SILENT, app=listening) as served, connected(served.port) as wire:
        await wire.send(request(b"a", path=b"/other"))
        while not heard:
            await wire.turn()
        wire.stop_sending()
        while len(heard) < 2:
            await wire.turn()

    assert heard[1] == {"type": "http.disconnect"}


async def test_an_aborted_stream_does_not_look_whole() -> None:
    async with serving(SILENT) as served, connected(served.port) as wire:
        await wire.send(request(b""))
        call = await served.call()
        call.client.start(200, b"")
        call.client.write(b"part")
        await wire.until(b"part\r\n")
        call.client.abort()

        assert await wire.is_reset()
        await served.without_connections()
    assert "client_gone" not in call.told


async def test_an_application_that_fails_in_its_answer_does_not_look_whole(caplog: pytest.LogCaptureFixture) -> None:
    async def failing(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        raise RuntimeError("a bug")

    with caplog.at_level(logging.CRITICAL):
        async with serving(SILENT, app=failing) as served, connected(served.port) as wire:
            await wire.send(request(b"", path=b"/other"))
            await wire.until(b"part\r\n")

            assert await wire.is_reset()


@pytest.mark.parametrize("event", ["head", "body", "body_complete"])
async def test_a_call_that_fails_is_abandoned_logged_and_cut(event: str, caplog: pytest.LogCaptureFixture) -> None:
    async with serving({event: fail}) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))

        assert await wire.is_reset()
    assert served.calls[0].told[-1] == "abandon"
    assert "req_test" in caplog.text
    assert "a bug" in caplog.text


async def test_a_call_that_fails_when_time_passes_is_abandoned() -> None:
    async with serving({"tick": fail}) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))
        call = await served.call()
        await served.pass_time(1)

        assert call.told[-1] == "abandon"
        assert await wire.is_reset()


async def test_a_call_that_fails_when_its_client_goes_is_abandoned() -> None:
    async with serving({"client_gone": fail}) as served, connected(served.port) as wire:
        await wire.send(request(b"hello"))
        call = await served.call()
        wire.reset()
        await call.until("abandon")


async def test_a_failed_call_leaves_other_connections_alone() -> None:
    async with serving({"tick": fail}) as served, connected(served.port) as broken, connected(served.port) as idle:
        await idle.send(request(b"", path=b"/other"))
        await idle.answer()
        await broken.send(request(b"hello"))
        await served.call()
        await served.pass_time(1)
        await idle.send(request(b"", path=b"/other"))

        assert (await idle.answer()).status == 404
