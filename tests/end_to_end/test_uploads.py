"""Forms and sound over real sockets on both sides: slow, cut, refused, and never a part that looks whole."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import httpx2
import pytest

from tests.clients.wire import request
from tests.dialects.forms import CONTENT_TYPE, file, form, part
from tests.end_to_end.chat import Answer
from tests.end_to_end.gateway import UPSTREAM_KEY, Gateway
from tests.origin.script import (
    LAST_CHUNK,
    Step,
    answer,
    answering,
    chunk,
    expect,
    expect_head,
    half_close,
    pause,
    reset,
    send,
    stream_head,
    until_closed,
)
from tests.origin.server import PATIENCE, Origin

MIB: Final = 1024 * 1024
HEAR: Final = "/v1/audio/transcriptions"
HEARD: Final = b'{"text":"Hello"}'
SOUND_HEAD: Final = stream_head(b"content-type: audio/mpeg\r\n")


def hearing(gateway: Gateway, url: str, **fields: object) -> str:
    return gateway.add(url, {"type": "audio_transcription", **fields})


def spoken(gateway: Gateway, url: str) -> Answer:
    """What comes of a request for speech, read to its end, however that comes."""
    model = gateway.add(url, {"type": "audio_speech"})
    with gateway.http.stream("POST", "/v1/audio/speech", json={"model": model, "input": "Hello"}) as response:
        body, framed = b"", True
        try:
            for piece in response.iter_raw():
                body += piece
        except httpx2.TransportError:
            framed = False
        return Answer(response.status_code, dict(response.headers), body, framed)


def upload(gateway: Gateway, body: bytes) -> bytes:
    """The request of a form, as bytes."""
    headers = [b"authorization: Bearer " + gateway.token.encode(), b"content-type: " + CONTENT_TYPE]
    return request(body, path=HEAR.encode(), headers=headers)


@pytest.fixture
def client(gateway: Gateway) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", gateway.program.port), PATIENCE) as connection:
        yield connection


def sending(client: socket.socket, data: bytes) -> threading.Thread:
    """Send in a thread of its own, as far as the gateway takes it."""

    def send_all() -> None:
        try:
            client.sendall(data)
        except OSError:
            return

    thread = threading.Thread(target=send_all)
    thread.start()
    return thread


def read_all(client: socket.socket) -> bytes:
    try:
        return b"".join(iter(partial(client.recv, 65536), b""))
    except OSError:
        return b""


# Forms


def test_eight_mebibytes_reach_an_upstream_that_begins_to_read_late(gateway: Gateway, client: socket.socket) -> None:
    with Origin([pause("late"), expect(), send(answer(HEARD)), until_closed()]) as origin:
        model = hearing(gateway, origin.url)
        sound = file(bytes(range(256)) * 32 * 1024)
        sender = sending(client, upload(gateway, form(part("model", model.encode()), sound)))
        origin.reached("late")
        origin.go("late")
        sender.join(PATIENCE)
        told = client.recv(65536)

    (asked,) = origin.requests
    assert told.startswith(b"HTTP/1.1 200")
    assert asked.body == form(part("model", b"upstream-model"), sound)
    assert asked.header(b"transfer-encoding") == b"chunked"
    assert asked.header(b"authorization") == f"Bearer {UPSTREAM_KEY}".encode()
    assert asked.header(b"content-type") == CONTENT_TYPE
    gateway.comes_to_rest()


def test_a_short_form_reaches_an_upstream_with_its_length(gateway: Gateway, client: socket.socket) -> None:
    with Origin([expect(), send(answer(HEARD)), until_closed()]) as origin:
        model = hearing(gateway, origin.url)
        client.sendall(upload(gateway, form(file(b"sound"), part("model", model.encode()))))
        told = client.recv(65536)

    assert told.startswith(b"HTTP/1.1 200")
    assert origin.requests[0].body == form(file(b"sound"), part("model", b"upstream-model"))
    assert origin.requests[0].header(b"transfer-encoding") is None


def test_a_short_form_fails_over(gateway: Gateway, client: socket.socket) -> None:
    with (
        Origin([expect(), send(answer(status=503)), until_closed()]) as broken,
        Origin(answering(answer(HEARD))) as good,
    ):
        other = hearing(gateway, good.url)
        model = hearing(gateway, broken.url, failover=other)
        client.sendall(upload(gateway, form(part("model", model.encode()), file(b"sound"))))
        told = client.recv(65536)

    assert told.startswith(b"HTTP/1.1 200")
    assert b"x-headgate-attempts: 2" in told


@pytest.mark.parametrize("leave", [socket.socket.close, lambda client: client.shutdown(socket.SHUT_WR)])
def test_a_client_that_leaves_in_the_middle_of_its_form_cuts_the_upstreams_request(
    gateway: Gateway, client: socket.socket, leave: Callable[[socket.socket], None]
) -> None:
    with Origin([expect_head(), until_closed()]) as origin:
        model = hearing(gateway, origin.url)
        body = upload(gateway, form(part("model", model.encode()), file(b"x" * 3 * MIB)))
        client.sendall(body[: 2 * MIB])
        origin.asked(1)
        leave(client)
        origin.closed()

    assert gateway.outcomes(model, "client_gone") == 1
    gateway.comes_to_rest()


def test_a_form_that_turns_out_wrong_on_its_way_is_a_400_and_cuts_the_upstreams_request(
    gateway: Gateway, client: socket.socket
) -> None:
    with Origin([expect_head(), until_closed()]) as origin:
        model = hearing(gateway, origin.url)
        body = form(part("model", model.encode()), file(b"x" * 2 * MIB))
        sender = sending(client, upload(gateway, body[:-4] + b"!!\r\n"))
        told = client.recv(65536)
        sender.join(PATIENCE)
        origin.closed()

    assert told.startswith(b"HTTP/1.1 400")
    assert b"invalid_body" in told
    gateway.comes_to_rest()


@pytest.mark.parametrize("end", [until_closed(), reset()], ids=["waits", "resets"])
def test_a_refusal_before_the_end_of_the_form_is_told(gateway: Gateway, client: socket.socket, end: Step) -> None:
    refusal = answer(b'{"error":{"message":"too long a sound"}}', status=413)
    with Origin([expect_head(), send(refusal), pause("told"), end]) as origin:
        model = hearing(gateway, origin.url)
        client.sendall(upload(gateway, form(part("model", model.encode()), file(b"x" * 4 * MIB)))[: 2 * MIB])
        told = client.recv(65536)
        origin.go("told")
        origin.closed()

    assert b"too long a sound" in told
    assert gateway.outcomes(model, "failed") == 1
    gateway.comes_to_rest()


def test_an_upstream_that_takes_nothing_of_a_form_is_given_up(hasty: Gateway) -> None:
    with (
        Origin([expect_head(), pause("stuck"), until_closed()]) as origin,
        socket.create_connection(("127.0.0.1", hasty.program.port), PATIENCE) as client,
    ):
        model = hearing(hasty, origin.url)
        sender = sending(client, upload(hasty, form(part("model", model.encode()), file(b"x" * 24 * MIB))))
        told = client.recv(65536)
        origin.go("stuck")
        origin.closed()
        client.close()
        sender.join(PATIENCE)

    assert told.startswith(b"HTTP/1.1 504")
    hasty.comes_to_rest()


# Sound


def test_sound_reaches_the_caller_before_the_upstream_has_ended(gateway: Gateway) -> None:
    with Origin([expect(), send(SOUND_HEAD, chunk(b"ID3")), pause("more"), send(chunk(b"more"), LAST_CHUNK)]) as origin:
        model = gateway.add(origin.url, {"type": "audio_speech"})
        with gateway.http.stream("POST", "/v1/audio/speech", json={"model": model, "input": "Hello"}) as response:
            parts = response.iter_raw()
            first = next(parts)
            origin.go("more")
            rest = b"".join(parts)

    assert (first, rest) == (b"ID3", b"more")
    assert response.headers["content-type"] == "audio/mpeg"


@pytest.mark.parametrize("end", [reset(), half_close()], ids=["reset", "end"])
def test_sound_that_is_cut_is_cut_at_the_caller(gateway: Gateway, end: Step) -> None:
    with Origin([expect(), send(SOUND_HEAD, chunk(b"ID3")), end]) as origin:
        told = spoken(gateway, origin.url)

    assert told.status in (200, 502)
    assert not (told.framed and told.status == 200)
    gateway.comes_to_rest()


def test_sound_that_only_the_end_of_the_connection_ends_is_cut_at_the_caller(gateway: Gateway) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\n\r\n"
    with Origin([expect(), send(head, b"ID3")]) as origin:
        told = spoken(gateway, origin.url)

    assert (told.status, told.framed) == (200, False)
    gateway.comes_to_rest()
