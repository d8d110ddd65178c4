"""Frames of a turn are one write, and what the disk does not take is refused or kept."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from headgate.adapters.journal.spool import Fsync
from headgate.ledger.records import End, Status
from tests.adapters.journal.rig import Rig, full, replayed, requests
from tests.ledger.framing import OTHER_PRICE, PRICE, closed, ended, opened, settled


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.die()


def test_the_frames_of_a_turn_are_scheduled_once_and_written_at_once(rig: Rig) -> None:
    rig.open("a")
    rig.open("b")
    rig.journal.ended(settled("a"))
    assert (rig.scheduled, rig.disk.writes) == (1, [])
    rig.journal.flush()
    rig.journal.flush()
    assert (rig.scheduled, len(rig.disk.writes)) == (1, 1)


def test_what_was_served_is_read_back_after_a_crash_as_it_was_told(rig: Rig) -> None:
    rig.open("a")
    rig.journal.closed(closed("a"))
    rig.open("a", 2)
    rig.journal.ended(settled("a", 2))
    rig.journal.flush()
    (found,) = rig.after_death()
    assert found.opened == (opened("a"), opened("a", 2))
    assert found.closed == (closed("a"), closed("a", 2))
    assert found.ended == ended("a")
    assert found.prices == (PRICE,)


def test_an_attempt_that_nobody_closed_is_unknown_and_exposes_its_hold(rig: Rig) -> None:
    rig.open("a")
    rig.journal.flush()
    (found,) = rig.after_death()
    assert (found.closed[0].status, found.closed[0].cost, found.closed[0].exposure) == (Status.UNKNOWN, None, 40_000)
    assert found.ended.end is End.CRASH


def test_a_turn_that_was_not_flushed_never_was(rig: Rig) -> None:
    rig.open("a")
    assert rig.after_death() == []


def test_a_price_list_is_written_once_before_the_first_attempt_that_needs_it(rig: Rig) -> None:
    rig.serve("a")
    rig.serve("b")
    size = rig.journal.size
    rig.journal.opened(opened("c", price=OTHER_PRICE.id), OTHER_PRICE, refused=_nothing)
    rig.journal.flush()
    assert rig.journal.size - size > len(rig.disk.writes[0]) // 2
    assert [found.prices for found in rig.after_death()] == [(PRICE,), (PRICE,), (OTHER_PRICE,)]


def test_without_a_price_nothing_is_exposed(rig: Rig) -> None:
    rig.journal.opened(opened("a", price=""), None, refused=_nothing)
    rig.journal.flush()
    (found,) = rig.after_death()
    assert (found.closed[0].exposure, found.prices) == (0, ())


# A disk that fails


def test_a_failed_write_refuses_what_was_to_be_opened_and_nothing_of_it_is_found_later(rig: Rig) -> None:
    rig.serve("before")
    rig.disk.failure = OSError(errno.EROFS, os.strerror(errno.EROFS))
    rig.open("a")
    rig.open("b")
    rig.journal.flush()
    assert rig.refused == ["a", "b"]
    assert not rig.journal.accepts
    assert rig.journal.reason == "the journal cannot be written: Read-only file system"
    rig.disk.failure = None
    assert requests(rig.after_death()) == ["before"]


@pytest.mark.parametrize("failure", [errno.EROFS, errno.EIO, errno.ENOSPC])
def test_what_was_closed_while_the_disk_failed_is_written_when_it_works_again(rig: Rig, failure: int) -> None:
    rig.open("a")
    rig.open("b")
    rig.journal.flush()
    rig.disk.failure = OSError(failure, os.strerror(failure))
    rig.journal.ended(settled("a"))
    rig.journal.flush()
    rig.tick()
    rig.journal.closed(closed("b"))
    rig.journal.flush()
    assert not rig.journal.accepts
    rig.disk.failure = None
    rig.tick()
    assert (rig.journal.accepts, rig.journal.reason) == (True, "")
    rig.journal.ended(ended("b"))
    rig.journal.flush()
    assert [found.closed[0].status for found in rig.after_death()] == [Status.SETTLED, Status.SETTLED]


def test_of_a_short_write_whole_frames_stay_and_the_others_are_refused(rig: Rig) -> None:
    rig.journal.opened(opened("a", price=""), None, refused=lambda: rig.refused.append("a"))
    rig.journal.flush()
    frame = rig.journal.size
    rig.disk.room = 2 * frame + frame // 2
    for request in ("b", "c", "d", "e"):
        rig.journal.opened(opened(request, price=""), None, refused=partial(rig.refused.append, request))
    rig.journal.flush()
    assert rig.refused == ["d", "e"]
    assert requests(rig.after_death()) == ["a", "b", "c"]


def test_a_full_disk_gives_its_reserve_to_what_is_under_way(rig: Rig) -> None:
    for request in "abcdefgh":
        rig.open(request)
    rig.journal.flush()
    rig.disk.room = 0
    rig.open("late")
    rig.journal.flush()
    assert (rig.directory / "reserve").stat().st_size == 0
    for request in "abcdefgh":
        rig.journal.ended(settled(request))
    rig.journal.flush()
    assert rig.refused == ["late"]
    assert not rig.journal.accepts
    assert rig.journal.reason == "no disk can be kept back for what is under way: No space left on device"
    found = rig.after_death()
    assert requests(found) == list("abcdefgh")
    assert {each.ended.end for each in found} == {End.COMPLETE}


def test_a_disk_that_works_again_and_is_full_gets_the_reserve_too(rig: Rig) -> None:
    rig.open("a")
    rig.journal.flush()
    rig.disk.failure = OSError(errno.EIO, os.strerror(errno.EIO))
    rig.journal.ended(settled("a"))
    rig.journal.flush()
    rig.disk.failure, rig.disk.room = None, 0
    rig.tick()
    assert rig.journal.reason == "the journal cannot be written: No space left on device"
    rig.tick()
    (found,) = rig.after_death()
    assert found.ended == ended("a")


def test_when_there_is_room_again_the_reserve_is_built_and_attempts_are_taken(rig: Rig) -> None:
    rig.disk.room = 0
    rig.open("a")
    rig.journal.flush()
    rig.disk.room = 3 * 8192
    rig.tick()
    assert rig.journal.accepts
    assert (rig.directory / "reserve").stat().st_size == 8192


def test_a_start_on_a_full_disk_serves_nobody_until_there_is_room(tmp_path: Path) -> None:
    rig = Rig(tmp_path, reserve=1 << 60)
    assert not rig.journal.accepts
    rig.die()


def test_an_attempt_that_was_over_within_its_turn_is_kept_and_not_refused(rig: Rig) -> None:
    rig.disk.failure = full()
    rig.open("a")
    rig.journal.ended(settled("a"))
    rig.journal.flush()
    assert rig.refused == []
    rig.disk.failure = None
    rig.tick()
    assert requests(rig.after_death()) == ["a"]


def test_whoever_is_refused_may_write_at_once(rig: Rig) -> None:
    rig.open("a")
    rig.journal.closed(closed("a"))
    rig.journal.flush()
    rig.disk.failure = full()
    rig.journal.opened(opened("a", 2), PRICE, refused=lambda: _ignore(rig.journal.ended(ended("a"))))
    rig.journal.flush()
    rig.journal.flush()
    rig.disk.failure = None
    rig.tick()
    (found,) = rig.after_death()
    assert (found.opened, found.ended) == ((opened("a"),), ended("a"))


def test_a_file_that_could_not_be_cut_is_cut_before_anything_else_is_written(rig: Rig) -> None:
    rig.serve("a")
    rig.open("b")
    rig.journal.flush()
    with (rig.directory / rig.segments[0]).open("ab") as file:
        file.write(b"torn")
    rig.disk.failure = OSError(errno.EIO, os.strerror(errno.EIO))
    rig.journal.ended(settled("b"))
    rig.journal.flush()
    rig.disk.failure = None
    rig.tick()
    rig.serve("c")
    assert requests(rig.after_death()) == ["a", "b", "c"]


# Syncs


def test_the_policy_always_syncs_before_the_turn_goes_on(tmp_path: Path) -> None:
    rig = Rig(tmp_path, fsync=Fsync.ALWAYS)
    rig.open("a")
    rig.journal.flush()
    assert rig.disk.synced == 1
    rig.die()


def test_under_the_policy_always_a_failed_sync_is_a_failed_write(tmp_path: Path) -> None:
    rig = Rig(tmp_path, fsync=Fsync.ALWAYS)
    rig.disk.sync_failure = OSError(errno.EIO, os.strerror(errno.EIO))
    rig.open("a")
    rig.journal.flush()
    assert rig.refused == ["a"]
    assert rig.after_death() == []


def test_the_policy_interval_syncs_once_a_second_and_only_what_was_written(rig: Rig) -> None:
    rig.serve("a")
    rig.tick(1.0)
    assert rig.disk.synced == 1
    rig.tick(1.0)
    rig.tick(1.0)
    assert rig.disk.synced == 1
    rig.serve("b")
    rig.tick(0.5)
    rig.tick(0.5)
    assert rig.disk.synced == 2


def test_one_sync_at_a_time(rig: Rig) -> None:
    rig.thread.is_held = True
    rig.serve("a")
    rig.tick(1.0)
    rig.serve("b")
    rig.tick(5.0)
    rig.thread.run()
    assert rig.disk.synced == 1


def test_what_cannot_be_synced_is_not_accepted_until_it_can(rig: Rig) -> None:
    rig.serve("a")
    rig.disk.sync_failure = OSError(errno.EIO, os.strerror(errno.EIO))
    rig.synced()
    assert "cannot be synced" in rig.journal.reason
    rig.disk.sync_failure = None
    rig.synced()
    assert rig.journal.accepts


def test_the_policy_never_syncs_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, fsync=Fsync.NEVER)
    rig.serve("a")
    rig.synced()
    rig.journal.close()
    assert rig.disk.synced == 0


# The end


def test_a_journal_of_which_everything_is_in_the_ledger_leaves_nothing(rig: Rig) -> None:
    rig.journal.stored(rig.serve("a"), 1)
    rig.journal.close()
    assert list((rig.data_dir / "journal").iterdir()) == []


def test_a_journal_of_which_something_is_not_in_the_ledger_stays(rig: Rig) -> None:
    rig.serve("a")
    rig.journal.close()
    assert requests(replayed(rig.data_dir)) == ["a"]


def _ignore(segment: int) -> None:
    assert segment


def _nothing() -> None:
    """Nobody has to be told."""
