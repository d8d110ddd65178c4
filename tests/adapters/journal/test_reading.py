"""What a crash may leave is read; what it cannot have left is refused by name and place."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

from headgate.adapters.journal.reading import JournalCorrupt, directories, frames_of, left
from headgate.adapters.journal.spool import Fsync
from headgate.ledger.frames import Frames, framed
from headgate.ledger.records import Opened
from tests.adapters.journal.rig import Rig, only, replayed, requests
from tests.ledger.framing import ended

SMALL = 2_000


def died(data_dir: Path, *, served: int = 3, segment: int = 1 << 20) -> Path:
    """The directory of a process that served and was killed."""
    rig = Rig(data_dir, segment=segment, fsync=Fsync.NEVER)
    for number in range(served):
        rig.serve(f"r{number}")
    directory = rig.directory
    rig.die()
    return directory


def test_the_journal_of_a_living_process_is_left_alone_and_can_be_read(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.serve("a")
    assert left(tmp_path) == []
    (directory,) = directories(tmp_path)
    assert [frame.request for frame in frames_of(directory) if isinstance(frame, Opened)] == ["a"]
    rig.die()


def test_without_a_journal_nothing_is_left(tmp_path: Path) -> None:
    assert (left(tmp_path), directories(tmp_path)) == ([], [])


def test_a_journal_is_ours_until_it_is_released(tmp_path: Path) -> None:
    died(tmp_path)
    journal = only(left(tmp_path))
    assert left(tmp_path) == []
    journal.release()
    assert requests(list(only(left(tmp_path)).finished())) == ["r0", "r1", "r2"]


def test_a_journal_that_cannot_be_locked_keeps_none_of_the_others(tmp_path: Path) -> None:
    died(tmp_path)
    in_the_way = tmp_path / "journal" / "g" / "lock"
    in_the_way.mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        left(tmp_path)
    in_the_way.rmdir()
    assert requests(replayed(tmp_path)) == ["r0", "r1", "r2"]


def test_removed_it_is_gone(tmp_path: Path) -> None:
    directory = died(tmp_path)
    only(left(tmp_path)).remove()
    assert not directory.exists()


def test_killed_while_it_is_removed_it_says_all_that_is_left(tmp_path: Path) -> None:
    rig = Rig(tmp_path, segment=SMALL, fsync=Fsync.NEVER)
    rig.open("long")
    for number in range(24):
        rig.serve(f"r{number}")
    directory, segments = rig.directory, rig.segments
    rig.die()
    assert len(segments) > 2
    everything = replayed(tmp_path)
    for name in segments:
        (directory / name).unlink()
        again = replayed(tmp_path)
        assert again == everything[len(everything) - len(again) :]
    (directory / "reserve").unlink()
    (directory / "lock").unlink()
    only(left(tmp_path)).remove()
    assert not directory.exists()


def test_the_oldest_segment_is_removed_first(tmp_path: Path) -> None:
    directory = died(tmp_path, served=30, segment=SMALL)
    first, second, *_, last = sorted(directory.glob("*.frames"))
    second.unlink()
    second.mkdir()
    with pytest.raises(OSError, match=second.name):
        only(left(tmp_path)).remove()
    assert (first.exists(), last.exists()) == (False, True)


def test_several_journals_are_read_oldest_first(tmp_path: Path) -> None:
    first = died(tmp_path / "one", served=1)
    second = died(tmp_path / "two", served=2)
    second.rename(first.parent / second.name)
    assert requests(replayed(tmp_path / "one")) == ["r0", "r0", "r1"]


def test_a_torn_end_costs_what_was_torn(tmp_path: Path) -> None:
    (segment,) = died(tmp_path).glob("*.frames")
    whole = segment.read_bytes()
    counts = []
    for size in range(len(whole)):
        segment.write_bytes(whole[:size])
        found = replayed(tmp_path)
        assert requests(found) == [f"r{number}" for number in range(len(found))]
        counts.append(len(found))
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3}


@pytest.mark.parametrize("where", ["first", "last"])
def test_what_is_broken_before_the_end_is_refused_by_file_and_offset(tmp_path: Path, where: str) -> None:
    directory = died(tmp_path, served=12, segment=SMALL)
    segments = sorted(directory.glob("*.frames"))
    segment = segments[0] if where == "first" else segments[-1]
    data = bytearray(segment.read_bytes())
    first = Frames(bytes(data))
    next(iter(first))
    data[first.offset // 2] ^= 1
    segment.write_bytes(data)
    with pytest.raises(JournalCorrupt, match=f"{segment.name}' is broken at offset 0 of "):
        replayed(tmp_path)


def test_a_torn_segment_with_one_after_it_is_refused(tmp_path: Path) -> None:
    directory = died(tmp_path, served=12, segment=SMALL)
    first = directory / "0000000001.frames"
    os.truncate(first, first.stat().st_size - 1)
    with pytest.raises(JournalCorrupt, match=r"0000000001\.frames' is broken at offset "):
        replayed(tmp_path)


def test_a_segment_that_is_missing_between_others_is_refused(tmp_path: Path) -> None:
    directory = died(tmp_path, served=20, segment=SMALL)
    (directory / "0000000002.frames").unlink()
    with pytest.raises(JournalCorrupt, match="segments 1 and 3 and none between"):
        replayed(tmp_path)


def test_a_frame_of_another_version_is_refused_and_not_skipped(tmp_path: Path) -> None:
    (segment,) = died(tmp_path).glob("*.frames")
    unknown = framed(ended("a"))
    body = unknown[8:].replace(b"\x03", b"\x09", 1)
    with segment.open("ab") as file:
        file.write(unknown[:4] + _checksum(body) + body)
    with pytest.raises(JournalCorrupt, match="is whole and not understood"):
        replayed(tmp_path)


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "little")
