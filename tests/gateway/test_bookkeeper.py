"""Finished requests reach the ledger, each once, whatever the ledger does meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.adapters.journal.reading import JournalCorrupt
from headgate.gateway.bookkeeper import BATCH, LONGEST_PAUSE, keep_booked
from headgate.ledger.records import Status
from tests.gateway.books import Office
from tests.ledger.framing import PRICE, opened


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


def test_what_was_added_is_in_the_ledger_after_a_pump_and_the_journal_may_go(office: Office) -> None:
    office.serve(3)
    assert office.books.backlog == 3
    office.pump()
    assert (list(office.store.rows), office.books.backlog) == (office.everything, 0)
    office.journal.close()
    assert office.segments == []


def test_batches_have_a_bound_and_small_ones_wait_for_the_next_pump(office: Office) -> None:
    office.serve(2 * BATCH + 5)
    office.pump()
    assert office.store.batches == [BATCH, BATCH]
    office.pump()
    assert office.store.batches == [BATCH, BATCH, 5]


def test_segments_go_when_all_that_ended_in_them_is_in_the_ledger(tmp_path: Path) -> None:
    office = Office(tmp_path, segment=2_000)
    office.serve(30)
    before = len(office.segments)
    office.pump()
    assert before > len(office.segments) == 1
    office.close()


# A ledger that is down


def test_a_ledger_that_is_down_is_asked_again_after_growing_pauses(office: Office) -> None:
    office.pump()
    office.serve()
    office.unavailable()
    office.pump()
    for pause in (0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_PAUSE, LONGEST_PAUSE):
        asked = len(office.store.batches)
        office.pump(after=pause * 0.9)
        assert len(office.store.batches) == asked
        office.pump(after=pause * 0.2)
        assert len(office.store.batches) == asked + 1
    assert office.books.reason == "the database did not take or give what was asked"
    office.store.failure = None
    office.pump(after=LONGEST_PAUSE)
    assert (list(office.store.rows), office.books.reason) == (office.everything, "")


def test_a_batch_that_cannot_be_written_is_kept_and_said(office: Office) -> None:
    office.pump()
    office.serve()
    office.store.failure = ValueError("a row that no table takes")
    office.pump()
    assert (office.books.backlog, office.books.reason) == (1, "ValueError: a row that no table takes")


def test_beyond_its_bound_the_newest_are_forgotten_and_read_back_from_the_journal(tmp_path: Path) -> None:
    office = Office(tmp_path, most=BATCH, segment=100_000)
    office.pump()
    office.unavailable()
    for _ in range(6):
        office.serve(500)
        office.pump(after=LONGEST_PAUSE)
    assert office.books.backlog == 3_000
    office.store.failure = None
    office.pump(after=LONGEST_PAUSE)
    assert sorted(office.store.rows) == sorted(office.everything)
    assert office.books.backlog == 0
    assert len(office.segments) == 1
    office.journal.close()
    assert office.segments == []
    office.close()


def test_what_the_journal_has_not_written_is_not_forgotten(tmp_path: Path) -> None:
    office = Office(tmp_path, most=BATCH)
    office.pump()
    office.unavailable()
    office.serve(BATCH + 10)
    kept = []
    for office.spool.is_behind in (True, False):
        office.pump()
        kept.append(office.books.kept)
    assert kept == [BATCH + 10, BATCH]
    office.close()


def test_what_is_read_back_is_what_was_told(tmp_path: Path) -> None:
    office = Office(tmp_path, most=BATCH)
    office.pump()
    office.unavailable()
    office.serve(BATCH + 1)
    office.pump(after=LONGEST_PAUSE)
    office.store.failure = None
    office.pump(after=LONGEST_PAUSE)
    forgotten, kept = office.store.rows[f"r{BATCH}"], office.store.rows["r0"]
    assert forgotten.opened == (opened(f"r{BATCH}"),)
    assert (forgotten.closed[0].cost, forgotten.prices) == (kept.closed[0].cost, (PRICE,))
    office.close()


def test_a_ledger_that_does_not_answer_keeps_nobody_from_the_bound(tmp_path: Path) -> None:
    office, answer = Office(tmp_path, most=BATCH), threading.Event()
    office.pump()
    office.serve(BATCH)

    async def scenario() -> tuple[int, int]:
        forgets = asyncio.Event()
        office.store.before, office.spool.asked = partial(_wait, answer), forgets.set
        pump = asyncio.ensure_future(office.books.pump())
        await asyncio.sleep(0)
        office.serve(700)
        await forgets.wait()
        held = office.books.kept, office.books.backlog
        answer.set()
        await pump
        return held

    assert asyncio.run(scenario()) == (BATCH, BATCH + 700)
    office.pump()
    assert sorted(office.store.rows) == sorted(office.everything)
    office.close()


def test_a_segment_that_lost_what_waits_in_it_is_said(tmp_path: Path) -> None:
    office = Office(tmp_path, most=BATCH)
    office.pump()
    office.unavailable()
    office.serve(BATCH + 1)
    office.pump(after=LONGEST_PAUSE)
    office.store.failure = None
    (segment,) = tmp_path.glob("journal/*/*.frames")
    segment.write_bytes(b"")
    office.pump(after=LONGEST_PAUSE)
    assert office.books.reason == "LookupError: segment 1 of the journal holds 0 requests, of 1 that wait in it"
    assert office.books.backlog == 1
    office.close()


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(["serve", "down", "up", "pump"]), st.integers(0, 900)), max_size=25),
    st.sampled_from([20_000, 1 << 20]),
)
def test_however_the_ledger_comes_and_goes_it_has_each_request_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], segment: int
) -> None:
    office = Office(tmp_path_factory.mktemp("office"), most=BATCH, segment=segment)
    for step, count in steps:
        if step == "serve":
            office.serve(count)
        elif step == "down":
            office.unavailable()
        elif step == "up":
            office.store.failure = None
        else:
            office.pump(after=LONGEST_PAUSE)
    office.store.failure = None
    while office.books.backlog or not office.books.is_ready:
        office.pump(after=LONGEST_PAUSE)
    assert sorted(office.store.rows) == sorted(office.everything)
    office.journal.close()
    assert office.segments == []
    office.close()


# The start


def test_what_a_process_left_is_in_the_ledger_before_the_books_are_ready(tmp_path: Path) -> None:
    dead = Office(tmp_path)
    dead.serve(2)
    dead.journal.opened(opened("lost"), PRICE, refused=_nothing)
    dead.journal.flush()
    dead.close()
    office = Office(tmp_path)
    office.unavailable()
    office.pump()
    assert (office.books.is_ready, office.books.reason) == (
        False,
        "what an earlier process left is not in the ledger yet: the database did not take or give what was asked",
    )
    office.store.failure = None
    office.pump(after=LONGEST_PAUSE)
    assert (office.books.is_ready, office.books.reason) == (True, "")
    statuses = {name: row.closed[0].status for name, row in office.store.rows.items()}
    assert statuses == {"r0": Status.SETTLED, "r1": Status.SETTLED, "lost": Status.UNKNOWN}
    assert len(list((tmp_path / "journal").iterdir())) == 1
    office.close()


def test_a_broken_journal_is_said_and_stays(tmp_path: Path) -> None:
    dead = Office(tmp_path)
    dead.serve(2)
    dead.close()
    (segment,) = tmp_path.glob("journal/*/*.frames")
    segment.write_bytes(b"\xff" + segment.read_bytes()[1:])
    office = Office(tmp_path)
    with pytest.raises(JournalCorrupt, match="is broken at offset 0"):
        office.books.replay()
    office.pump()
    assert "is broken at offset 0" in office.books.reason
    assert not office.books.is_ready
    assert segment.exists()
    office.close()


# The end


def test_at_the_end_everything_is_handed_over(tmp_path: Path) -> None:
    office = Office(tmp_path, most=BATCH)
    office.pump()
    office.unavailable()
    office.serve(BATCH + 300)
    office.pump(after=LONGEST_PAUSE)
    office.store.failure = None
    office.books.flush()
    office.journal.close()
    assert (sorted(office.store.rows), office.segments) == (sorted(office.everything), [])
    office.close()


def test_what_the_ledger_does_not_take_at_the_end_the_next_start_brings(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.unavailable()
    office.serve(3)
    office.books.flush()
    office.journal.close()
    office.close()
    following = Office(tmp_path)
    following.books.replay()
    assert list(following.store.rows) == office.everything
    following.close()


def test_the_pump_goes_on_until_it_is_cancelled(office: Office) -> None:
    async def scenario() -> None:
        loop, wrote = asyncio.get_running_loop(), asyncio.Event()
        office.store.before = lambda: _discard(loop.call_soon_threadsafe(wrote.set))
        office.serve()
        pump = asyncio.ensure_future(keep_booked(office.books, every=0))
        for _ in range(3):
            await wrote.wait()
            wrote.clear()
            office.serve()
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)

    asyncio.run(scenario())
    office.store.before = _nothing
    office.books.flush()
    assert list(office.store.rows) == office.everything


def _wait(answer: threading.Event) -> None:
    answer.wait(10)


def _discard(_: asyncio.Handle) -> None:
    """Nothing of it is needed."""


def _nothing() -> None:
    """Nobody has to be told."""
