"""SIGTERM under live calls: each comes to an end that its client can see, and the process ends with status 0."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final

import httpx2
import pytest

from tests.end_to_end.chat import DONE, FINISH, REPORT, Answer, piece
from tests.end_to_end.gateway import Gateway, asking, serving
from tests.origin.script import LAST_CHUNK, chunk, expect, pause, send, stream_head, until_closed
from tests.origin.server import Origin

STREAMS: Final = 50
SETTINGS: Final = {"HEADGATE_DRAIN_DELAY": "1", "HEADGATE_DRAIN_GRACE": "2"}


@dataclass(frozen=True)
class Drained:
    """What came of a gateway that was ended while it served."""

    readiness: int | None
    streams: list[Answer]
    waiting: bytes
    idle: bytes
    status: int


@pytest.fixture(scope="module")
def drained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drained]:
    with serving(tmp_path_factory.mktemp("drained") / "data", SETTINGS) as gateway:
        yield drain(gateway)


def drain(gateway: Gateway) -> Drained:
    """End a gateway that has 50 live streams, a call without an answer, and a connection without a call."""
    begin = send(stream_head(), chunk(piece("Hel")))
    rest = send(chunk(piece("lo")), chunk(FINISH + REPORT + DONE), LAST_CHUNK)
    with (
        Origin([expect(), begin, pause("begun"), rest, until_closed()]) as finishing,
        Origin([expect(), begin, until_closed()]) as stalling,
        Origin([expect(), until_closed()]) as silent,
        connection(gateway) as idle,
        connection(gateway) as waiting,
        ExitStack() as clients,
    ):
        waiting.sendall(asking(gateway, gateway.add(silent.url)))
        silent.asked(1)
        models = [gateway.add(origin.url) for origin in (finishing, stalling)]
        live = [clients.enter_context(gateway.calling(model)) for model in models for _ in range(STREAMS // 2)]
        for each in live:
            each.event()
        gateway.program.terminate()
        ready = readiness(gateway)
        for _ in range(STREAMS // 2):
            finishing.go("begun")
        ends = [each.rest() for each in live]
        for origin in (finishing, stalling, silent):
            origin.closed()
        return Drained(ready, ends, to_the_end(waiting), to_the_end(idle), gateway.program.ended())


def connection(gateway: Gateway) -> socket.socket:
    return socket.create_connection(("127.0.0.1", gateway.program.port))


def to_the_end(client: socket.socket) -> bytes:
    return b"".join(iter(partial(client.recv, 65536), b""))


def readiness(gateway: Gateway) -> int | None:
    """The status of the probe; None if nobody listens any more."""
    try:
        return httpx2.get(f"{gateway.address}/health/readiness", trust_env=False).status_code
    except httpx2.TransportError:
        return None


def test_no_stream_is_cut_without_an_error_event(drained: Drained) -> None:
    told = [end.text if end.is_whole else f"{end.text}: {end.error['code']}" for end in drained.streams]

    assert told == ["Hello"] * (STREAMS // 2) + ["Hel: shutting_down"] * (STREAMS // 2)


def test_every_stream_ends_in_its_framing(drained: Drained) -> None:
    assert [end.framed for end in drained.streams] == [True] * STREAMS


def test_a_call_that_has_no_answer_is_refused_with_a_status(drained: Drained) -> None:
    assert drained.waiting.startswith(b"HTTP/1.1 503 ")
    assert b'"code":"shutting_down"' in drained.waiting


def test_a_connection_without_a_call_is_closed_in_order(drained: Drained) -> None:
    assert drained.idle == b""


def test_the_gateway_is_not_ready_while_it_drains(drained: Drained) -> None:
    assert drained.readiness in {503, None}


def test_the_process_ends_with_status_0(drained: Drained) -> None:
    assert drained.status == 0
