"""Requests whose body is sent in pieces, over real sockets."""

from __future__ import annotations

import pytest

from headgate.core.failure import FailureKind
from tests.adapters.upstream.rig import PATH, Rig, turn
from tests.origin.script import answer, expect, expect_head, pause, reset, send, until_closed
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio

TYPE = b"multipart/form-data; boundary=b"
PIECE = b"x" * 256 * 1024


async def test_a_body_of_known_length_is_sent_with_it(rig: Rig) -> None:
    with Origin([expect(), send(answer()), until_closed()]) as origin:
        wire, told = rig.connect(origin.url)
        await told.until("connected")
        wire.open(PATH, TYPE, length=6)
        assert wire.write(b"abc")
        assert wire.write(b"def")
        assert wire.finish()
        await told.over()

    (request,) = origin.requests
    assert request.body == b"abcdef"
    assert request.header(b"content-type") == TYPE
    assert request.header(b"transfer-encoding") is None
    assert told.told == ["connected", "head", "bytes", "done"]


async def test_a_body_of_unknown_length_is_sent_in_chunks(rig: Rig) -> None:
    with Origin([expect(), send(answer()), expect(), send(answer()), until_closed()]) as origin:
        wire, told = rig.connect(origin.url)
        await told.until("connected")
        wire.open(PATH, TYPE, length=None)
        wire.write(b"abc")
        wire.write(b"d" * 70_000)
        wire.finish()
        await told.over()
        await rig.call(origin.url)

    request = origin.requests[0]
    assert request.body == b"abc" + b"d" * 70_000
    assert request.header(b"content-length") is None
    assert origin.accepted == 1


async def test_the_connection_serves_again_after_a_body_in_pieces(rig: Rig) -> None:
    with Origin([expect(), send(answer()), expect(), send(answer()), until_closed()]) as origin:
        wire, told = rig.connect(origin.url)
        await told.until("connected")
        wire.open(PATH, TYPE, length=3)
        wire.write(b"abc")
        wire.finish()
        await told.over()
        again = await rig.call(origin.url)

    assert again.status == 200
    assert origin.accepted == 1
    assert origin.requests[1].header(b"content-type") == b"application/json"


async def test_an_upstream_that_takes_nothing_holds_the_body_back(rig: Rig) -> None:
    with Origin([expect_head(), pause("full"), expect(), send(answer()), until_closed()]) as origin:
        wire, told = rig.connect(origin.url)
        await told.until("connected")
        wire.open(PATH, TYPE, length=64 * len(PIECE))
        written = 1
        while wire.write(PIECE):
            written += 1
            assert written < 64, "the kernel takes it all"
            await turn()
        assert "sent" not in told.told
        wire.abort()
        origin.go("full")

    await rig.settled()


async def test_it_is_told_when_the_body_may_go_on(rig: Rig) -> None:
    total = 64 * len(PIECE)
    with Origin([pause("begin"), expect(), send(answer()), until_closed()]) as origin:
        wire, told = rig.connect(origin.url)
        await told.until("connected")
        wire.open(PATH, TYPE, length=total)
        left = 64
        while left:
            left -= 1
            if not wire.write(PIECE):
                origin.go("begin")
                await told.until("sent")
                told.told.remove("sent")
        if not wire.finish():
            await told.until("sent")
        await told.over()

    assert len(origin.requests[0].body) == total
    assert told.status == 200


async def test_an_answer_before_the_end_of_the_body_is_told_and_its_connection_not_kept(rig: Rig) -> None:
    with Origin([expect_head(), send(answer(status=413)), until_closed()]) as origin:
        wire, told = rig.connect(origin.url)
        await told.until("connected")
        wire.open(PATH, TYPE, length=None)
        wire.write(b"abc")
        await told.over()
        await origin.closes()

    assert told.status == 413
    assert told.told == ["connected", "head", "bytes", "done"]
    assert wire.write(b"more")
    assert wire.finish()
    await rig.settled()


async def test_a_reset_in_the_middle_of_the_body_is_a_failure(rig: Rig) -> None:
    with Origin([expect_head(), reset()]) as origin:
        wire, told = rig.connect(origin.url)
        await told.until("connected")
        wire.open(PATH, TYPE, length=None)
        wire.write(b"abc")
        await told.over()

    assert told.kind is FailureKind.RESET
    wire.open(PATH, TYPE, length=None)
    assert wire.write(b"more")
    await rig.settled()


async def test_a_body_that_is_broken_off_looks_cut(rig: Rig) -> None:
    with Origin([expect_head(), until_closed()]) as origin:
        wire, told = rig.connect(origin.url)
        await told.until("connected")
        wire.open(PATH, TYPE, length=None)
        wire.write(b"abc")
        await origin.is_asked(1)
        wire.abort()
        await origin.closes()

    assert told.told == ["connected"]
    await rig.settled()
