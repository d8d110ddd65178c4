"""Kept connections that turn out to be of no use."""

from __future__ import annotations

import pytest

from headgate.core.failure import FailureKind
from tests.adapters.upstream.rig import BODY, PATH, Rig
from tests.origin.script import (
    answer,
    expect,
    pause,
    send,
    until_closed,
)
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio


async def test_a_kept_connection_that_ends_without_a_byte_is_stale(rig: Rig) -> None:
    with Origin([expect(), send(answer()), expect()]) as origin:
        await rig.call(origin.url)
        told = await rig.call(origin.url)

    assert (told.told, told.kind) == (["failed"], FailureKind.STALE)


async def test_a_kept_connection_that_ends_after_a_byte_is_a_reset(rig: Rig) -> None:
    with Origin([expect(), send(answer()), expect(), send(b"H")]) as origin:
        await rig.call(origin.url)
        told = await rig.call(origin.url)

    assert (told.told, told.kind) == (["failed"], FailureKind.RESET)


async def test_a_kept_connection_that_ends_before_the_request_is_stale(rig: Rig) -> None:
    with Origin([expect(), send(answer()), pause("taken")]) as origin:
        await rig.call(origin.url)
        wire, told = rig.connect(origin.url)
        assert wire.ready
        origin.go("taken")
        await told.over()

        assert wire.send(PATH, BODY) is True
    assert (told.told, told.kind) == (["failed"], FailureKind.STALE)


async def test_bytes_before_the_request_are_nobodys_answer(rig: Rig) -> None:
    with Origin([expect(), send(answer()), pause("taken"), send(answer(b"stray")), until_closed()]) as origin:
        await rig.call(origin.url)
        _, told = rig.connect(origin.url)
        origin.go("taken")
        await told.over()
        await origin.closes()

    assert (told.told, told.kind) == (["failed"], FailureKind.STALE)


async def test_an_upstream_that_speaks_first_is_malformed(rig: Rig) -> None:
    with Origin([send(b"220 mail.example ESMTP\r\n"), until_closed()]) as origin:
        _, told = rig.connect(origin.url)
        await told.over()

    assert told.kind is FailureKind.MALFORMED


async def test_an_upstream_that_closes_at_once_is_a_reset(rig: Rig) -> None:
    with Origin([]) as origin:
        told = await rig.call(origin.url)

    assert told.kind is FailureKind.RESET
