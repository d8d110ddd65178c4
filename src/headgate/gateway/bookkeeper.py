"""Finished requests on their way from the road to the ledger.

The road puts them into a list. A pump beside it hands them to the ledger's writer thread in batches and tells the
journal what is safe. While the ledger is down the list grows up to a bound, then its newest part is forgotten here and
read back from the journal, which has everything, when the ledger is there again. Whatever is given twice changes
nothing: the ledger takes each request once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import islice
from typing import Final, Protocol, TypeVar

from headgate.core.clock import Clock
from headgate.core.errors import StoreUnavailable
from headgate.ledger.records import Finished

PUMP_SECONDS: Final = 0.2
BATCH: Final = 500
"""Requests of one transaction. Four times as many would be a twentieth cheaper, and take 3 MiB more memory."""
MOST_ROWS: Final = 50_000
LONGEST_PAUSE: Final = 5.0
_LOG: Final = logging.getLogger("headgate.ledger")

T = TypeVar("T")


class Write(Protocol):
    """`LedgerStore.write`, knowing what to count: one transaction, each request once however often it is given."""

    def __call__(self, batch: Sequence[Finished]) -> None: ...


class Writes(Protocol):
    """The ledger's writer thread."""

    def submit(self, work: Callable[[], None]) -> Future[None]: ...


class Spooled(Protocol):
    """The journal of this process, as far as it concerns what has ended."""

    def stored(self, segment: int, count: int) -> None:
        """`count` more of the requests that end in `segment` are in the ledger."""

    def is_written(self) -> bool:
        """Whether everything that was told is where `read` would find it."""

    def read(self, segment: int) -> Iterator[Finished]:
        """The requests that end in a segment of which some are not in the ledger. Called on the writer thread."""


class Left(Protocol):
    """The journal of a process that has died."""

    def finished(self) -> Iterator[Finished]: ...

    def remove(self) -> None: ...

    def release(self) -> None: ...


class _Step:
    """What is to be done between two requests, and whoever waits for it."""

    __slots__ = ("begin", "done", "work")

    def __init__(self, begin: Callable[[], None], work: Callable[[], None]) -> None:
        self.begin = begin
        self.work = work
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self, fault: Exception | None) -> None:
        if self.done.done():
            return
        if fault is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(fault)


class Bookkeeper:
    """The Books of one process. `add` is called on the event loop and costs one append.

    `is_ready`: what earlier processes left is in the ledger. `fault` is why the ledger did not take the last batch, ""
    if it did.
    """

    def __init__(
        self,
        write: Write,
        *,
        writer: Writes,
        journal: Spooled,
        left: Callable[[], Sequence[Left]],
        clock: Clock,
        most: int = MOST_ROWS,
    ) -> None:
        """`most` is how many requests are kept in memory at least while the ledger is down."""
        self.is_ready = False
        self.fault = ""
        self._write = write
        self._writer = writer
        self._journal = journal
        self._left = left
        self._clock = clock
        self._most = max(most, BATCH)
        self._waiting: list[Finished] = []
        self._steps: list[_Step] = []
        self._forgotten: Counter[int] = Counter()
        self._pause = 0.0
        self._is_over = False
        self._resume_at = clock.now()
        self.add: Callable[[Finished], None] = self._waiting.append

    @property
    def backlog(self) -> int:
        """Requests that have ended and are not in the ledger."""
        return self.kept + self._forgotten.total()

    @property
    def kept(self) -> int:
        """Those of them that are in memory."""
        return len(self._waiting)

    @property
    def reason(self) -> str:
        """Why money is not as it should be, "" if it is."""
        if self.is_ready:
            return self.fault
        return "what an earlier process left is not in the ledger yet" + (f": {self.fault}" if self.fault else "")

    async def between(self, begin: Callable[[], None], work: Callable[[], T]) -> T:
        """Call `begin` on the event loop, then do `work` on the writer thread, with the next pump.

        Requests that were added before `begin` was called are in the ledger when the work is done, and none that were
        added after. StoreUnavailable if the ledger does not take them; `begin` may have been called then.
        """
        if self.fault:
            raise StoreUnavailable(self.fault)
        found: list[T] = []
        step = _Step(begin, lambda: found.append(work()))
        self._steps.append(step)
        await step.done
        return found[0]

    async def pump(self) -> None:
        """Hand over what waits, unless it is too early after a failure. Raises nothing."""
        if self._clock.now() >= self._resume_at:
            try:
                await self._hand_over()
            except StoreUnavailable as error:
                self._failed(str(error), error)
            except Exception as error:  # a batch that can never be written must be heard of, not end the pump
                self._failed(f"{type(error).__name__}: {error}", error)
            else:
                if self.fault:
                    _LOG.warning("the ledger takes requests again")
                self.fault, self._pause = "", 0.0
        self._forget()

    def replay(self) -> None:
        """Bring what earlier processes left into the ledger. On the writer thread.

        Killed or failed within, the next time does it again. StoreUnavailable, and whatever a broken journal raises.
        """
        journals = self._left()
        try:
            for journal in journals:
                count = sum(map(self._written, _batches(journal.finished())))
                _LOG.info("%d requests of an earlier process are in the ledger", count)
                try:
                    journal.remove()
                except OSError as error:
                    _LOG.warning("a journal that is in the ledger cannot be removed: %s", error)
        finally:
            for journal in journals:
                journal.release()
        self.is_ready = True

    def flush(self) -> None:
        """Hand over everything that waits, and wait for it. After the last turn of the event loop but those in which
        its tasks are cancelled."""
        self._is_over = True
        try:
            self._writer.submit(self._flush).result()
        except Exception as error:  # the process ends whatever happens here, and the journal has what is left
            _LOG.error("%d requests stay in the journal, for the next start: %s", self.backlog, error)

    async def _hand_over(self) -> None:
        if not self.is_ready:
            await self._on_writer(self.replay)
        while self._waiting:
            batch = self._waiting[:BATCH]
            await self._on_writer(partial(self._write, batch))
            self._stored(batch)
            if len(self._waiting) < BATCH:
                break
        for segment, count in sorted(self._forgotten.items()):
            await self._on_writer(partial(self._reread, segment, count))
            self._remembered(segment, count)
        if self._steps:
            await self._step_between()

    async def _step_between(self) -> None:
        if self._forgotten or self.kept > self._most:
            raise StoreUnavailable("the ledger is behind: what it has is not what has happened")
        steps, self._steps = [each for each in self._steps if not each.done.cancelled()], []
        for each in steps:
            each.begin()
        left = self.kept
        try:
            while left:
                batch = self._waiting[: min(left, BATCH)]
                await self._on_writer(partial(self._write, batch))
                self._stored(batch)
                left -= len(batch)
            for each in steps:
                await self._on_writer(each.work)
                each.settle(None)
        finally:
            # Whoever has not got that far is told why, like those who wait for the next pump.
            self._steps = [*(each for each in steps if not each.done.done()), *self._steps]

    async def _on_writer(self, work: Callable[[], None]) -> None:
        future = asyncio.wrap_future(self._writer.submit(work))
        # A store that does not answer for a long time must not keep the list from its bound.
        while not (await asyncio.wait((future,), timeout=PUMP_SECONDS))[0]:
            self._forget()
        if self._is_over:
            # `flush` has done what comes next.
            raise asyncio.CancelledError
        future.result()

    def _flush(self) -> None:
        while self._waiting:
            batch = self._waiting[:BATCH]
            self._write(batch)
            self._stored(batch)
        for segment, count in sorted(self._forgotten.items()):
            self._reread(segment, count)
            self._remembered(segment, count)

    def _stored(self, batch: Sequence[Finished]) -> None:
        del self._waiting[: len(batch)]
        for segment, count in Counter(each.segment for each in batch).items():
            self._journal.stored(segment, count)

    def _forget(self) -> None:
        """Keep the list to its bound: the oldest stay, the journal has the newest."""
        newest = self._waiting[self._most :]
        if newest and self._journal.is_written():
            self._forgotten.update(each.segment for each in newest)
            del self._waiting[self._most :]

    def _reread(self, segment: int, count: int) -> None:
        """Everything that ends in the segment is written, also what is in the ledger already."""
        found = sum(map(self._written, _batches(self._journal.read(segment))))
        if found < count:
            raise LookupError(f"segment {segment} of the journal holds {found} requests, of {count} that wait in it")

    def _remembered(self, segment: int, count: int) -> None:
        self._forgotten[segment] -= count
        if not self._forgotten[segment]:
            del self._forgotten[segment]
        self._journal.stored(segment, count)

    def _written(self, batch: Sequence[Finished]) -> int:
        self._write(batch)
        return len(batch)

    def _failed(self, fault: str, error: Exception) -> None:
        if fault != self.fault:
            # Once: it is tried again every few seconds, for as long as it takes.
            _LOG.error("the ledger does not take what has ended; %d requests wait", self.backlog, exc_info=error)
        self.fault = fault
        steps, self._steps = self._steps, []
        for each in steps:
            each.settle(StoreUnavailable(fault))
        self._pause = min(LONGEST_PAUSE, max(PUMP_SECONDS, 2 * self._pause))
        self._resume_at = self._clock.now() + self._pause


async def keep_booked(bookkeeper: Bookkeeper, *, every: float = PUMP_SECONDS) -> None:
    """Pump again and again until cancelled."""
    while True:
        await bookkeeper.pump()
        await asyncio.sleep(every)


def _batches(found: Iterable[Finished]) -> Iterator[Sequence[Finished]]:
    each = iter(found)
    while batch := tuple(islice(each, BATCH)):
        yield batch
