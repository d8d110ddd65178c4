"""A process that serves, or replays, until it kills itself at a named point: `python -m ... DIRECTORY POINT`.

It says on its standard output what has left it. What it says has happened; what happened last it may not have said.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

from headgate.adapters.clock import SystemClock
from headgate.adapters.journal.disk import Disk
from headgate.adapters.journal.reading import LeftJournal, left
from headgate.adapters.journal.spool import Fsync, JournalLimits
from headgate.adapters.journal.writer import JournalWriter
from headgate.gateway.bookkeeper import Bookkeeper
from headgate.ledger.records import Finished
from tests.ledger.framing import PRICE, opened, settled

REQUESTS = 20


class Point:
    """Where the process ends."""

    def __init__(self, name: str) -> None:
        self.name = name

    def reached(self, name: str) -> None:
        if name == self.name:
            os.kill(os.getpid(), signal.SIGKILL)


class DeadlyDisk(Disk):
    def __init__(self, point: Point) -> None:
        self.point = point
        self.segments: set[int] = set()

    def write(self, descriptor: int, data: bytes) -> int:
        place = "rotation" if self.segments and descriptor not in self.segments else "turn"
        self.segments.add(descriptor)
        if place == "rotation" or len(self.segments) > 1:
            self.point.reached(f"before a write of a {place}")
            if self.point.name == f"within a write of a {place}":
                os.write(descriptor, data[: len(data) // 2])
                self.point.reached(self.point.name)
        written = super().write(descriptor, data)
        if place == "rotation":
            self.point.reached("after a write of a rotation")
        return written


class DeadlyThread:
    """Does at once what it is given, or dies of it."""

    def __init__(self, point: Point) -> None:
        self.point = point

    def submit(self, work: Callable[[], None]) -> Future[None]:
        self.point.reached("before a segment is deleted")
        work()
        self.point.reached("after a segment is deleted")
        done: Future[None] = Future()
        done.set_result(None)
        return done


class Rows:
    """A ledger in a file: a line for each request, none twice."""

    def __init__(self, directory: Path, point: Point) -> None:
        self.path = directory / "rows"
        self.point = point

    def write(self, batch: Sequence[Finished]) -> None:
        self.point.reached("before the rows of a replay")
        known = set(self.read())
        told = {each.ended.request: each.closed[-1].status.name for each in batch}
        with self.path.open("a") as file:
            file.writelines(f"{request} {status}\n" for request, status in told.items() if request not in known)
        self.point.reached("after the rows of a replay")

    def read(self) -> dict[str, str]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        pairs = [(request, status) for request, _, status in (line.partition(" ") for line in lines)]
        assert len(pairs) == len(dict(pairs))
        return dict(pairs)


class DeadlyLeft:
    def __init__(self, journal: LeftJournal, point: Point) -> None:
        self.journal = journal
        self.point = point
        self.release = journal.release

    def finished(self) -> Iterator[Finished]:
        for found in self.journal.finished():
            self.point.reached("within the reading of a replay")
            yield found

    def remove(self) -> None:
        if self.point.name == "within the removal of a replay":
            min(self.journal.path.glob("*.frames")).unlink()
            self.point.reached(self.point.name)
        self.journal.remove()


class Nothing:
    """The journal of a process that has not begun to serve."""

    def stored(self, segment: int, count: int) -> None: ...

    def is_written(self) -> bool:
        return True

    def read(self, segment: int) -> Iterator[Finished]:
        raise AssertionError(segment)


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def serve(directory: Path, point: Point) -> None:
    journal = JournalWriter(
        directory,
        limits=JournalLimits(segment=1_500, reserve=4096, fsync=Fsync.ALWAYS),
        schedule=lambda: None,
        syncs=DeadlyThread(point),
        disk=DeadlyDisk(point),
    )
    journal.opened(opened("long"), PRICE, refused=lambda: None)
    journal.flush()
    say("left long")
    rows = Rows(directory, point)
    for number in range(REQUESTS):
        name = f"r{number}"
        journal.opened(opened(name), PRICE, refused=lambda: None)
        if number == 1:
            point.reached("before the opened frame")
        journal.flush()
        if number == 2:
            point.reached("after the opened frame")
        say(f"left {name}")
        if number == 3:
            point.reached("after the bytes have left")
        segment = journal.ended(settled(name))
        if number == 4:
            point.reached("before the settled frame")
        journal.flush()
        say(f"settled {name}")
        if number == 5:
            point.reached("after the settled frame")
        if number % 2 == 0 or number < 10:
            rows.write([Finished((opened(name),), (settled(name).closed,), settled(name).ended, (PRICE,), segment)])
            journal.stored(segment, 1)
    point.reached("at the end")


def replay(directory: Path, point: Point) -> None:
    Bookkeeper(
        Rows(directory, point).write,
        writer=DeadlyThread(Point("")),
        journal=Nothing(),
        left=lambda: [DeadlyLeft(journal, point) for journal in left(directory)],
        clock=SystemClock(),
    ).replay()


if __name__ == "__main__":
    where, at = Path(sys.argv[1]), Point(sys.argv[2])
    (replay if at.name.endswith("a replay") else serve)(where, at)
