"""The rows of a ledger as the proof of a run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bench.books import LedgerFile, RowsLost
from bench.ledger_seed import Plan, seed
from headgate.adapters.sql.ledger.opening import open_ledger

ROWS = 300


@pytest.fixture
def books(tmp_path: Path) -> LedgerFile:
    """A ledger that nobody writes to any more."""
    database = open_ledger(tmp_path)
    seed(database, Plan(rows=ROWS))
    database.close()
    return LedgerFile(tmp_path, patience=0, pause=0)


def test_every_request_of_the_ledger_is_counted(books: LedgerFile) -> None:
    assert books.count() == ROWS


def test_a_ledger_without_rows_has_none(tmp_path: Path) -> None:
    open_ledger(tmp_path).close()

    assert LedgerFile(tmp_path).count() == 0


@pytest.mark.parametrize(
    ("answered", "cut"),
    [
        pytest.param(100, 0, id="as many rows as answers"),
        pytest.param(90, 32, id="some that were cut off have rows as well"),
        pytest.param(100, 32, id="none that was cut off has a row"),
    ],
)
def test_a_run_whose_requests_all_have_rows_is_good(books: LedgerFile, answered: int, cut: int) -> None:
    books.close(ROWS - 100, answered=answered, cut=cut)


@pytest.mark.parametrize(
    ("answered", "cut"),
    [
        pytest.param(101, 32, id="an answer has no row"),
        pytest.param(99, 0, id="a request has two rows"),
        pytest.param(60, 32, id="more rows than requests were sent"),
    ],
)
def test_a_run_with_fewer_rows_or_more_is_refused(books: LedgerFile, answered: int, cut: int) -> None:
    with pytest.raises(RowsLost, match=f"has 100 requests of a run in which {answered} were answered"):
        books.close(ROWS - 100, answered=answered, cut=cut)


def test_rows_that_come_late_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, late = open_ledger(tmp_path), LedgerFile(tmp_path)

    def others_have_time(_: float) -> None:
        if not late.count():
            seed(database, Plan(rows=ROWS))

    monkeypatch.setattr(time, "sleep", others_have_time)

    late.close(0, answered=ROWS, cut=0)

    assert late.count() == ROWS
    database.close()
