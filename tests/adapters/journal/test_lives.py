"""However calls, turns, syncs, rotations, failures and a kill follow each other: each request is read back once."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.adapters.journal.spool import Fsync
from headgate.ledger.frames import framed
from headgate.ledger.records import Closed, End, Finished, Opened, Status
from tests.adapters.journal.rig import Rig
from tests.ledger.framing import PRICE, closed, ended, opened, settled


class Life:
    """A process whose calls are remembered beside its journal."""

    def __init__(self, data_dir: Path, *, segment: int, fsync: Fsync) -> None:
        self.rig = Rig(data_dir, segment=segment, fsync=fsync)
        self.opened: dict[str, list[Opened]] = {}
        self.closed: dict[str, list[Closed]] = {}
        self.live: dict[str, int] = {}
        self.ended: dict[str, int] = {}
        self.stored: set[str] = set()
        self.refused = 0

    def begin(self) -> None:
        name = f"r{len(self.opened) + self.refused}"
        self._attempt(name, 1)

    def again(self) -> None:
        """The first live request fails over."""
        if self.live:
            name, number = next(iter(self.live.items()))
            self.rig.journal.closed(closed(name, number))
            self.closed[name].append(closed(name, number))
            self._attempt(name, number + 1)

    def end(self) -> None:
        """The last live request ends."""
        if self.live:
            name, number = self.live.popitem()
            self.ended[name] = self.rig.journal.ended(settled(name, number))
            self.closed[name].append(closed(name, number))

    def turn(self) -> None:
        self.rig.journal.flush()

    def interval(self) -> None:
        self.rig.synced()

    def store(self) -> None:
        """The ledger takes the oldest that it has not."""
        for name, segment in self.ended.items():
            if name not in self.stored:
                self.stored.add(name)
                self.rig.journal.stored(segment, 1)
                return

    def fail(self) -> None:
        self.rig.journal.flush()
        self.rig.disk.failure = OSError(errno.EIO, os.strerror(errno.EIO))

    def fill_up(self) -> None:
        self.rig.journal.flush()
        self.rig.disk.room = 300

    def heal(self) -> None:
        self.rig.journal.flush()
        self.rig.disk.failure = self.rig.disk.room = None
        self.rig.tick()

    def check(self, found: list[Finished]) -> None:
        names = [each.ended.request for each in found]
        assert len(names) == len(set(names))
        assert set(self.opened) - self.stored <= set(names) <= set(self.opened)
        for each in found:
            name = each.ended.request
            assert list(each.opened) == self.opened[name]
            assert list(each.closed[: len(self.closed[name])]) == self.closed[name]
            if name in self.ended:
                assert each.ended == ended(name)
            else:
                assert each.ended.end is End.CRASH
                assert [last.status for last in each.closed[len(self.closed[name]) :]] in ([], [Status.UNKNOWN])
            assert each.prices == (PRICE,)

    def _attempt(self, name: str, number: int) -> None:
        frame = opened(name, number)
        self.opened.setdefault(name, []).append(frame)
        self.closed.setdefault(name, [])
        self.live[name] = number
        self.rig.journal.opened(frame, PRICE, refused=lambda: self._refused(name))

    def _refused(self, name: str) -> None:
        self.opened[name].pop()
        self.live.pop(name)
        if not self.opened[name]:
            del self.opened[name]
            self.refused += 1
        else:
            self.ended[name] = self.rig.journal.ended(ended(name))


STEPS: dict[str, Callable[[Life], None]] = {
    "begin": Life.begin,
    "again": Life.again,
    "end": Life.end,
    "turn": Life.turn,
    "interval": Life.interval,
    "store": Life.store,
    "fail": Life.fail,
    "fill up": Life.fill_up,
    "heal": Life.heal,
}
SOUND = [step for step in STEPS if step not in ("fail", "fill up", "heal")]


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(SOUND * 3 + list(STEPS)), max_size=120),
    st.sampled_from([400, 1_500, 1 << 20]),
    st.sampled_from(list(Fsync)),
)
def test_each_request_is_read_back_once_and_as_it_was(steps: list[str], segment: int, fsync: Fsync) -> None:
    with tempfile.TemporaryDirectory() as directory:
        life = Life(Path(directory), segment=segment, fsync=fsync)
        for step in steps:
            STEPS[step](life)
        life.heal()
        life.turn()
        life.check(life.rig.after_death())


@settings(max_examples=100)
@given(st.lists(st.sampled_from(SOUND), max_size=80), st.sampled_from([400, 1_500]), st.data())
def test_a_kill_within_a_write_costs_at_most_the_frames_of_that_turn(
    steps: list[str], segment: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        life = Life(Path(directory), segment=segment, fsync=Fsync.NEVER)
        for step in steps:
            STEPS[step](life)
        life.turn()
        path = life.rig.directory / life.rig.segments[-1]
        before = path.stat().st_size
        whole = {each.ended.request: each for each in life.rig.after_death()}
        frame = framed(opened("torn"))
        torn = frame[: data.draw(st.integers(0, len(frame) - 1))]
        with path.open("ab") as file:
            file.write(torn)
        assert path.stat().st_size == before + len(torn)
        assert {each.ended.request: each for each in life.rig.after_death()} == whole
