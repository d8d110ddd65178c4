"""What the caller gets when the first upstream fails: the failover's answer, as long as nothing was forwarded."""

from __future__ import annotations

import pytest

from tests.end_to_end.chat import FAULT, piece, streamed, whole
from tests.end_to_end.gateway import Gateway
from tests.origin.script import Script, answer, answering, chunk, expect, pause, reset, send, stream_head, until_closed
from tests.origin.server import Origin, refusing

STREAMED_OR_NOT = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def answered_by_failover(gateway: Gateway, url: str, *, stream: bool) -> None:
    """Call an entry that is sent to `url`, and see that its failover gives the answer."""
    with Origin(answering(streamed("Hello") if stream else whole())) as other:
        failover = gateway.add(other.url)
        model = gateway.add(url, {"failover": failover})
        got = gateway.chat(model, stream=stream)

    attempts, served = got.headers["x-headgate-attempts"], got.headers["x-headgate-model"]
    assert (got.status, got.text, got.is_whole, attempts, served) == (200, "Hello", True, "2", failover)


@STREAMED_OR_NOT
def test_the_failover_answers_when_the_connection_is_refused(gateway: Gateway, stream: bool) -> None:  # noqa: FBT001
    with refusing() as url:
        answered_by_failover(gateway, url, stream=stream)

    gateway.comes_to_rest()


@STREAMED_OR_NOT
@pytest.mark.parametrize(
    "script",
    [
        pytest.param([expect(), reset()], id="a reset before the head"),
        pytest.param([expect(), send(b"HTTP/1.1 200 OK\r\ncontent-ty"), reset()], id="a reset in the head"),
        pytest.param(answering(answer(status=429)), id="429"),
        pytest.param(answering(answer(status=500)), id="500"),
        pytest.param(answering(answer(status=503, headers=b"retry-after: 9\r\n")), id="503"),
        pytest.param(answering(answer(b'{"error":{"message":"no"}}')), id="an error with status 200"),
    ],
)
def test_the_failover_answers_after(gateway: Gateway, script: Script, stream: bool) -> None:  # noqa: FBT001
    with Origin(script) as origin:
        answered_by_failover(gateway, origin.url, stream=stream)

    gateway.comes_to_rest()


def test_the_failover_answers_when_the_first_event_is_an_error(gateway: Gateway) -> None:
    with Origin([expect(), send(stream_head(), chunk(b": busy\n\n"), chunk(FAULT)), until_closed()]) as origin:
        answered_by_failover(gateway, origin.url, stream=True)
        origin.closed()

    gateway.comes_to_rest()


@STREAMED_OR_NOT
def test_the_failover_answers_when_the_upstream_stays_silent(hasty: Gateway, stream: bool) -> None:  # noqa: FBT001
    with Origin([expect(), until_closed()]) as origin:
        answered_by_failover(hasty, origin.url, stream=stream)
        origin.closed()

    hasty.comes_to_rest()


def test_there_is_no_failover_once_an_event_was_forwarded(gateway: Gateway) -> None:
    with (
        Origin([expect(), send(stream_head(), chunk(piece("Hel"))), pause("cut"), reset()]) as origin,
        Origin(answering(streamed("Hello"))) as other,
    ):
        model = gateway.add(origin.url, {"failover": gateway.add(other.url)})
        with gateway.calling(model) as live:
            live.event()
            origin.go("cut")
            got = live.rest()

    assert (got.text, got.error["code"], got.framed, other.accepted) == ("Hel", "provider_error", True, 0)
    gateway.comes_to_rest()


def test_the_last_failure_is_told_when_the_failover_fails_too(gateway: Gateway) -> None:
    limited = answer(b'{"error":{"message":"later"}}', status=429, headers=b"retry-after: 7\r\n")
    with Origin(answering(answer(status=500))) as origin, Origin(answering(limited)) as other:
        got = gateway.chat(gateway.add(origin.url, {"failover": gateway.add(other.url)}))

    told = got.headers["retry-after"], got.headers["x-headgate-attempts"]
    assert (got.status, got.error["code"], told) == (429, "rate_limit_exceeded", ("7", "2"))
    gateway.comes_to_rest()
