"""What `headgate ledger verify` finds: each kind of damage is named, and a sound ledger passes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from sqlalchemy import Connection, Executable, delete, update

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.opening import LedgerDatabase
from headgate.adapters.sql.ledger.presence import without_row
from headgate.adapters.sql.ledger.tables import attempt_table, counter, price, request_table, rollup
from headgate.adapters.sql.ledger.verifying import Verification
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.core.usage import Usage
from headgate.gateway.ledger_verify import SHOWN, Findings, judge_late, overtaken
from tests.ledger_rows import (
    COST,
    DAY,
    HOLD,
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

REQUEST = "req_000000000000000100000000001"
BUDGET = "budget of org-1"
TODAY = NOVEMBER // DAY * 86_400

requests, attempts = request_table(202611), attempt_table(202611)


@pytest.fixture
def filled(ledger: LedgerDatabase) -> LedgerDatabase:
    ids = request_ids()
    one, two = opened(ids.next()), opened("req_000000000000000100000000001", number=2, to=destination("second"))
    three = opened(ids.next())
    SqlLedger(ledger).write(
        [
            finished([one, two], [refused(one), settled(two)]),
            finished([three], [unknown(three)]),
            whole(ids.next(), usage=Usage(input=5, audio_input=7, tier="flex", estimated=True)),
            whole(ids.next(), admitted=NOVEMBER + DAY),
            whole(ids.next(), admitted=months.bounds(202610)[0]),
        ],
        counting=by_day,
    )
    return ledger


def verified(ledger: LedgerDatabase) -> Findings:
    findings = Findings()
    with ledger.reading() as connection:
        verification = Verification(connection, findings, counting=by_day)
        verification.rows()
        verification.counters({BUDGET: 0})
    return findings


def damaged(ledger: LedgerDatabase, damage: Callable[[Connection], object]) -> list[str]:
    with ledger.writing() as connection:
        damage(connection)
    return list(verified(ledger).lines())


def test_a_sound_ledger_agrees_with_itself(filled: LedgerDatabase) -> None:
    findings = verified(filled)

    assert (list(findings.lines()), findings.agree) == ([], True)
    assert findings.looked_at == {"rows": 5, "attempts": 6, "roll-ups": 4, "counters": 3}


def test_a_ledger_agrees_after_rows_gave_way_and_months_were_dropped(filled: LedgerDatabase) -> None:
    store = SqlLedger(filled)
    store.write([whole("req_000000000000000100000000002"), crashed(REQUEST)], counting=by_day)
    store.drop_before(202611)
    store.write([whole(request_ids(2).next(), admitted=months.bounds(202610)[0])], counting=by_day)

    assert list(verified(filled).lines()) == []


def test_a_changed_cost_is_found(filled: LedgerDatabase) -> None:
    found = damaged(
        filled, lambda connection: connection.execute(update(attempts).where(attempts.c.cost == COST).values(cost=1))
    )

    assert found[:2] == [
        "2 costs that are not usage times price:",
        f"  request {REQUEST} attempt 2: the cost is 1, and usage times price is {COST}",
    ]
    assert f"  request {REQUEST}: cost is {COST}, and its attempts come to 1" in found


def test_a_cost_where_there_is_none_is_found(filled: LedgerDatabase) -> None:
    found = damaged(
        filled, lambda connection: connection.execute(update(attempts).where(attempts.c.status == 3).values(cost=0))
    )

    assert found[1].endswith("attempt 1: the cost is 0, and its status says that it is unknown")


def test_changed_usage_is_found(filled: LedgerDatabase) -> None:
    found = damaged(
        filled,
        lambda connection: connection.execute(update(attempts).where(attempts.c.number == 2).values(output=31)),
    )

    assert found[0] == "1 costs that are not usage times price:"
    assert f"  request {REQUEST}: tokens_out is 30, and its attempts come to 31" in found
    assert any("output is 30, and the rows come to 31" in line for line in found)


def test_a_price_list_that_is_missing_is_found(filled: LedgerDatabase) -> None:
    found = damaged(filled, lambda connection: connection.execute(delete(price)))

    assert "is missing" in found[1]


def test_a_price_list_that_was_changed_is_found(filled: LedgerDatabase) -> None:
    found = damaged(
        filled, lambda connection: connection.execute(update(price).values(body='{"rates":{"input":1,"output":1}}'))
    )

    assert any("has another content than the one it is named for" in line for line in found)


def test_a_lost_attempt_is_found(filled: LedgerDatabase) -> None:
    found = damaged(filled, lambda connection: connection.execute(delete(attempts).where(attempts.c.number == 2)))

    assert f"  request {REQUEST}: attempts is 2, and its attempts come to 1" in found


def test_a_row_without_attempts_is_found(filled: LedgerDatabase) -> None:
    found = damaged(filled, lambda connection: connection.execute(delete(attempts).where(attempts.c.status == 3)))

    assert found[:2] == [
        "1 rows without attempts, or attempts without a row:",
        "  request req_000000000000000100000000002: there is a row, and no attempt",
    ]


@pytest.mark.parametrize("status", [0, 3])
def test_attempts_without_a_row_are_found(filled: LedgerDatabase, status: int) -> None:
    found = damaged(filled, lambda connection: connection.execute(delete(requests).where(requests.c.status == status)))

    assert found[0].endswith("rows without attempts, or attempts without a row:")
    assert found[1].endswith("there are attempts, and no row")


@pytest.mark.parametrize("name", ["cost", "exposure", "status", "tokens_in", "tokens_out"])
def test_a_changed_row_is_found(filled: LedgerDatabase, name: str) -> None:
    column = requests.c[name]
    found = damaged(
        filled,
        lambda connection: connection.execute(
            update(requests).where(requests.c.id == (1 << 42 | 1)).values({column: column + 1})
        ),
    )

    assert any(f"request {REQUEST}: {name} is" in line for line in found)


def test_a_doubled_roll_up_is_found(filled: LedgerDatabase) -> None:
    found = damaged(
        filled,
        lambda connection: connection.execute(
            update(rollup).where(rollup.c.day == NOVEMBER // DAY + 1).values(cost_m=2 * rollup.c.cost_m)
        ),
    )

    assert found[0] == "1 roll-ups that are not the sum of rows:"
    assert f"cost is {2 * COST}, and the rows come to {COST}" in found[1]


def test_a_lost_roll_up_is_found(filled: LedgerDatabase) -> None:
    found = damaged(
        filled, lambda connection: connection.execute(delete(rollup).where(rollup.c.day == NOVEMBER // DAY + 1))
    )

    assert found[1].endswith("there are rows, and no line")


def test_a_lost_month_is_found(filled: LedgerDatabase) -> None:
    found = damaged(filled, lambda connection: months.drop(connection, 202610))

    assert any("there are lines, and no rows of 202610" in line for line in found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            update(counter).where(counter.c.window == TODAY + 86_400).values(spent_r=counter.c.spent_r + 1),
            f"budget {BUDGET} from {TODAY + 86_400}: {COST + 1} spent, 0 exposed, 150 tokens, "
            f"and the rows come to {COST} spent, 0 exposed, 150 tokens",
            id="changed",
        ),
        pytest.param(
            delete(counter).where(counter.c.window == TODAY + 86_400),
            f"budget {BUDGET} from {TODAY + 86_400}: there is none, "
            f"and the rows come to {COST} spent, 0 exposed, 150 tokens",
            id="lost",
        ),
    ],
)
def test_a_wrong_counter_is_found(filled: LedgerDatabase, change: Executable, words: str) -> None:
    found = damaged(filled, lambda connection: connection.execute(change))

    assert found == ["1 counters that are not the sum of rows:", f"  {words}"]


def test_windows_that_count_nowhere_any_more_are_not_judged(filled: LedgerDatabase) -> None:
    with filled.writing() as connection:
        connection.execute(update(counter).where(counter.c.window == TODAY).values(tokens=0))
    findings = Findings()
    with filled.reading() as connection:
        verification = Verification(connection, findings, counting=by_day)
        verification.rows()
        verification.counters({BUDGET: TODAY + 86_400})

    assert (findings.agree, findings.looked_at["counters"]) == (True, 1)


def test_of_many_disagreements_some_are_told_and_all_are_counted(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids = request_ids()
    store.write([whole(ids.next()) for _ in range(50)], counting=by_day)

    found = damaged(ledger, lambda connection: connection.execute(update(requests).values(exposure=HOLD)))

    assert found[0] == "50 rows that are not the sum of their attempts:"
    assert len([line for line in found if "exposure is" in line]) == SHOWN
    assert "  ... and 30 more" in found


def test_what_the_journal_ends_before_the_newest_row_is_missed(filled: LedgerDatabase) -> None:
    lost = whole("req_000000000000000100000000009", admitted=NOVEMBER + 1)
    late = whole("req_00000000000000010000000000a", admitted=NOVEMBER + 2 * DAY)
    there = whole("req_000000000000000100000000003")
    other = whole(request_ids(9).next())
    findings = Findings()
    with filled.reading() as connection:
        verification = Verification(connection, findings, counting=by_day)
        verification.rows()
        missing = without_row(connection, [lost, there, late, other])
    behind = overtaken(missing, last=verification.last)
    judge_late(behind, findings)

    assert (missing, behind) == ([lost, late, other], [lost])
    assert list(findings.lines()) == [
        "1 requests or frames of the journal:",
        "  request req_000000000000000100000000009: it is in the journal, and has no row, though later ones do",
    ]


def test_a_request_of_nothing_but_time_is_like_any_other(store: SqlLedger, ledger: LedgerDatabase) -> None:
    attempt = opened(request_ids().next(), to=destination(price=""))
    closed = msgspec.structs.replace(unknown(attempt), exposure=0, usage=Usage(seconds=9))
    store.write([finished([attempt], [closed])], counting=by_day)

    assert verified(ledger).agree
