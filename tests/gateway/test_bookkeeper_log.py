"""An operator hears of a ledger that is down before calls are refused for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.gateway.bookkeeper import LONGEST_PAUSE
from tests.gateway.books import Office


def test_a_ledger_that_goes_and_comes_back_is_logged_once_each(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office(tmp_path)
    office.pump()
    office.serve(2)
    office.unavailable()
    for _ in range(3):
        office.pump(after=LONGEST_PAUSE)
    office.store.failure = None
    for _ in range(2):
        office.pump(after=LONGEST_PAUSE)
    assert [(each.levelname, each.getMessage()) for each in caplog.records if each.levelname != "INFO"] == [
        ("ERROR", "the ledger does not take what has ended; 2 requests wait"),
        ("WARNING", "the ledger takes requests again"),
    ]
    office.close()
