"""A journal on a real disk whose failures are given to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from headgate.adapters.journal.disk import Disk
from headgate.adapters.journal.reading import LeftJournal, left
from headgate.adapters.journal.spool import Fsync, JournalLimits
from headgate.adapters.journal.writer import JournalWriter
from headgate.ledger.records import Finished
from tests.ledger.framing import PRICE, opened, settled


def full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FickleDisk(Disk):
    """A disk with `room` bytes left (None: enough), or one that fails whatever is asked of it."""

    def __init__(self) -> None:
        self.room: int | None = None
        self.failure: OSError | None = None
        self.sync_failure: OSError | None = None
        self.writes: list[bytes] = []
        self.synced = 0

    def write(self, descriptor: int, data: bytes) -> int:
        if self.failure is not None:
            raise self.failure
        if self.room == 0:
            raise full()
        taken = data if self.room is None else data[: self.room]
        self.writes.append(taken)
        if self.room is not None:
            self.room -= len(taken)
        return super().write(descriptor, taken)

    def sync(self, descriptor: int) -> None:
        if self.sync_failure is not None:
            raise self.sync_failure
        self.synced += 1

    def truncate(self, descriptor: int, size: int) -> None:
        if self.failure is not None:
            raise self.failure
        before = os.fstat(descriptor).st_size
        super().truncate(descriptor, size)
        if self.room is not None:
            self.room += max(0, before - size)

    def allocate(self, descriptor: int, size: int) -> None:
        if self.failure is not None:
            raise self.failure
        if self.room is not None and self.room < size:
            raise full()
        super().truncate(descriptor, size)
        if self.room is not None:
            self.room -= size


class Thread:
    """A thread whose work is done when the test says so; at once unless it is held."""

    def __init__(self) -> None:
        self.is_held = False
        self._waiting: list[tuple[Callable[[], None], Future[None]]] = []

    def submit(self, work: Callable[[], None]) -> Future[None]:
        future: Future[None] = Future()
        self._waiting.append((work, future))
        if not self.is_held:
            self.run()
        return future

    def run(self) -> None:
        while self._waiting:
            work, future = self._waiting.pop(0)
            try:
                work()
            except OSError as error:
                future.set_exception(error)
            else:
                future.set_result(None)


class Rig:
    """One process's journal, and what becomes of it."""

    def __init__(
        self,
        data_dir: Path,
        *,
        segment: int = 1 << 20,
        spool: int = 1 << 30,
        reserve: int = 8192,
        fsync: Fsync = Fsync.INTERVAL,
    ) -> None:
        self.data_dir = data_dir
        self.disk = FickleDisk()
        self.thread = Thread()
        self.scheduled = 0
        self.refused: list[str] = []
        self.now = 0.0
        self.journal = JournalWriter(
            data_dir,
            limits=JournalLimits(segment=segment, spool=spool, reserve=reserve, fsync=fsync),
            schedule=self._schedule,
            syncs=self.thread,
            disk=self.disk,
        )

    @property
    def directory(self) -> Path:
        (found,) = (self.data_dir / "journal").iterdir()
        return found

    @property
    def segments(self) -> list[str]:
        return sorted(path.name for path in self.directory.iterdir() if ".frames" in path.name)

    def open(self, request: str, number: int = 1) -> None:
        self.journal.opened(opened(request, number), PRICE, refused=lambda: self.refused.append(request))

    def serve(self, request: str) -> int:
        """A whole request in two turns."""
        self.open(request)
        self.journal.flush()
        segment = self.journal.ended(settled(request))
        self.journal.flush()
        return segment

    def tick(self, seconds: float = 0.25) -> None:
        self.now += seconds
        self.journal.tick(self.now)

    def synced(self) -> None:
        """Let an interval pass, and what was synced in it be noted."""
        self.tick(1.0)
        self.tick(0.0)

    def die(self) -> None:
        """What the kernel does for a process that is killed: its locks are gone, its files are as they are."""
        self.journal.release()

    def after_death(self) -> list[Finished]:
        self.die()
        return replayed(self.data_dir)

    def _schedule(self) -> None:
        self.scheduled += 1


def replayed(data_dir: Path) -> list[Finished]:
    """What the next process reads."""
    found: list[Finished] = []
    for journal in left(data_dir):
        found += journal.finished()
        journal.release()
    return found


def requests(found: list[Finished]) -> list[str]:
    return [each.ended.request for each in found]


def only(journals: list[LeftJournal]) -> LeftJournal:
    (journal,) = journals
    return journal
