"""A disk that is full, cannot be written, takes half of what it is given or cannot be synced, under load.

What is under way is finished and settled; what comes is refused before anything of it leaves; readiness says why; when
the disk is back everything goes on without a restart, and the books agree.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from headgate.adapters.sql.ledger.opening import FILE_NAME
from tests.faults import broken_disk
from tests.faults.life import CALLERS, LAUNCHER, Life
from tests.faults.mounted import fill, inside

REASONS = {
    broken_disk.FULL: errno.ENOSPC,
    broken_disk.READ_ONLY: errno.EROFS,
    broken_disk.SHORT: errno.ENOSPC,
    broken_disk.NO_SYNC: errno.EIO,
}


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """One gateway, which outlives all of its disk's faults."""
    life = Life(tmp_path_factory.mktemp("disk"))
    yield life
    life.end()


def outlives(life: Life, *, breaks: Callable[[], None], mends: Callable[[], None]) -> str:
    """Go through a fault, and see that nothing is lost; the reason that readiness gave."""
    # Twice as many connections to the upstream as the calls under way need: what comes finds one at once.
    life.call(2 * CALLERS)
    life.until_more_calls(4 * CALLERS)
    life.stop_calling()
    under_way = calls_under_way(life)
    breaks()
    # More than the last page of a full file system has room for: they wait at the gate, and write no more.
    life.call(4 * CALLERS)
    life.until(lambda: life.ready()[0] == 503, "nobody notices")
    reason = life.ready()[1]
    life.call()
    life.refuses()

    life.gate(is_open=True)
    life.stop_calling()
    assert under_way <= life.calls.whole

    mends()
    life.until(lambda: life.ready()[0] == 200, "it does not go on")
    before = len(life.calls.whole)
    life.call()
    life.until(lambda: len(life.calls.whole) > before + 40, "calls are not answered")
    life.stop_calling()
    life.until_all_is_written()
    life.agrees()
    return reason


def calls_under_way(life: Life) -> set[int]:
    """Begin calls which the upstream does not answer to the end before the gate is opened; their tags."""
    life.gate(is_open=False)
    before = set(life.calls.begun)
    life.call()
    life.until(lambda: life.upstream.stopped == CALLERS, "calls do not come to the upstream")
    return life.calls.begun - before


@pytest.mark.parametrize("fault", REASONS)
def test_a_broken_disk_refuses_what_comes_and_takes_nothing_of_what_was(life: Life, fault: str) -> None:
    def become(disk: str) -> None:
        life.faults.disk = disk

    reason = outlives(life, breaks=lambda: become(fault), mends=lambda: become(""))

    assert os.strerror(REASONS[fault]) in reason


def test_what_was_under_way_on_a_full_disk_is_in_the_space_kept_back_when_it_is_killed(life: Life) -> None:
    under_way = calls_under_way(life)
    with closing(sqlite3.connect(life.data / FILE_NAME, isolation_level=None)) as ledger:
        # So that the journal alone has what is settled now.
        ledger.execute("BEGIN IMMEDIATE")
        life.faults.disk = broken_disk.FULL
        life.gate(is_open=True)
        life.until(lambda: under_way <= life.calls.whole, "what is under way does not end")
        life.program.kill()
    life.calls_end()
    life.faults.disk = ""
    life.restart()

    life.agrees()


def test_a_file_system_that_is_full_refuses_what_comes_and_takes_nothing_of_what_was(mounted: Life) -> None:
    filler: list[Path] = []

    reason = outlives(
        mounted,
        breaks=lambda: filler.append(mounted.seeing(lambda: fill(mounted.data))),
        mends=lambda: mounted.seeing(filler[0].unlink),
    )

    assert os.strerror(errno.ENOSPC) in reason


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Life]:
    """One whose data directory, databases included, is a small file system."""
    data = tmp_path / "data"
    data.mkdir()
    life = Life(tmp_path, launcher=inside(data, LAUNCHER, size="16m"))
    yield life
    life.end()
