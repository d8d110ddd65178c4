"""`headgate` with everything real but the points at which it dies, a disk that can be broken, and limits so small that
a test reaches them: `python -m tests.faults.launch serve ...`.

In the environment, `FAULTS` is the file by which it is told, and `FAULTS_SPOOL` what the journal may hold, in bytes.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from typing_extensions import override

from headgate import wiring_money
from headgate.adapters.journal import writer
from headgate.adapters.journal.spool import JournalLimits
from headgate.adapters.sql import sqlite
from headgate.cli.main import main
from headgate.gateway import bookkeeper
from headgate.gateway.bookkeeper import Bookkeeper
from tests.faults.broken_disk import BrokenDisk
from tests.faults.faults import Faults
from tests.faults.points import Point, place

SEGMENT: Final = 32 * 1024
RESERVE: Final = 256 * 1024
BATCH: Final = 100
MEMORY: Final = 200
"""Finished requests that are kept at least while the ledger is down."""
BUSY_MS: Final = 500
PAUSE: Final = 1.0
"""Seconds between two looks at a ledger that is down, at most."""


class SmallBookkeeper(Bookkeeper):
    """Keeps little in memory, and says how much that was at most."""

    faults: Faults

    @override
    def _forget(self) -> None:
        super()._forget()
        self.faults.kept = max(self.faults.kept, self.kept)


def prepare(faults: Faults, *, spool: int | None) -> None:
    """Put all of it in the place of what the wiring finds by these names, for the rest of the process."""

    def limits(**given: Any) -> JournalLimits:  # noqa: ANN401 - what JournalLimits takes
        found = JournalLimits(**{**given, "segment": SEGMENT, "reserve": RESERVE})
        return msgspec.structs.replace(found, spool=spool) if spool is not None else found

    SmallBookkeeper.faults = faults
    for module, name, value in (
        (writer, "Disk", partial(BrokenDisk, faults)),
        (wiring_money, "JournalLimits", limits),
        (wiring_money, "Bookkeeper", partial(SmallBookkeeper, most=MEMORY)),
        (bookkeeper, "BATCH", BATCH),
        (bookkeeper, "LONGEST_PAUSE", PAUSE),
        (sqlite, "_BUSY_MS", BUSY_MS),
    ):
        assert hasattr(module, name)
        setattr(module, name, value)
    place(Point(faults))


if __name__ == "__main__":
    given = os.environ.pop("FAULTS_SPOOL", "")
    prepare(Faults(Path(os.environ.pop("FAULTS"))), spool=int(given) if given else None)
    main()
