"""Answers that are not streamed, from an origin that sends them byte by byte as scripted."""

from __future__ import annotations

import pytest

from tests.end_to_end.chat import COST, whole, whole_body
from tests.end_to_end.gateway import Gateway
from tests.origin.script import (
    LAST_CHUNK,
    Script,
    answer,
    chunk,
    expect,
    half_close,
    reset,
    send,
    send_bytewise,
    stream_head,
    until_closed,
)
from tests.origin.server import Origin, refusing

JSON_CHUNKED = stream_head(b"content-type: application/json\r\n")
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
HUGE_HEAD = b"HTTP/1.1 200 OK\r\n" + b"x-padding: %b\r\n" % (b"x" * 1000) * 200
BODY = whole_body()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([expect(), send_bytewise(whole()), until_closed()], id="in single bytes"),
        pytest.param(
            [expect(), send(JSON_CHUNKED, *map(chunk, (BODY[:9], BODY[9:])), LAST_CHUNK), until_closed()],
            id="in chunks",
        ),
        pytest.param(
            [expect(), send(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", whole()), until_closed()],
            id="after an interim answer",
        ),
        pytest.param([expect(), send(b"HTTP/1.1 100 Continue\r\n\r\n" * 3, whole()), until_closed()], id="after three"),
        pytest.param([expect(), send(UNTIL_THE_END, BODY), half_close(), until_closed()], id="ended by the connection"),
    ],
)
def test_an_answer_arrives_that_came(gateway: Gateway, script: Script) -> None:
    with Origin(script) as origin:
        got = gateway.chat(gateway.add(origin.url))

    assert (got.status, got.text, float(got.headers["x-headgate-cost"])) == (200, "Hello", COST)
    gateway.comes_to_rest()


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        pytest.param([expect()], 502, "provider_no_response", id="that ended before the head"),
        pytest.param([expect(), reset()], 502, "provider_no_response", id="that was reset before the head"),
        pytest.param(
            [expect(), send(b"HTTP/1.1 200 OK\r\ncontent-"), reset()],
            502,
            "provider_no_response",
            id="reset in the head",
        ),
        pytest.param(
            [expect(), send(b"SMTP ready\r\n\r\n"), until_closed()], 502, "provider_error", id="that is not HTTP"
        ),
        pytest.param([expect(), send(HUGE_HEAD), until_closed()], 502, "provider_error", id="with huge headers"),
        pytest.param(
            [expect(), send(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 9000), until_closed()],
            502,
            "provider_error",
            id="with interim answers without end",
        ),
        pytest.param([expect(), send(whole()[:-1])], 502, "provider_error", id="shorter than its length"),
        pytest.param([expect(), send(whole()[:-1]), reset()], 502, "provider_error", id="reset in the body"),
        pytest.param(
            [expect(), send(JSON_CHUNKED, chunk(BODY[:9]), b"xyz\r\n"), until_closed()],
            502,
            "provider_error",
            id="with a chunk of no size",
        ),
        pytest.param(
            [expect(), send(JSON_CHUNKED, chunk(BODY)), half_close(), until_closed()],
            502,
            "provider_error",
            id="without the last chunk",
        ),
        pytest.param(
            [expect(), send(UNTIL_THE_END, BODY[:-1]), half_close(), until_closed()],
            502,
            "provider_error",
            id="that is cut and ended by the connection",
        ),
        pytest.param(
            [expect(), send(answer(b"<html>", headers=b"content-type: text/html\r\n")), half_close(), until_closed()],
            502,
            "provider_error",
            id="that is not JSON",
        ),
        pytest.param(
            [expect(), send(answer(status=302, headers=b"location: /elsewhere\r\n")), half_close(), until_closed()],
            502,
            "provider_error",
            id="that redirects",
        ),
    ],
)
def test_no_answer_is_made_of_one(gateway: Gateway, script: Script, status: int, code: str) -> None:
    with Origin(script) as origin:
        got = gateway.chat(gateway.add(origin.url))
        origin.closed()
        gateway.comes_to_rest()

    assert (got.status, got.error["code"], len(origin.requests)) == (status, code, 1)


def test_a_refused_connection_is_a_gateway_error(gateway: Gateway) -> None:
    with refusing() as url:
        got = gateway.chat(gateway.add(url))

    assert (got.status, got.error["code"]) == (502, "provider_no_response")
    gateway.comes_to_rest()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="before the first byte"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-", id="in the head"),
        pytest.param(whole()[:-1], id="in the body"),
    ],
)
def test_an_upstream_that_stalls_is_given_up(hasty: Gateway, sent: bytes) -> None:
    with Origin([expect(), send(sent), until_closed()]) as origin:
        got = hasty.chat(hasty.add(origin.url))
        origin.closed()
        hasty.comes_to_rest()

    assert (got.status, got.error["code"]) == (504, "provider_no_response")


def test_the_time_of_the_entry_is_kept(gateway: Gateway) -> None:
    with Origin([expect(), until_closed()]) as origin:
        got = gateway.chat(gateway.add(origin.url, {"limits": {"timeout": 1}}))
        origin.closed()

    assert (got.status, got.error["code"]) == (504, "provider_no_response")
    gateway.comes_to_rest()


def test_a_connection_is_used_again_after_a_good_answer(gateway: Gateway) -> None:
    with Origin([expect(), send(whole()), expect(), send(whole("Again")), until_closed()]) as origin:
        model = gateway.add(origin.url)
        texts = [gateway.chat(model).text, gateway.chat(model).text]

    assert (texts, origin.accepted) == (["Hello", "Again"], 1)
    gateway.comes_to_rest()


def test_a_call_whose_kept_connection_closes_is_sent_once_more(gateway: Gateway) -> None:
    with Origin([expect(), send(whole()), expect()], [expect(), send(whole("Again")), until_closed()]) as origin:
        model = gateway.add(origin.url)
        gateway.chat(model)
        got = gateway.chat(model)

    assert (got.text, got.headers["x-headgate-attempts"], origin.accepted) == ("Again", "2", 2)
    gateway.comes_to_rest()
