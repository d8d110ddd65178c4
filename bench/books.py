"""The rows of a Headgate's ledger as the proof that a run was served with everything on.

They are counted in the ledger's file and not through the gateway, whose processor time is being measured.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from bench.children import clean_environment
from bench.cores import pinned_to
from bench.workloads import RunFailed
from headgate.adapters.sql.ledger.opening import ledger_for_reading
from headgate.adapters.sql.ledger.tables import rollup

PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.2
"""Between two looks. What was cut off is written down when the gateway has noticed, so one look is not enough."""
VERIFY_SECONDS: Final = 600


class RowsLost(RunFailed):
    """A gateway that loses rows is not measured as a cheap one, nor one that counts twice."""


class BooksWrong(Exception):
    """The ledger does not agree with itself."""


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """The Books of a Headgate that keeps its ledger in a file of its data directory."""

    data: Path
    patience: float = PATIENCE_SECONDS
    pause: float = PAUSE_SECONDS

    def count(self) -> int:
        # The sums of days: `verify` shows that they are those of the rows.
        with ledger_for_reading(self.data) as connection:
            return int(connection.execute(select(func.sum(rollup.c.requests))).scalar_one() or 0)

    def close(self, since: int, *, answered: int, cut: int) -> None:
        deadline = time.monotonic() + self.patience
        before, written = -1, self.count() - since
        while written < answered or written != before:
            if time.monotonic() > deadline:
                break
            time.sleep(self.pause)
            before, written = written, self.count() - since
        if not answered <= written <= answered + cut:
            besides = f" and at most {cut} were cut off" if cut else ""
            raise RowsLost(f"the ledger has {written} requests of a run in which {answered} were answered{besides}")


def verify(program: Path, data: Path, *, core: int) -> None:
    """Let the ledger be reckoned again, beside the server. Raise BooksWrong if anything in it is not right."""
    with pinned_to(core):
        done = subprocess.run(
            [program, "ledger", "verify", "--data-dir", data],
            capture_output=True,
            text=True,
            timeout=VERIFY_SECONDS,
            check=False,
            env=clean_environment(),
        )
    if done.returncode:
        raise BooksWrong(f"headgate ledger verify: {(done.stdout + done.stderr)[-2_000:].strip()}")
