"""Where the frames of a living process go: kept for the length of a turn, then written at once.

On the road a frame is encoded and put into a list. `flush` writes the list before any byte of the turn leaves, with
one call of the system. What the disk then does not take is sorted: an attempt that was to be opened is refused, for
nothing of it has left; what was closed or ended stays in memory and is written before anything else as soon as the
disk takes it, helped by the space that was kept back for that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from headgate.adapters.journal.disk import FULL, Disk
from headgate.adapters.journal.reading import ended_in
from headgate.adapters.journal.reserve import Reserve
from headgate.adapters.journal.segments import JOURNAL_NAME, JournalDirectory
from headgate.adapters.journal.spool import JournalLimits, Spool, Submits
from headgate.catalogue.price import Price
from headgate.gateway.ports import Refused
from headgate.ledger.frames import Frames, framed
from headgate.ledger.records import Closed, Ended, Finished, Frame, Listed, Opened, Settled

TICK_SECONDS: Final = 0.25
_MANY_LISTS: Final = 256
"""Up to so many price lists are simply repeated in the next segment; of more it is found out which are in use."""

_LOG: Final = logging.getLogger("headgate.journal")


class JournalWriter:
    """The Journal of one process. Everything here is called on the event loop, but `read`.

    `schedule` is called for the first frame of a turn: it has `flush` called at its end. `reason` says why attempts are
    not accepted, "" while they are. `tick` is called every `TICK_SECONDS`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        limits: JournalLimits,
        schedule: Callable[[], None],
        syncs: Submits,
        disk: Disk | None = None,
    ) -> None:
        """JournalRefused if there is no place for it."""
        disk = disk or Disk()
        directory = JournalDirectory.claim(data_dir / JOURNAL_NAME)
        self.accepts = True
        self.reason = ""
        self._limits = limits
        self._schedule = schedule
        self._spool = Spool(directory, limits=limits, disk=disk, syncs=syncs)
        self._reserve = Reserve(directory.path, limits.reserve, disk=disk)
        self._current = self._spool.current
        self._turn: list[bytes] = []
        self._opening: list[tuple[int, Refused]] = []
        self._open: dict[str, bytes] = {}
        self._listed: dict[str, Price] = {}
        self._kept: list[bytes] = []
        self._fault = ""
        self._reserve_fault = ""
        self._build_reserve()
        self._judge()

    # The road

    def opened(self, frame: Opened, price: Price | None, *, refused: Refused) -> None:
        turn = self._turn
        if not turn:
            self._schedule()
        if price is not None and price.id not in self._listed:
            self._listed[price.id] = price
            turn.append(framed(Listed(price.id, price.source)))
        data, request = framed(frame), frame.request
        self._opening.append((len(turn), refused))
        turn.append(data)
        held = self._open
        held[request] = held[request] + data if request in held else data

    def closed(self, frame: Closed) -> None:
        data, request = framed(frame), frame.request
        self._append(data)
        if request in self._open:
            self._open[request] += data

    def ended(self, frame: Ended | Settled) -> int:
        self._append(framed(frame))
        self._open.pop(frame.ended.request if isinstance(frame, Settled) else frame.request, None)
        current = self._current
        current.ended += 1
        return current.number

    def flush(self) -> None:
        """Write what the turn has told. Harmless at any time; attempts that are refused hear of it from within."""
        turn = self._turn
        if not turn:
            return
        written = 0 if self._fault else self._spool.append(turn)
        if written == len(turn):
            turn.clear()
            self._opening.clear()
            if self._spool.is_due:
                self._roll()
            if self._spool.total > self._limits.spool:
                self._judge()
        else:
            self._sort(written)

    # Beside the road

    @property
    def open_requests(self) -> int:
        return len(self._open)

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        return self._spool.total

    def tick(self, now: float) -> None:
        if self._fault:
            self._recover()
        if not self._fault and not self._reserve.is_held:
            self._build_reserve()
        self._spool.tick(now)
        self._judge()

    def stored(self, segment: int, count: int) -> None:
        """`count` more of the requests that end in `segment` are in the ledger."""
        self._spool.stored(segment, count)
        if self._spool.total > self._limits.spool and self._spool.is_only_current and not self._fault:
            # One segment that is larger than all may be together has to become a smaller one.
            self.flush()
            self._roll()
        self._judge()

    def is_written(self) -> bool:
        """Whether everything that was told is in the segments, so that `read` would find it."""
        self.flush()
        return not self._kept

    def read(self, segment: int) -> Iterator[Finished]:
        """The requests that end in a segment which has some that are not in the ledger. On any thread."""
        return ended_in(self._spool.path(segment), is_last=segment == self._current.number)

    def close(self) -> None:
        """Write and sync everything; remove the journal if nothing in it is needed any more."""
        self.flush()
        if self._fault:
            self._recover()
        self._reserve.free()
        is_stored = self._spool.close()
        if is_stored and not self._open:
            try:
                self._spool.directory.remove()
            except OSError as error:
                _LOG.warning("the journal is not needed any more and cannot be removed: %s", error)
        self.release()

    def release(self) -> None:
        """Let go of it as it is: the next process reads it back."""
        self._spool.release()

    def _append(self, data: bytes) -> None:
        turn = self._turn
        if not turn:
            self._schedule()
        turn.append(data)

    # What the disk did not take

    def _sort(self, written: int) -> None:
        """Refuse what was to be opened and is not in the file; keep what was closed, ended or listed."""
        turn, opening = self._turn, self._opening
        self._turn, self._opening = [], []
        rest = [_only(data) for data in turn[written:]]
        over = {(each.request, each.number) for each in map(_closing, rest) if each is not None}
        refusals, dropped = [], set()
        for place, refused in opening:
            frame = rest[place - written] if place >= written else None
            # One that is over within its turn is part of what must be kept: nobody is left to be refused.
            if isinstance(frame, Opened) and (frame.request, frame.number) not in over:
                self._forget(frame.request, turn[place])
                dropped.add(place)
                refusals.append(refused)
        self._kept += [data for place, data in enumerate(turn) if place >= written and place not in dropped]
        self._fail()
        for then in [refused() for refused in refusals]:
            if then is not None:
                then()

    def _fail(self) -> None:
        if not self._fault and self._spool.error is not None:
            freed = self._suffer(self._spool.error)
            _LOG.error("%s; attempts are refused until it can", self._fault)
            if freed:
                self._recover()
        self._judge()

    def _suffer(self, error: OSError) -> bool:
        """Say what fails. Whether space was freed that may help."""
        self._fault = f"the journal cannot be written: {error.strerror}"
        if error.errno not in FULL or not self._reserve.is_held:
            return False
        self._reserve.free()
        self._reserve_fault = error.strerror or str(error)
        return True

    def _recover(self) -> None:
        """Write what is kept, or try whether anything could be."""
        if self._kept:
            del self._kept[: self._spool.append(self._kept)]
        if not self._kept and self._spool.probe():
            self._fault = ""
            _LOG.warning("the journal can be written again")
        elif self._spool.error is not None:
            self._suffer(self._spool.error)

    def _forget(self, request: str, data: bytes) -> None:
        # Several parts of one request may be refused in a turn, the first of them before the last.
        left = self._open.pop(request, b"").replace(data, b"", 1)
        if left:
            self._open[request] = left

    def _build_reserve(self) -> None:
        try:
            self._reserve.build()
            self._reserve_fault = ""
        except OSError as error:
            self._reserve_fault = error.strerror or str(error)

    def _judge(self) -> None:
        reason = self._fault or self._spool.fault
        if not reason and not self._reserve.is_held:
            reason = f"no disk can be kept back for what is under way: {self._reserve_fault}"
        if not reason and self._spool.total > self._limits.spool:
            reason = f"the journal holds {self._spool.total} bytes that the ledger has not taken, which is all it may"
        self.reason, self.accepts = reason, not reason

    # Segments

    def _roll(self) -> None:
        if len(self._listed) > _MANY_LISTS:
            frames = (frame for data in self._open.values() for frame in Frames(data))
            used = {frame.to.price for frame in frames if isinstance(frame, Opened)}
            listed = {id: price for id, price in self._listed.items() if id in used}
        else:
            listed = self._listed
        lists = (framed(Listed(price.id, price.source)) for price in listed.values())
        if self._spool.roll([*lists, *self._open.values()]):
            self._current, self._listed = self._spool.current, listed


def _only(data: bytes) -> Frame:
    return next(iter(Frames(data)))


def _closing(frame: Frame) -> Closed | None:
    if isinstance(frame, Settled):
        return frame.closed
    return frame if isinstance(frame, Closed) else None
