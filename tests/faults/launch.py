"""`headgate` with everything real but the points at which it dies, a disk that can be broken, and limits so small that
a test reaches them: `python -m tests.faults.launch serve ...`.

`FAULTS` in the environment is the file by which it is told; `FAULTS_SMALL` has it keep little in memory and on disk.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from headgate import wiring_money
from headgate.adapters.journal import writer
from headgate.adapters.journal.spool import Fsync, JournalLimits
from headgate.adapters.sql import sqlite
from headgate.cli.main import main
from headgate.gateway import bookkeeper
from headgate.gateway.bookkeeper import Bookkeeper
from tests.faults.broken_disk import BrokenDisk
from tests.faults.faults import Faults
from tests.faults.points import Point, place

SEGMENT = 32 * 1024
SMALL_SPOOL = 512 * 1024
SMALL_BATCH = 100
SMALL_MEMORY = 200
BUSY_MS = 500


def limits(*, spool: int, fsync: Fsync) -> JournalLimits:
    return JournalLimits(segment=SEGMENT, spool=spool, reserve=256 * 1024, fsync=fsync)


def small_limits(*, spool: int, fsync: Fsync) -> JournalLimits:
    return limits(spool=min(spool, SMALL_SPOOL), fsync=fsync)


def prepare(faults: Faults, *, small: bool) -> None:
    setattr(writer, "Disk", partial(BrokenDisk, faults))  # noqa: B010 - as below, what the wiring finds by this name
    setattr(wiring_money, "JournalLimits", small_limits if small else limits)  # noqa: B010
    setattr(sqlite, "_BUSY_MS", BUSY_MS)  # noqa: B010
    if small:
        setattr(bookkeeper, "BATCH", SMALL_BATCH)  # noqa: B010
        setattr(wiring_money, "Bookkeeper", partial(Bookkeeper, most=SMALL_MEMORY))  # noqa: B010
    place(Point(faults))


if __name__ == "__main__":
    prepare(Faults(Path(os.environ.pop("FAULTS"))), small=bool(os.environ.pop("FAULTS_SMALL", "")))
    main()
