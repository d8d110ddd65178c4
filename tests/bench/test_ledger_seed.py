"""A ledger that was filled for a measurement is one that a server could have written."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from bench.ledger_seed import Plan, seed
from headgate.adapters.sql.ledger.opening import ledger_for_reading, open_ledger
from headgate.adapters.sql.ledger.tables import rollup
from headgate.adapters.sql.ledger.verifying import Verification
from headgate.core.secret import Secret
from headgate.gateway.ledger_verify import Findings
from tests import databases
from tests.ledger_rows import by_day


def fill_and_verify(directory: Path, url: Secret | None) -> Findings:
    database = open_ledger(directory, url)
    seed(database, Plan(rows=3_000))
    database.close()
    findings = Findings()
    with ledger_for_reading(directory, url) as connection:
        Verification(connection, findings, counting=by_day).rows()
        assert connection.execute(select(func.sum(rollup.c.requests))).scalar_one() == 3_000
    return findings


@pytest.mark.parametrize("kind", databases.KINDS)
def test_everything_in_it_agrees(kind: str, tmp_path: Path) -> None:
    if kind == "sqlite":
        findings = fill_and_verify(tmp_path, None)
    else:
        with databases.postgresql_database() as url:
            findings = fill_and_verify(tmp_path, url)

    assert list(findings.lines()) == []
    assert findings.looked_at["rows"] == 3_000
