"""Journals read back: those of processes that died, and one's own.

What a kill or a loss of power may leave is accepted: the last segment ends within a frame. Everything else that is not
whole is refused by name and place, for nobody could say what is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from headgate.adapters.journal.segments import JOURNAL_NAME, PROVISIONAL, SUFFIX, JournalDirectory
from headgate.ledger.frames import Frames, FrameUnknown
from headgate.ledger.records import Finished, Frame
from headgate.ledger.replay import Replay

_LOG: Final = logging.getLogger("headgate.journal")


class JournalCorrupt(Exception):
    """A journal is broken where no crash breaks one. The message names file and offset."""


class LeftJournal:
    """The journal of a process that died, under our lock."""

    def __init__(self, directory: JournalDirectory) -> None:
        self.path = directory.path
        self._directory = directory

    def finished(self) -> Iterator[Finished]:
        """Each request once, crashed ones last. JournalCorrupt."""
        replay = Replay()
        yield from replay.ended(frames_of(self.path))
        yield from replay.crashed()
        if replay.strays:
            _LOG.error("%r closes requests that it never opened: %s", str(self.path), ", ".join(replay.strays[:10]))

    def remove(self) -> None:
        """Everything in it is in the ledger."""
        self._directory.remove()

    def release(self) -> None:
        """Let go of it as it is."""
        self._directory.release()


def left(data_dir: Path) -> list[LeftJournal]:
    """The journals of processes that died, oldest first. Each is ours until it is removed or released."""
    journals: list[LeftJournal] = []
    try:
        taken = map(JournalDirectory.taken, directories(data_dir))
        journals.extend(LeftJournal(directory) for directory in taken if directory is not None)
    except OSError:
        # What stays locked would look, next time, as if its process lived.
        for journal in journals:
            journal.release()
        raise
    return journals


def directories(data_dir: Path) -> list[Path]:
    """Every journal, oldest first, whether its process lives or not. Takes no lock."""
    root = data_dir / JOURNAL_NAME
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def frames_of(directory: Path) -> Iterator[Frame]:
    """The frames of a journal in order, as they are at this moment if its process lives. JournalCorrupt."""
    segments = _segments(directory)
    confirmed = [number for number, path in segments if path.name.endswith(SUFFIX)]
    for number, path in segments:
        data = _bytes_of(path)
        if data is not None:
            yield from _frames(path, data, is_last=number >= max(confirmed, default=0))


def ended_in(path: Path, *, is_last: bool) -> Iterator[Finished]:
    """The requests that end in one segment, which repeats what was open when it began. JournalCorrupt."""
    data = _bytes_of(path)
    if data is None:
        raise JournalCorrupt(f"{str(path)!r} is missing")
    return Replay().ended(_frames(path, data, is_last=is_last))


def _segments(directory: Path) -> list[tuple[int, Path]]:
    found: dict[int, Path] = {}
    for path in sorted(directory.iterdir()):
        stem, _, suffix = path.name.partition(".")
        if stem.isdigit() and f".{suffix}" in (SUFFIX, PROVISIONAL):
            # Both names of one number: it was confirmed while the directory was read.
            found.setdefault(int(stem), path)
    numbers = sorted(found)
    for number, following in pairwise(numbers):
        if following != number + 1:
            raise JournalCorrupt(f"{str(directory)!r} has segments {number} and {following} and none between")
    return [(number, found[number]) for number in numbers]


def _bytes_of(path: Path) -> bytes | None:
    """None: it is in the ledger, and its process has deleted it since."""
    for name in (path, path.with_name(path.name.removesuffix(PROVISIONAL) + SUFFIX)):
        try:
            return name.read_bytes()
        except FileNotFoundError:
            continue
    return None


def _frames(path: Path, data: bytes, *, is_last: bool) -> Iterator[Frame]:
    frames = Frames(data)
    try:
        yield from frames
    except FrameUnknown as error:
        raise JournalCorrupt(f"{str(path)!r}: {error}; start the version of Headgate that wrote it") from error
    if not frames.is_whole and (not is_last or frames.goes_on):
        raise JournalCorrupt(
            f"{str(path)!r} is broken at offset {frames.offset} of {len(data)}, and whole frames follow; "
            "restore it, or move its directory out of the journal to start without what it holds"
        )
