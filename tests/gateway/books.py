"""A ledger that can be down, beside a real journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from headgate.adapters.journal.reading import left
from headgate.adapters.journal.spool import Fsync, JournalLimits
from headgate.adapters.journal.writer import JournalWriter
from headgate.adapters.sql.workers import Workers
from headgate.core.errors import StoreUnavailable
from headgate.gateway.bookkeeper import Bookkeeper, Left
from headgate.gateway.ledger_store import Count, Counting
from headgate.ledger.records import Account, Finished
from tests.gateway.writing import StillClock
from tests.ledger.framing import PRICE, opened, settled


class NoBudgets:
    """A Counting where nobody has a budget."""

    def __call__(self, account: Account, admitted: int) -> Sequence[tuple[str, int]]:
        return ()


class RecordingStore:
    """A LedgerStore that keeps what it is given, each request once, and counts how often it was asked."""

    def __init__(self) -> None:
        self.rows: dict[str, Finished] = {}
        self.batches: list[int] = []
        self.failure: Exception | None = None
        self.before: Callable[[], None] = _nothing

    def write(self, batch: Sequence[Finished], *, counting: Counting) -> None:
        self.before()
        self.batches.append(len(batch))
        if self.failure is not None:
            raise self.failure
        for each in batch:
            self.rows.setdefault(each.ended.request, each)

    def counters(self) -> Mapping[tuple[str, int], Count]:
        return {}

    def recount(self, budget: str, *, account: Account, since: Callable[[int], int], start: int) -> Mapping[int, Count]:
        return {}

    def forget(self, budget: str) -> None: ...

    def drop_before(self, month: int) -> Sequence[int]:
        return ()


class Inline:
    """The journal's thread, without a thread."""

    def submit(self, work: Callable[[], None]) -> Future[None]:
        work()
        done: Future[None] = Future()
        done.set_result(None)
        return done


class Spool:
    """The journal as the bookkeeper sees it. `asked` is called when it wants to forget; `is_behind`: the disk
    has not taken everything."""

    def __init__(self, journal: JournalWriter) -> None:
        self.asked: Callable[[], None] = _nothing
        self.is_behind = False
        self.stored = journal.stored
        self.read = journal.read
        self._is_written = journal.is_written

    def is_written(self) -> bool:
        self.asked()
        return self._is_written() and not self.is_behind


class Office:
    """A bookkeeper with its journal, its ledger and its writer thread."""

    def __init__(self, data_dir: Path, *, most: int = 2_000, segment: int = 1 << 20) -> None:
        self.data_dir = data_dir
        self.store = RecordingStore()
        self.clock = StillClock()
        self.writer = Workers("test-ledger", threads=1)
        self.journal = JournalWriter(
            data_dir,
            limits=JournalLimits(segment=segment, reserve=4096, fsync=Fsync.NEVER),
            schedule=_nothing,
            syncs=Inline(),
        )
        self.spool = Spool(self.journal)
        self.books = Bookkeeper(
            lambda batch: self.store.write(batch, counting=NoBudgets()),
            writer=self.writer,
            journal=self.spool,
            left=self.left,
            clock=self.clock,
            most=most,
        )
        self.served = 0

    def left(self) -> Sequence[Left]:
        return left(self.data_dir)

    def serve(self, count: int = 1) -> None:
        """Whole requests, journal and books included."""
        for number in range(self.served, self.served + count):
            name = f"r{number}"
            self.journal.opened(opened(name), PRICE, refused=_nothing)
            end = settled(name)
            segment = self.journal.ended(end)
            self.journal.flush()
            self.books.add(Finished((opened(name),), (end.closed,), end.ended, (PRICE,), segment))
        self.served += count

    def pump(self, *, after: float = 0.0) -> None:
        self.clock.time += after
        asyncio.run(self.books.pump())

    def unavailable(self) -> None:
        self.store.failure = StoreUnavailable("the database did not take or give what was asked")

    @property
    def segments(self) -> list[str]:
        return sorted(path.name for path in self.data_dir.glob("journal/*/*.frames*"))

    @property
    def everything(self) -> list[str]:
        return [f"r{number}" for number in range(self.served)]

    def close(self) -> None:
        self.journal.release()
        self.writer.close()


def _nothing() -> None:
    """Nobody has to be told."""
