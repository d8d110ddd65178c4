"""What is done between two requests sees all that ended before and nothing that ended after."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.core.errors import StoreUnavailable
from headgate.gateway.bookkeeper import BATCH
from tests.gateway.books import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, most=3 * BATCH)
    yield office
    office.close()


def test_all_that_ended_before_is_in_the_ledger_and_nothing_that_ended_after(office: Office) -> None:
    async def step() -> tuple[int, int]:
        waiting = asyncio.ensure_future(office.books.between(lambda: begun.append(office.served), look))
        await asyncio.sleep(0)
        office.serve(7)
        office.store.before = lambda: office.serve(3)
        await office.books.pump()
        return begun[0], await waiting

    begun: list[int] = []

    def look() -> int:
        return len(office.store.rows)

    office.serve(BATCH + 10)
    before, seen = asyncio.run(step())

    assert seen == before
    assert office.served > before


def test_more_than_one_batch_may_have_to_be_written_first(office: Office) -> None:
    async def step() -> int:
        waiting = asyncio.ensure_future(office.books.between(lambda: None, lambda: len(office.store.rows)))
        await asyncio.sleep(0)
        await office.books.pump()
        return await waiting

    office.serve(2 * BATCH + 5)

    assert asyncio.run(step()) == 2 * BATCH + 5


def test_a_ledger_that_is_down_is_told_to_who_waits(office: Office) -> None:
    async def step() -> None:
        waiting = asyncio.ensure_future(office.books.between(lambda: None, lambda: None))
        await asyncio.sleep(0)
        await office.books.pump()
        await waiting

    office.serve()
    office.unavailable()

    with pytest.raises(StoreUnavailable):
        asyncio.run(step())
    # And from then on at once, until a batch was taken again.
    with pytest.raises(StoreUnavailable):
        asyncio.run(office.books.between(lambda: None, lambda: None))


def test_work_that_fails_tells_who_waits_and_the_books_go_on(office: Office) -> None:
    async def step() -> None:
        waiting = asyncio.ensure_future(office.books.between(lambda: None, lambda: 1 // 0))
        await asyncio.sleep(0)
        await office.books.pump()
        await waiting

    office.pump()
    office.serve()
    with pytest.raises(StoreUnavailable, match="ZeroDivisionError"):
        asyncio.run(step())
    office.serve()
    office.pump(after=10.0)

    assert list(office.store.rows) == office.everything


def test_who_does_not_wait_any_more_is_passed_over(office: Office) -> None:
    async def step() -> None:
        waiting = asyncio.ensure_future(office.books.between(lambda: begun.append(1), lambda: None))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        await office.books.pump()

    begun: list[int] = []
    asyncio.run(step())

    assert begun == []
