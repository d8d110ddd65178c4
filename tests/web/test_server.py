"""The end of a server: what is answered, what is told, and with which status the process ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from starlette.types import Receive, Scope, Send

from headgate.web.server import CannotListen, DrainTimes, address_of, listen
from tests.clients.wire import connected, request
from tests.web.lane.serving import ECHO, SILENT, ScriptedCall, next_turn, serving
from tests.web.streaming_server import ERROR, EVENT, EVENT_STREAM

ROOT_MODULE = "tests.web.streaming_server"
DRAIN = DrainTimes(delay=5, grace=30)


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
    ]
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.mark.anyio
async def test_a_signal_fails_readiness_at_once_and_requests_are_still_served() -> None:
    async with serving(ECHO, drain=DRAIN) as served, connected(served.port) as old:
        await old.send(request(b"one"))
        await old.answer()
        served.server.handle_exit(signal.SIGTERM, None)
        ready = served.server.readiness.ready
        await served.pass_time(4)
        async with connected(served.port) as fresh:
            await fresh.send(request(b"two"))
            answer = await fresh.answer()

    assert (ready, answer.body, answer.closes) == (False, b"two", False)


@pytest.mark.anyio
async def test_after_the_delay_nobody_listens_and_idle_connections_are_closed() -> None:
    async with serving(ECHO, drain=DRAIN) as served, connected(served.port) as idle:
        await idle.send(request(b"one"))
        await idle.answer()
        served.server.handle_exit(signal.SIGTERM, None)
        await served.pass_time(0)
        await served.stopped_listening()

        assert await idle.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            async with connected(served.port):
                pass


@pytest.mark.anyio
async def test_an_answer_under_way_is_finished_and_its_connection_closed() -> None:
    async with serving(SILENT, drain=DRAIN) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        call = await served.call()
        served.server.handle_exit(signal.SIGTERM, None)
        await served.stopped_listening()
        call.client.answer(200, b"", b"done")
        answer = await wire.answer()
        await served.ended()

    assert (answer.body, answer.closes, call.told) == (b"done", True, ["head", b"one", "body_complete"])
    assert served.flushed == ["flushed"]


@pytest.mark.anyio
async def test_a_stream_that_began_before_ends_its_connection_after_it() -> None:
    async with serving(SILENT, drain=DRAIN) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        call = await served.call()
        call.client.start(200, b"")
        call.client.write(b"a")
        served.server.handle_exit(signal.SIGTERM, None)
        await served.stopped_listening()
        call.client.write(b"b")
        call.client.end()
        answer = await wire.answer()
        rest = await wire.rest()

    assert (answer.body, rest) == (b"ab", b"")


@pytest.mark.anyio
async def test_at_the_end_of_the_grace_a_call_is_told_to_end() -> None:
    def end(call: ScriptedCall) -> None:
        call.client.write(b"error")
        call.client.end()

    async with serving({"drain": end}, drain=DRAIN) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        call = await served.call()
        call.client.start(200, b"")
        served.server.handle_exit(signal.SIGTERM, None)
        await served.stopped_listening()
        await served.pass_time(29)
        early = "drain" in call.told
        await served.pass_time(2)
        answer = await wire.answer()
        await served.ended()

    assert (early, answer.body, served.flushed) == (False, b"error", ["flushed"])


@pytest.mark.anyio
async def test_a_call_that_does_not_end_then_is_cut() -> None:
    async with serving(SILENT, drain=DRAIN) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        call = await served.call()
        call.client.start(200, b"")
        served.server.handle_exit(signal.SIGTERM, None)
        await served.stopped_listening()
        await served.pass_time(31)
        await call.until("drain")
        await served.pass_time(3)

        assert await wire.is_reset()
    assert call.told[-2:] == ["drain", "client_gone"]


@pytest.mark.anyio
async def test_an_application_that_outlives_the_grace_is_cancelled() -> None:
    async def endless(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()
        await receive()
        while True:
            await next_turn()

    async with serving(SILENT, drain=DRAIN, app=endless) as served, connected(served.port) as wire:
        await wire.send(request(b"one", path=b"/other"))
        while not served.server.server_state.tasks:
            await next_turn()
        served.server.handle_exit(signal.SIGTERM, None)
        await served.stopped_listening()
        await served.pass_time(31)
        await served.pass_time(3)
        await served.ended()


@pytest.mark.anyio
async def test_a_second_signal_ends_everything_at_once() -> None:
    async with serving(SILENT, drain=DRAIN) as served, connected(served.port) as wire:
        await wire.send(request(b"one"))
        call = await served.call()
        served.server.handle_exit(signal.SIGTERM, None)
        served.server.handle_exit(signal.SIGTERM, None)
        await served.ended()

        assert await wire.is_reset()
    assert call.told[-1] == "client_gone"
    assert served.flushed == ["flushed"]


@pytest.mark.anyio
async def test_one_sweep_moves_the_time_of_every_lane_and_the_date() -> None:
    async with serving(ECHO) as served:
        await served.pass_time(86_400)
        async with connected(served.port) as wire:
            await wire.send(request(b""))
            answer = await wire.answer()

    assert answer.headers["date"] == "Fri, 02 Jan 1970 00:16:40 GMT"
    assert served.server.inbound.now == 87_400


def test_an_address_that_is_taken_is_named() -> None:
    with closing(listen("127.0.0.1", 0)) as taken:
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(CannotListen, match=rf"cannot listen on '127\.0\.0\.1' port {port}: "):
            listen("127.0.0.1", port)


def test_a_host_that_does_not_exist_is_named() -> None:
    with pytest.raises(CannotListen, match=r"cannot listen on '203\.0\.113\.1' port 0: "):
        listen("203.0.113.1", 0)


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:")])
def test_the_address_is_a_url(host: str, shown: str) -> None:
    with closing(listen(host, 0)) as listener:
        assert address_of(listener) == f"{shown}{listener.getsockname()[1]}"


@contextmanager
def streaming(grace: float, hook: str = "working") -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", ROOT_MODULE, str(grace), hook]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def open_stream(port: int) -> socket.socket:
    """A connection on which the first event of a stream has arrived."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(request(b"{}"))
    read = b""
    while EVENT not in read:
        read += connection.recv(65536)
    assert EVENT_STREAM in read
    return connection


def rest_of(connection: socket.socket) -> bytes:
    read = b""
    while data := connection.recv(65536):
        read += data
    return read


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_under_fifty_streams_cuts_none_without_an_error_event(number: signal.Signals) -> None:
    with streaming(0.5) as (process, port), ExitStack() as stack:
        streams = [stack.enter_context(closing(open_stream(port))) for _ in range(50)]
        process.send_signal(number)
        ends = [rest_of(stream) for stream in streams]
        output, errors = process.communicate(timeout=30)

    chunk = b"%x\r\n%b\r\n" % (len(ERROR), ERROR)
    assert [end for end in ends if not end.endswith(chunk + b"0\r\n\r\n")] == []
    assert (process.returncode, output, "Traceback" in errors) == (0, "flushed\n", False)


def test_a_second_signal_does_not_wait_for_the_grace() -> None:
    with streaming(600) as (process, port), closing(open_stream(port)) as stream:
        process.send_signal(signal.SIGTERM)
        refused = False
        while not refused:
            # The first signal has been noticed when nobody listens any more.
            with closing(socket.socket()) as probe:
                refused = probe.connect_ex(("127.0.0.1", port)) != 0
        process.send_signal(signal.SIGTERM)
        end = rest_of(stream)
        output, _ = process.communicate(timeout=30)

    assert ERROR in end
    assert (process.returncode, output) == (1, "flushed\n")


def test_a_flush_that_fails_is_reported_and_the_others_run() -> None:
    with streaming(1, "failing") as (process, port), closing(open_stream(port)):
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=30)

    assert (process.returncode, output) == (1, "flushed\n")
    assert "nothing can be saved" in errors
