"""A client that hangs up: the upstream's connection is closed, and the call is settled as one whose client is gone."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial

import pytest

from tests.end_to_end.chat import piece
from tests.end_to_end.gateway import Gateway, asking
from tests.origin.script import chunk, expect, send, stream_head, until_closed
from tests.origin.server import Origin

Leave = Callable[[socket.socket], None]


def close(client: socket.socket) -> None:
    client.close()


def stop_sending(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("leave", [close, stop_sending], ids=["closes", "stops sending"])
def test_a_client_leaves_before_the_first_token(gateway: Gateway, leave: Leave, stream: bool) -> None:  # noqa: FBT001
    with Origin([expect(), until_closed()]) as origin:
        model = gateway.add(origin.url)
        with socket.create_connection(("127.0.0.1", gateway.program.port)) as client:
            client.sendall(asking(gateway, model, stream=stream))
            origin.asked(1)
            leave(client)
            origin.closed()

    assert gateway.outcomes(model, "client_gone") == 1
    gateway.comes_to_rest()


@pytest.mark.parametrize("leave", [close, stop_sending], ids=["closes", "stops sending"])
def test_a_client_leaves_in_the_middle_of_a_stream(gateway: Gateway, leave: Leave) -> None:
    with Origin([expect(), send(stream_head(), chunk(piece("Hel"))), until_closed()]) as origin:
        model = gateway.add(origin.url)
        with socket.create_connection(("127.0.0.1", gateway.program.port)) as client:
            client.sendall(asking(gateway, model, stream=True))
            received = b""
            for part in iter(partial(client.recv, 65536), b""):
                received += part
                if b"Hel" in received:
                    break
            leave(client)
            origin.closed()

    assert gateway.outcomes(model, "client_gone") == 1
    gateway.comes_to_rest()


def test_a_client_leaves_while_the_failover_works(gateway: Gateway) -> None:
    with Origin([expect()]) as broken, Origin([expect(), until_closed()]) as origin:
        model, failover = gateway.add(broken.url), gateway.add(origin.url)
        gateway.ask("PATCH", f"/v1/models/{model}", {"failover": failover})
        with socket.create_connection(("127.0.0.1", gateway.program.port)) as client:
            client.sendall(asking(gateway, model, stream=True))
            origin.asked(1)
        origin.closed()

    assert gateway.outcomes(failover, "client_gone") == 1
    gateway.comes_to_rest()
