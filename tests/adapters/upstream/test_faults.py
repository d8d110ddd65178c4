"""What goes wrong on the way to an answer, over real sockets."""

from __future__ import annotations

import pytest

from headgate.core.failure import FailureKind
from tests.adapters.upstream.rig import Rig, bugs_of_the_loop
from tests.origin.script import (
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
from tests.origin.server import Origin, refusing

pytestmark = pytest.mark.anyio


async def test_a_refused_connection_is_refused(rig: Rig) -> None:
    with refusing() as url:
        told = await rig.call(url)

    assert (told.told, told.kind) == (["failed"], FailureKind.REFUSED)


async def test_a_reset_before_the_head_is_a_reset(rig: Rig) -> None:
    with Origin([expect(), reset()]) as origin:
        told = await rig.call(origin.url)

    assert (told.told, told.kind) == (["connected", "failed"], FailureKind.RESET)


async def test_an_end_before_the_head_is_a_reset(rig: Rig) -> None:
    with Origin([expect()]) as origin:
        told = await rig.call(origin.url)

    assert (told.told, told.kind) == (["connected", "failed"], FailureKind.RESET)


async def test_a_reset_in_the_middle_of_the_head_is_a_reset(rig: Rig) -> None:
    with Origin([expect(), send(b"HTTP/1.1 200 OK\r\ncontent-ty"), pause("head"), reset()]) as origin:
        _, told = await rig.start(origin.url)
        await origin.reaches("head")
        origin.go("head")
        await told.over()

    assert (told.told, told.kind) == (["connected", "failed"], FailureKind.RESET)


async def test_an_upstream_that_stays_silent_can_be_aborted(rig: Rig) -> None:
    with Origin([expect(), pause("silent"), until_closed()]) as origin:
        wire, told = await rig.start(origin.url)
        await origin.reaches("silent")
        wire.abort()
        origin.go("silent")
        await origin.closes()

    assert told.told == ["connected"]


@pytest.mark.parametrize("end", [reset(), half_close()], ids=["reset", "end"])
async def test_a_chunked_answer_that_ends_early_is_cut(rig: Rig, end: Step) -> None:
    with Origin([expect(), send(stream_head(), chunk(b"one")), pause("cut"), end, until_closed()]) as origin:
        _, told = await rig.start(origin.url)
        await told.until_body(b"one")
        origin.go("cut")
        await told.over()

    assert (told.told, told.kind) == (["connected", "head", "bytes", "failed"], FailureKind.CUT)


async def test_a_sized_answer_that_ends_early_is_cut(rig: Rig) -> None:
    with Origin([expect(), send(answer(b"12345")[:-1])]) as origin:
        told = await rig.call(origin.url)

    assert (told.body, told.kind) == (b"1234", FailureKind.CUT)


async def test_a_body_without_framing_that_ends_in_a_reset_is_cut(rig: Rig) -> None:
    with Origin([expect(), send(b"HTTP/1.1 200 OK\r\n\r\nsome"), pause("cut"), reset()]) as origin:
        _, told = await rig.start(origin.url)
        await told.until_body(b"some")
        origin.go("cut")
        await told.over()

    assert told.kind is FailureKind.CUT


async def test_a_stall_in_the_middle_of_a_stream_can_be_aborted(rig: Rig) -> None:
    with Origin([expect(), send(stream_head(), chunk(b"one")), until_closed()]) as origin:
        wire, told = await rig.start(origin.url)
        await told.until_body(b"one")
        wire.abort()
        await origin.closes()

    assert told.told == ["connected", "head", "bytes"]


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(b"HTTP/1.1 2x0 OK\r\n\r\n", id="status no number"),
        pytest.param(b"HTTP/1.1 000 OK\r\ncontent-length: 0\r\n\r\n", id="status 000"),
        pytest.param(b"HTTP/1.1 999 OK\r\ncontent-length: 0\r\n\r\n", id="status 999"),
        pytest.param(b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n", id="version 2.0"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="another protocol"),
        pytest.param(b"<html></html>", id="no head at all"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n", id="two framings"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n", id="the same, turned"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", id="two lengths"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}", id="negative length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\n{}", id="list of lengths"),
        pytest.param(b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", id="encoded transfer"),
        pytest.param(b"HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\n\r\n", id="unknown transfer"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x8b", id="gzip"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: a\x00b\r\ncontent-length: 0\r\n\r\n", id="nul in a header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 0\r\n\r\n", id="folded header"),
        pytest.param(b"HTTP/1.1 200 OK\ncontent-length: 0\n\n", id="bare line feeds"),
        pytest.param(b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n", id="switched protocols"),
    ],
)
async def test_a_head_that_is_not_http_is_malformed(rig: Rig, response: bytes) -> None:
    with Origin([expect(), send(response), until_closed()]) as origin:
        told = await rig.call(origin.url)
        await origin.closes()

    assert (told.told, told.kind) == (["connected", "failed"], FailureKind.MALFORMED)


@pytest.mark.parametrize(
    "framing",
    [
        pytest.param(b"zz\r\n", id="size no number"),
        pytest.param(b"-3\r\nabc\r\n", id="negative size"),
        pytest.param(b"fffffffffffffffff\r\n", id="size too large to count"),
        pytest.param(b"3\nabc\n", id="bare line feed"),
        pytest.param(b"3\r\nabcd\r\n", id="chunk longer than its size"),
        pytest.param(b"0\r\nbad trailer\r\n\r\n", id="trailer no field"),
    ],
)
async def test_malformed_chunks_fail_after_what_was_good(rig: Rig, framing: bytes) -> None:
    with Origin([expect(), send(stream_head(), chunk(b"good"), framing), until_closed()]) as origin:
        told = await rig.call(origin.url)
        await origin.closes()

    assert told.told == ["connected", "head", "bytes", "failed"]
    assert told.kind is FailureKind.MALFORMED
    assert told.body.startswith(b"good")


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000 + b"\r\n\r\n", id="one large field"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000, id="a field without end"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"x: a\r\n" * 12_000 + b"\r\n", id="many fields"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\nx: a\r\n\r\n" * 2_500, id="informational heads without end"),
    ],
)
async def test_an_oversized_head_is_too_large(rig: Rig, response: bytes) -> None:
    with Origin([expect(), send(response), until_closed()]) as origin:
        told = await rig.call(origin.url)
        await origin.closes()

    assert (told.told, told.kind) == (["connected", "failed"], FailureKind.TOO_LARGE)


@pytest.mark.parametrize(
    "framing",
    [
        pytest.param(b"3;" + b"x" * 300_000, id="chunk extension"),
        pytest.param(b"0\r\n" + b"trailer: value\r\n" * 20_000, id="trailers"),
        pytest.param(b"0\r\ntrailer: " + b"v" * 300_000, id="one trailer"),
    ],
)
async def test_framing_without_end_is_too_large(rig: Rig, framing: bytes) -> None:
    with Origin([expect(), send(stream_head()), send(framing), until_closed()]) as origin:
        told = await rig.call(origin.url)
        await origin.closes()

    assert told.kind is FailureKind.TOO_LARGE


async def test_an_upstream_that_reads_no_more_can_be_aborted_while_the_request_leaves(rig: Rig) -> None:
    with Origin([expect_head(), pause("full"), until_closed()]) as origin:
        wire, told = await rig.start(origin.url, b"x" * 30_000_000)
        await origin.reaches("full")
        wire.abort()
        origin.go("full")
        await origin.closes()

    assert told.told == ["connected"]


async def test_an_exception_of_the_call_is_no_fault_of_the_upstream(rig: Rig) -> None:
    bugs = bugs_of_the_loop()
    bug = ValueError("ours")

    def stumble(event: str) -> None:
        if event == "bytes":
            raise bug

    with Origin([expect(), send(answer()[:-1]), until_closed()]) as origin:
        _, told = await rig.start(origin.url)
        told.react = stumble
        await told.over()
        await origin.closes()

    assert told.told == ["connected", "head", "bytes", "abandoned"]
    assert bugs == [bug]


async def test_an_exception_at_the_end_leaves_the_connection_in_order(rig: Rig) -> None:
    bugs = bugs_of_the_loop()

    def stumble(event: str) -> None:
        if event == "done":
            raise ValueError(event)

    with Origin(answering(answer())) as origin:
        _, told = await rig.start(origin.url)
        told.react = stumble
        await told.until("abandoned")
        again = await rig.call(origin.url)

    assert len(bugs) == 1
    assert (again.told, origin.accepted) == (["head", "bytes", "done"], 1)


@pytest.mark.parametrize("event", ["connected", "failed"])
async def test_an_exception_at_the_connection_abandons_the_call(rig: Rig, event: str) -> None:
    bugs = bugs_of_the_loop()
    bug = ValueError("ours")

    def stumble(name: str) -> None:
        if name == event:
            raise bug

    with Origin([until_closed()]) as origin, refusing() as nowhere:
        _, told = rig.connect(origin.url if event == "connected" else nowhere)
        told.react = stumble
        await told.until("abandoned")
        await rig.settled()
        await origin.closes()

    assert (told.told, bugs) == ([event, "abandoned"], [bug])


async def test_a_resolver_that_breaks_abandons_the_call() -> None:
    bugs = bugs_of_the_loop()
    bug = RuntimeError("ours")

    def broken(_: str) -> list[str]:
        raise bug

    rig = Rig(look_up=broken)
    _, told = rig.connect("http://one.example/v1")
    await told.over()
    await rig.close()

    assert (told.told, bugs) == (["abandoned"], [bug])
