"""The named points of the road at which a gateway can be made to kill itself.

Each is a step of the real thing: its method is wrapped, so that the process dies right before it or right after it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Final

from headgate.adapters.journal.reading import LeftJournal
from headgate.adapters.journal.segments import LOCK_NAME, JournalDirectory, Segment
from headgate.adapters.journal.spool import Spool
from headgate.adapters.journal.writer import JournalWriter
from headgate.adapters.sql.ledger import adding
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.gateway.call import Call
from headgate.gateway.call_state import STREAM
from headgate.gateway.outbox import Outbox
from headgate.ledger.records import Finished
from tests.faults.faults import Faults

SERVING: Final = {
    "admitted, before the frame is written": 40,
    "the frame written, before the request leaves": 40,
    "the request has left": 40,
    "the upstream's head has come": 40,
    "the first event has been passed on": 40,
    "settled, before the frame is written": 40,
    "the settled frame written, before the answer's end leaves": 40,
    "answered, before the batch is written": 5,
    "rows added, before sums are": 5,
    "sums added, before the commit": 5,
    "committed, before the journal is told": 5,
    "before a segment begins": 3,
    "half of what a segment begins with is written": 3,
    "a segment has begun": 3,
    "before a segment is deleted": 2,
    "a segment has been deleted": 2,
}
"""And the how many-eth time it is that a process dies of: when it is busy, and has let segments go."""
REPLAYING: Final = (
    "while what is left is read",
    "rows added, before sums are",
    "sums added, before the commit",
    "committed, before the journal is told",
    "before what was left is removed",
    "half of what was left is removed",
)

_Method = Callable[..., object]
_Heard = Callable[..., None]


class Point:
    """Where the process dies. `name#3` is the third time that it gets there."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._armed = ""
        self._passed = 0

    def reached(self, name: str, at_last: Callable[[], object] = lambda: None) -> None:
        """The process is there. `at_last` is what it does before it dies."""
        armed = self._faults.point
        if armed != self._armed:
            self._armed, self._passed = armed, 0
        wanted, _, times = armed.partition("#")
        if wanted == name:
            self._passed += 1
            if self._passed >= int(times or 1):
                at_last()
                os.kill(os.getpid(), signal.SIGKILL)


def place(point: Point) -> None:
    """Put the points into the product, for the rest of the process."""
    _on_the_road(point)
    _in_the_journal(point)
    _in_the_ledger(point)
    _in_the_replay(point)


def _on_the_road(point: Point) -> None:
    def leaves(outbox: Outbox) -> Callable[[], None]:
        asked = any(data.startswith(b"POST ") for _, data in outbox._held)  # noqa: SLF001 - what is about to leave
        return lambda: point.reached("the request has left") if asked else None

    def heard(call: Call, *_: object) -> Callable[[], None]:
        return lambda: point.reached("the first event has been passed on") if call.state is STREAM else None

    _around(Outbox, "flush", leaves)
    _after(Call, "upstream_head", lambda *_: point.reached("the upstream's head has come"))
    _around(Call, "upstream_bytes", heard)


def _in_the_journal(point: Point) -> None:
    has_settled: list[bool] = []

    def written(journal: JournalWriter) -> Callable[[], None]:
        opens, settles = bool(journal._opening), bool(has_settled)  # noqa: SLF001 - what is about to be written
        has_settled.clear()
        if opens:
            point.reached("admitted, before the frame is written")
        if settles:
            point.reached("settled, before the frame is written")

        def then() -> None:
            if opens:
                point.reached("the frame written, before the request leaves")
            if settles:
                point.reached("the settled frame written, before the answer's end leaves")

        return then

    def begins(_spool: Spool, segment: Segment, data: bytes) -> Callable[[], None]:
        point.reached("before a segment begins")
        half = data[: len(data) // 2]
        point.reached("half of what a segment begins with is written", lambda: os.write(segment.descriptor, half))
        return lambda: point.reached("a segment has begun")

    def discards(_spool: Spool, _segment: Segment) -> Callable[[], None]:
        point.reached("before a segment is deleted")
        return lambda: point.reached("a segment has been deleted")

    _after(JournalWriter, "ended", lambda *_: has_settled.append(True))
    _around(JournalWriter, "flush", written)
    _around(Spool, "_begin", begins)
    _around(Spool, "_discard", discards)


def _in_the_ledger(point: Point) -> None:
    def written(*_: object, **__: object) -> Callable[[], None]:
        point.reached("answered, before the batch is written")
        return lambda: point.reached("committed, before the journal is told")

    _around(SqlLedger, "write", written)
    for each in (adding._Sqlite, adding._Postgresql):  # noqa: SLF001 - the steps of a transaction
        _after(each, "rows", lambda *_: point.reached("rows added, before sums are"))
        _after(each, "sums", lambda *_: point.reached("sums added, before the commit"))


def _in_the_replay(point: Point) -> None:
    finished = LeftJournal.finished

    @wraps(finished)
    def read(journal: LeftJournal) -> Iterator[Finished]:
        for found in finished(journal):
            point.reached("while what is left is read")
            yield found

    def removes(directory: JournalDirectory) -> Callable[[], None]:
        point.reached("before what was left is removed")
        first = next(path for path in sorted(directory.path.iterdir()) if path.name != LOCK_NAME)
        point.reached("half of what was left is removed", first.unlink)
        return lambda: None

    setattr(LeftJournal, "finished", read)  # noqa: B010 - a method is put in the place of another
    _around(JournalDirectory, "remove", removes)


def _around(owner: type, name: str, begins: Callable[..., Callable[[], None]]) -> None:
    """Have `begins` called before a method, and what it gives after it."""
    original: _Method = getattr(owner, name)

    @wraps(original)
    def wrapped(*given: object, **named: object) -> object:
        then = begins(*given, **named)
        result = original(*given, **named)
        then()
        return result

    setattr(owner, name, wrapped)


def _after(owner: type, name: str, heard: _Heard) -> None:
    _around(owner, name, lambda *given, **_: lambda: heard(*given))
