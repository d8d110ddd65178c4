"""Whatever is given in whatever order and however often, every sum in the ledger stays right."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from headgate.adapters.sql.ledger.opening import LedgerDatabase, open_ledger
from headgate.adapters.sql.ledger.tables import request_table
from headgate.adapters.sql.ledger.verifying import Verification
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.gateway.ledger_verify import Findings
from headgate.ledger.records import Finished, Status
from tests.ledger_rows import (
    DAY,
    NOVEMBER,
    by_day,
    crashed,
    destination,
    finished,
    opened,
    refused,
    request_ids,
    settled,
    unknown,
    whole,
)

BUDGET = "budget of org-1"


def failed_over(request: str, admitted: int) -> Finished:
    one = opened(request, to=destination("first"), admitted=admitted)
    two = opened(request, number=2, to=destination("second"), admitted=admitted)
    return finished([one, two], [refused(one), settled(two)])


def half_known(request: str, admitted: int) -> Finished:
    one = opened(request, to=destination("first"), admitted=admitted)
    two = opened(request, number=2, to=destination("second"), admitted=admitted)
    return finished([one, two], [settled(one), unknown(two)])


def given_as(number: int, kind: str) -> Finished:
    request = f"{request_ids().next()[:20]}{number:011x}"
    admitted = NOVEMBER + number % 3 * DAY - number % 2 * 40 * DAY
    match kind:
        case "crashed":
            return crashed(request, admitted=admitted)
        case "half known":
            return half_known(request, admitted)
        case "failed over":
            return failed_over(request, admitted)
    return whole(request, admitted=admitted)


CERTAIN = {"whole", "failed over"}
REQUESTS = st.tuples(st.integers(1, 8), st.sampled_from(["whole", "failed over", "crashed", "half known"]))
BATCHES = st.lists(st.lists(REQUESTS, max_size=6), max_size=8)


def statuses(ledger: LedgerDatabase) -> dict[int, int]:
    found = {}
    with ledger.reading() as connection:
        for month in (202609, 202610, 202611):
            table = request_table(month)
            if connection.dialect.has_table(connection, table.name):
                rows = connection.execute(select(table.c.id, table.c.status))
                found.update({row[0] & (1 << 42) - 1: row[1] for row in rows})
    return found


@settings(max_examples=60, deadline=None)
@given(BATCHES)
def test_every_sum_is_that_of_the_rows(batches: list[list[tuple[int, str]]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        ledger = open_ledger(Path(directory))
        store, findings = SqlLedger(ledger), Findings()
        for batch in batches:
            store.write([given_as(number, kind) for number, kind in batch], counting=by_day)
        with ledger.reading() as connection:
            verification = Verification(connection, findings, counting=by_day)
            verification.rows()
            verification.counters({BUDGET: 0})
        flat = [each for batch in batches for each in batch]
        found = statuses(ledger)
        ledger.close()

    assert list(findings.lines()) == []
    assert found.keys() == {number for number, _ in flat}
    certain = {number for number, kind in flat if kind in CERTAIN}
    assert {number for number, status in found.items() if status != Status.UNKNOWN} == certain
