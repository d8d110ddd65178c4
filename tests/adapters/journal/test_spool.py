"""Segments begin with what is open, and go when the ledger has what ended in them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from headgate.adapters.journal.reading import ended_in
from headgate.adapters.journal.spool import Fsync, JournalLimits
from headgate.adapters.journal.writer import JournalWriter
from headgate.adapters.sql.workers import Workers
from headgate.ledger.frames import Frames
from headgate.ledger.records import End, Listed
from tests.adapters.journal.rig import Rig, requests
from tests.ledger.framing import OTHER_PRICE, PRICE, closed, ended, opened, settled

SMALL = 2_000
"""A segment that a handful of requests fill."""


@pytest.fixture(params=list(Fsync), ids=lambda policy: policy.value)
def rig(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    rig = Rig(tmp_path, segment=SMALL, fsync=request.param)
    yield rig
    rig.die()


def fill(rig: Rig, *, until: int) -> dict[int, list[str]]:
    """Serve until the segment of number `until` has begun. What ended where."""
    ended: dict[int, list[str]] = {}
    while until > max(ended, default=0):
        name = f"r{sum(map(len, ended.values()))}"
        ended.setdefault(rig.serve(name), []).append(name)
    return ended


def test_a_segment_that_is_full_is_followed_by_another(rig: Rig) -> None:
    where = fill(rig, until=3)
    rig.synced()
    assert rig.segments == ["0000000001.frames", "0000000002.frames", "0000000003.frames"]
    assert requests(rig.after_death()) == [name for names in where.values() for name in names]


def test_what_is_open_is_repeated_so_that_the_oldest_may_go(rig: Rig) -> None:
    rig.open("long")
    rig.journal.closed(closed("long"))
    rig.open("long", 2)
    where = fill(rig, until=2)
    rig.synced()
    rig.journal.stored(1, len(where[1]))
    rig.tick()
    assert rig.segments == ["0000000002.frames"]
    rig.journal.ended(settled("long", 2))
    rig.journal.flush()
    *_, found = rig.after_death()
    assert (found.opened, found.ended) == ((opened("long"), opened("long", 2)), ended("long"))
    assert found.closed == (closed("long"), closed("long", 2))
    assert found.prices == (PRICE,)


def test_a_segment_stays_until_all_that_ended_in_it_is_stored_and_all_before_it_is_gone(rig: Rig) -> None:
    where = fill(rig, until=3)
    rig.synced()
    rig.journal.stored(2, len(where[2]))
    rig.journal.stored(1, len(where[1]) - 1)
    rig.tick()
    assert rig.segments[0] == "0000000001.frames"
    rig.journal.stored(1, 1)
    rig.tick()
    assert rig.segments == ["0000000003.frames"]


def test_more_than_the_limit_is_not_spooled(tmp_path: Path) -> None:
    rig = Rig(tmp_path, segment=SMALL, spool=2 * SMALL, fsync=Fsync.NEVER)
    where: dict[int, int] = {}
    while rig.journal.accepts:
        segment = rig.serve(f"r{sum(where.values())}")
        where[segment] = where.get(segment, 0) + 1
    assert rig.journal.reason.startswith("the journal holds ")
    for segment, count in where.items():
        rig.journal.stored(segment, count)
    assert (rig.journal.accepts, rig.journal.reason) == (True, "")
    rig.die()


def test_what_has_ended_is_taken_beyond_the_limit(tmp_path: Path) -> None:
    rig = Rig(tmp_path, spool=1)
    rig.serve("a")
    assert not rig.journal.accepts
    rig.serve("b")
    assert requests(rig.after_death()) == ["a", "b"]


def test_a_limit_below_one_segment_does_not_end_the_service(tmp_path: Path) -> None:
    rig = Rig(tmp_path, spool=300, fsync=Fsync.NEVER)
    rig.journal.stored(rig.serve("a"), 1)
    assert rig.journal.accepts
    rig.die()


def test_a_segment_that_cannot_begin_lets_the_last_go_on(rig: Rig) -> None:
    in_the_way = rig.directory / "0000000002.frames.new"
    in_the_way.mkdir()
    for number in range(12):
        rig.serve(f"r{number}")
    in_the_way.rmdir()
    assert rig.journal.accepts
    assert rig.journal.size > SMALL
    for number in range(12, 16):
        rig.serve(f"r{number}")
    assert len(rig.segments) == 2
    assert requests(rig.after_death()) == [f"r{number}" for number in range(16)]


def test_price_lists_that_nothing_open_uses_are_not_repeated_for_ever(tmp_path: Path) -> None:
    rig = Rig(tmp_path, segment=120_000, fsync=Fsync.NEVER)
    rig.journal.opened(opened("long", price=OTHER_PRICE.id), OTHER_PRICE, refused=_nothing)
    for number in range(600):
        price = type(PRICE)(f"{number:016x}", PRICE.base, PRICE.source)
        rig.journal.opened(opened(f"r{number}", price=price.id), price, refused=_nothing)
        rig.journal.ended(settled(f"r{number}"))
        rig.journal.flush()
    first, second = (rig.directory / name for name in rig.segments)
    listed = [frame for frame in Frames(second.read_bytes()) if isinstance(frame, Listed)]
    assert len(listed) < 200 < len(list(ended_in(first, is_last=False)))
    rig.journal.ended(settled("long"))
    rig.journal.flush()
    assert rig.after_death()[-1].prices == (OTHER_PRICE,)


# The policy `interval`


def test_a_segment_is_provisional_until_what_it_continues_is_synced(tmp_path: Path) -> None:
    rig = Rig(tmp_path, segment=SMALL)
    rig.thread.is_held = True
    where = fill(rig, until=2)
    rig.journal.stored(1, len(where[1]))
    rig.tick(1.0)
    assert rig.segments == ["0000000001.frames", "0000000002.frames.new"]
    rig.thread.run()
    rig.tick(0.0)
    rig.thread.run()
    assert rig.segments == ["0000000002.frames"]
    rig.die()


def test_the_oldest_stays_while_what_repeats_it_cannot_be_synced(tmp_path: Path) -> None:
    rig = Rig(tmp_path, segment=SMALL)
    rig.disk.sync_failure = OSError(errno.EIO, os.strerror(errno.EIO))
    where = fill(rig, until=2)
    rig.journal.stored(1, len(where[1]))
    rig.synced()
    assert rig.segments == ["0000000001.frames", "0000000002.frames.new"]
    rig.die()


def test_a_loss_of_power_may_tear_the_end_of_a_segment_and_a_provisional_one_after_it(tmp_path: Path) -> None:
    rig = Rig(tmp_path, segment=SMALL)
    rig.thread.is_held = True
    where = fill(rig, until=2)
    for name in rig.segments:
        path = rig.directory / name
        os.truncate(path, path.stat().st_size - 5)
    found = rig.after_death()
    assert requests(found) == where[1] + where[2]
    assert found[-1].ended.end is End.CRASH


def test_a_segment_that_begins_on_a_full_disk_is_not_left_behind(tmp_path: Path) -> None:
    rig = Rig(tmp_path, segment=SMALL)
    long = structs.replace(opened("long"), model="m" * 1_200)
    rig.journal.opened(long, PRICE, refused=_nothing)
    rig.serve("a")
    assert SMALL - 500 < rig.journal.size < SMALL
    rig.disk.room = 1_000
    for name in "bcd":
        rig.serve(name)
    assert rig.journal.size > SMALL
    assert rig.segments == ["0000000001.frames"]
    assert rig.refused == []
    assert requests(rig.after_death()) == ["a", "b", "c", "d", "long"]


def test_a_thread_that_syncs_while_segments_come_and_go_leaves_nothing_behind(tmp_path: Path) -> None:
    thread = Workers("test-journal", threads=1)
    journal = JournalWriter(
        tmp_path, limits=JournalLimits(segment=SMALL, reserve=4096), schedule=_nothing, syncs=thread
    )
    for number in range(500):
        journal.opened(opened(f"r{number}"), PRICE, refused=_nothing)
        segment = journal.ended(settled(f"r{number}"))
        journal.flush()
        journal.stored(segment, 1)
        journal.tick(float(number))
    journal.close()
    thread.close()
    assert list((tmp_path / "journal").iterdir()) == []


def _nothing() -> None:
    """Nobody has to be told."""
