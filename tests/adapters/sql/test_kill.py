"""SIGKILL in the middle of writes: what was acknowledged is there, what is there is whole, and there are no gaps."""

from __future__ import annotations

import random
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Final

from headgate.access.audit import Proof
from headgate.adapters.sql.audit import verify_trail
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.opening import open_database
from headgate.catalogue.entry import ModelEntry
from headgate.catalogue.scope import PLATFORM

ROOT: Final = Path(__file__).parents[3]


def start(directory: Path, *, seed: int, strike: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.adapters.sql.writing_process", str(directory), str(seed), str(strike)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def killed_after(directory: Path, *, seed: int, writes: int) -> list[int]:
    """The numbers that a process acknowledged which is killed from outside when it has acknowledged some."""
    with start(directory, seed=seed) as process:
        assert process.stdout is not None
        heard = [process.stdout.readline() for _ in range(writes)]
        process.kill()
        return [int(line) for line in [*heard, *process.stdout]]


def killed_at_call(directory: Path, *, seed: int, strike: int) -> list[int]:
    """The numbers that a process acknowledged which kills itself before a certain call to its database."""
    with start(directory, seed=seed, strike=strike) as process:
        assert process.stdout is not None
        return [int(line) for line in process.stdout]


def whole(directory: Path) -> list[int]:
    """The revisions of a database that opens, has no gaps, whose audit trail is whole and whose entries are the sum of
    its revisions."""
    database = open_database(directory)
    catalogue = SqlCatalogue(database)
    revisions = catalogue.revisions([PLATFORM], before=None, limit=10**6, name=None)
    numbers = [each.number for each in reversed(revisions)]
    assert numbers == list(range(1, catalogue.head() + 1))

    states: dict[str, ModelEntry] = {}
    for revision in reversed(revisions):
        for change in revision.changes:
            assert states.pop(change.entry.uid, None) == change.before
            if change.after is not None:
                states[change.entry.uid] = change.after
    assert {each.uid: each for each in catalogue.entries()} == states
    assert {each.uid: each for each in catalogue.entries_at(PLATFORM, len(numbers))} == states
    assert len(list(SqlCredentials(database).credentials())) == min(len(numbers), 5)
    with database.reading() as connection:
        assert isinstance(verify_trail(connection), Proof)
    database.close()
    return numbers


def assert_kept(before: list[int], acknowledged: list[int], after: list[int]) -> None:
    """Everything acknowledged is there, and besides at most the one write that the kill met."""
    expected = before + acknowledged
    assert after[: len(expected)] == expected
    assert len(after) - len(expected) <= 1


def test_nothing_that_was_acknowledged_is_lost_to_a_kill_from_outside(tmp_path: Path) -> None:
    chance = random.Random(20)  # noqa: S311  # reproducible, not secret
    written: list[int] = []
    total = 0

    for seed in count():
        acknowledged = killed_after(tmp_path, seed=seed, writes=chance.randint(40, 200))
        before, written = written, whole(tmp_path)
        assert_kept(before, acknowledged, written)
        total += len(acknowledged)
        if total > 1000:
            break


def test_nothing_is_half_written_by_a_process_that_dies_at_any_call(tmp_path: Path) -> None:
    written: list[int] = []

    # One transaction of the writer is some fifteen calls: each of them is met, at the start and after other writes.
    for strike in range(1, 38):
        acknowledged = killed_at_call(tmp_path, seed=strike, strike=strike)
        before, written = written, whole(tmp_path)
        assert_kept(before, acknowledged, written)

    assert len(written) > 12
