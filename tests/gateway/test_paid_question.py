"""A question that is paid for is closed on every way out, and costs what a call would that ended so."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from headgate.core.ids import RequestIds
from headgate.gateway.administer import Desk
from headgate.gateway.paid_question import PaidQuestions
from headgate.gateway.smoke import SmokeTests
from headgate.ledger.records import End, Status
from tests.gateway.verifying import office
from tests.gateway.writing import ROOT
from tests.origin.script import answer, answering, expect, pause, until_closed
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio

PATIENCE = 30.0
PRICE = {"input_per_1m_tokens": 1, "output_per_1m_tokens": 2}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class _Slow:
    """A resolver that answers when a test lets it."""

    def __init__(self) -> None:
        self.asked, self.answers = threading.Event(), threading.Event()

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.set()
        self.answers.wait(PATIENCE)
        raise OSError(host)


async def test_what_is_left_before_it_was_sent_costs_nothing(desk: Desk) -> None:
    slow = _Slow()
    async with office(desk, look_up=slow) as at:
        await at.entry("m", api_base="http://slow.example", pricing=PRICE)
        asked = asyncio.ensure_future(at.smoke_tests.smoke(ROOT, "m", operation="completions"))
        assert await asyncio.to_thread(slow.asked.wait, PATIENCE)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        slow.answers.set()

    (row,) = at.finished.rows
    assert (row.closed[0].status, row.closed[0].cost, row.ended.end) == (Status.SETTLED, 0, End.CLIENT_GONE)


async def test_what_is_left_after_it_was_sent_is_estimated(desk: Desk) -> None:
    with Origin([expect(), pause("asked"), until_closed()]) as origin:
        async with office(desk) as at:
            await at.entry("m", api_base=origin.url, pricing=PRICE)
            asked = asyncio.ensure_future(at.smoke_tests.smoke(ROOT, "m", operation="completions"))
            await origin.reaches("asked")
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked

    (row,) = at.finished.rows
    assert (row.closed[0].status, row.closed[0].outcome) == (Status.ESTIMATED, "client_gone")
    assert row.closed[0].cost == row.closed[0].usage.prompt * 1_000_000 > 0


async def test_an_answer_that_cannot_be_used_costs_what_it_says(desk: Desk) -> None:
    body = b'{"choices":{},"usage":{"prompt_tokens":9,"completion_tokens":3}}'
    with Origin(answering(answer(body))) as origin:
        async with office(desk) as at:
            await at.entry("m", api_base=origin.url, pricing=PRICE)
            result = await at.smoke_tests.smoke(ROOT, "m", operation="completions")

    (row,) = at.finished.rows
    assert (result.ok, row.closed[0].outcome, row.ended.end) == (False, "malformed", End.UPSTREAM_CUT)
    assert (row.closed[0].status, row.closed[0].cost) == (Status.SETTLED, 15_000_000)


async def test_a_bug_of_ours_leaves_a_row_that_says_that_nobody_knows(desk: Desk) -> None:
    async with office(desk) as at:
        await at.entry("m", pricing=PRICE)
        at.upstream.connect = _broken  # type: ignore[assignment]
        tests = SmokeTests(desk, PaidQuestions(at.upstream, till=at.till, ids=RequestIds(bytes(8))))
        with pytest.raises(RuntimeError):
            await tests.smoke(ROOT, "m", operation="completions")

    (row,) = at.finished.rows
    assert (row.closed[0].status, row.closed[0].outcome, row.ended.end) == (Status.UNKNOWN, "lost", End.CRASH)
    assert row.closed[0].exposure == row.opened[0].hold > 0


def _broken(*_arguments: object, **_more: object) -> None:
    raise RuntimeError("a bug")
