"""The ledger's store: each request once, whatever is given how often, and sums that are those of the rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import select, update

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.opening import LedgerDatabase
from headgate.adapters.sql.ledger.rolling import line_of
from headgate.adapters.sql.ledger.tables import BUCKETS, attempt_table, counter, price, request_table, rollup
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.core.money import MAX_COST
from headgate.core.usage import Usage
from headgate.dialects.counting import MOST
from headgate.gateway.ledger_store import Count, LedgerStore
from headgate.ledger.records import Account, End, Status
from tests.ledger_rows import (
    COST,
    DAY,
    HOLD,
    NOVEMBER,
    PRICE,
    TOKENS,
    USAGE,
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


def rows(ledger: LedgerDatabase, month: int = 202611) -> list[dict[str, object]]:
    with ledger.reading() as connection:
        table = request_table(month)
        return [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]


def attempts(ledger: LedgerDatabase, month: int = 202611) -> list[dict[str, object]]:
    with ledger.reading() as connection:
        table = attempt_table(month)
        found = connection.execute(select(table).order_by(table.c.request, table.c.number))
        return [dict(row) for row in found.mappings()]


def lines(ledger: LedgerDatabase) -> list[dict[str, object]]:
    with ledger.reading() as connection:
        return [dict(row) for row in connection.execute(select(rollup).order_by(*rollup.primary_key)).mappings()]


def everything(ledger: LedgerDatabase) -> object:
    store: LedgerStore = SqlLedger(ledger)
    return rows(ledger), attempts(ledger), lines(ledger), dict(store.counters())


def test_a_request_is_a_row_an_attempt_a_line_of_its_day_and_a_count(store: SqlLedger, ledger: LedgerDatabase) -> None:
    store.write([whole(request_ids().next())], counting=by_day)

    (row,), (attempt,), (line,) = rows(ledger), attempts(ledger), lines(ledger)
    assert (row["id"], row["admitted"], row["cost"], row["tokens_in"], row["tokens_out"]) == (
        1 << 42 | 1,
        NOVEMBER,
        COST,
        120,
        30,
    )
    assert (attempt["request"], attempt["number"], attempt["cost"], attempt["more"]) == (row["id"], 1, COST, None)
    assert (line["day"], line["requests"], line["attempts"], line["cached_input"]) == (NOVEMBER // DAY, 1, 1, 20)
    assert store.counters() == {("budget of org-1", NOVEMBER // DAY * 86_400): Count(COST, 0, TOKENS)}


def test_the_price_list_that_a_row_names_is_kept_once(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids = request_ids()
    store.write([whole(ids.next()), whole(ids.next())], counting=by_day)
    SqlLedger(ledger).write([whole(ids.next())], counting=by_day)

    with ledger.reading() as connection:
        assert [row.id for row in connection.execute(select(price))] == [PRICE.id]


def test_what_is_given_again_changes_nothing(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids = request_ids()
    batch = [whole(ids.next()), crashed(ids.next()), whole(ids.next())]
    store.write(batch, counting=by_day)
    before = everything(ledger)

    store.write(batch, counting=by_day)
    SqlLedger(ledger).write(batch[:1], counting=by_day)

    assert everything(ledger) == before


def test_of_a_batch_that_is_there_in_part_the_rest_is_added(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids = request_ids()
    first, second, third = (whole(ids.next()) for _ in range(3))
    store.write([second], counting=by_day)

    store.write([first, second, third, third], counting=by_day)

    assert len(rows(ledger)) == 3
    assert [line["requests"] for line in lines(ledger)] == [3]
    assert store.counters() == {("budget of org-1", NOVEMBER // DAY * 86_400): Count(3 * COST, 0, 3 * TOKENS)}


def test_a_certain_row_takes_the_place_of_an_unknown_one(store: SqlLedger, ledger: LedgerDatabase) -> None:
    request, other = (request_ids().next(), request_ids(2).next())
    store.write([crashed(request)], counting=by_day)
    assert store.counters() == {("budget of org-1", NOVEMBER // DAY * 86_400): Count(0, HOLD, 0)}

    store.write([whole(other), whole(request)], counting=by_day)

    assert [row["status"] for row in rows(ledger)] == [Status.SETTLED, Status.SETTLED]
    assert [attempt["status"] for attempt in attempts(ledger)] == [Status.SETTLED, Status.SETTLED]
    assert [(line["reason"], line["requests"], line["unknown"]) for line in lines(ledger)] == [(End.COMPLETE, 2, 0)]
    assert store.counters() == {("budget of org-1", NOVEMBER // DAY * 86_400): Count(2 * COST, 0, 2 * TOKENS)}


def test_nothing_takes_the_place_of_a_certain_row(store: SqlLedger, ledger: LedgerDatabase) -> None:
    request = request_ids().next()
    store.write([whole(request)], counting=by_day)
    before = everything(ledger)

    store.write([crashed(request)], counting=by_day)
    store.write([whole(request, usage=Usage(input=1, estimated=True))], counting=by_day)

    assert everything(ledger) == before


def test_of_one_request_given_twice_in_a_batch_the_certain_one_counts(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids = request_ids()
    request = ids.next()

    store.write([crashed(request), whole(request), crashed(request)], counting=by_day)

    assert [row["status"] for row in rows(ledger)] == [Status.SETTLED]
    assert [line["requests"] for line in lines(ledger)] == [1]


def test_each_attempt_counts_where_it_went_and_the_request_where_it_ended(
    store: SqlLedger, ledger: LedgerDatabase
) -> None:
    request = request_ids().next()
    one = opened(request, to=destination("first", provider="azure"))
    two = opened(request, number=2, to=destination("second"))
    store.write([finished([one, two], [unknown(one), settled(two)])], counting=by_day)

    (row,) = rows(ledger)
    first, second = lines(ledger)
    assert (row["status"], row["cost"], row["exposure"], row["attempts"]) == (Status.UNKNOWN, COST, HOLD, 2)
    assert (first["requests"], first["attempts"], first["unknown"], first["output"]) == (0, 1, 0, 0)
    assert (second["requests"], second["attempts"], second["unknown"], second["output"]) == (1, 1, 1, 30)
    assert first["first_id"] == second["last_id"] == row["id"]
    assert store.counters() == {("budget of org-1", NOVEMBER // DAY * 86_400): Count(COST, HOLD, TOKENS)}


def test_an_attempt_that_failed_before_the_answer_costs_nothing(store: SqlLedger, ledger: LedgerDatabase) -> None:
    request = request_ids().next()
    one, two = opened(request), opened(request, number=2)

    store.write([finished([one, two], [refused(one), settled(two)])], counting=by_day)

    assert [row["cost"] for row in rows(ledger)] == [COST]
    assert [attempt["cost"] for attempt in attempts(ledger)] == [0, COST]


def test_every_bucket_is_in_the_line_of_the_day(store: SqlLedger, ledger: LedgerDatabase) -> None:
    counts = {name: count for count, name in enumerate(BUCKETS, 1)}
    usage = msgspec.structs.replace(Usage(tier="flex"), **counts)
    ids = request_ids()
    store.write([whole(ids.next(), usage=usage), whole(ids.next(), usage=usage)], counting=by_day)

    (line,), row = lines(ledger), rows(ledger)[0]
    assert [line[name] for name in BUCKETS] == [2 * count for count in range(1, len(BUCKETS) + 1)]
    assert (row["tokens_in"], row["tokens_out"]) == (usage.prompt, usage.completion)


def test_sums_go_beyond_what_one_row_can_hold(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids = request_ids()
    batch = []
    for _ in range(3):
        attempt = opened(ids.next())
        closed = settled(attempt)
        fields = {name: getattr(closed, name) for name in closed.__struct_fields__} | {"cost": MAX_COST}
        batch.append(finished([attempt], [type(closed)(**fields)]))

    for each in batch:
        store.write([each], counting=by_day)

    with ledger.reading() as connection:
        row = connection.execute(select(rollup)).one()
    assert line_of(tuple(row))[1][4] == 3 * MAX_COST
    assert store.counters()["budget of org-1", NOVEMBER // DAY * 86_400].spent == 3 * MAX_COST


def test_requests_lie_in_the_month_of_their_admission(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids = request_ids()
    first, end = months.bounds(202611)
    store.write([whole(ids.next(), admitted=at) for at in (first - 1, first, end - 1, end)], counting=by_day)

    with ledger.reading() as connection:
        assert months.stored(connection) == [202612, 202611, 202610]
    assert [len(rows(ledger, month)) for month in (202610, 202611, 202612)] == [1, 2, 1]


def test_a_write_that_fails_leaves_nothing_behind_and_can_be_made_again(
    store: SqlLedger, ledger: LedgerDatabase
) -> None:
    ids = request_ids()
    batch = [whole(ids.next())]

    def broken(account: Account, admitted: int) -> Sequence[tuple[str, int]]:
        raise LookupError(f"no budget of {account} at {admitted}")

    with pytest.raises(LookupError):
        store.write(batch, counting=broken)
    with ledger.reading() as connection:
        assert months.stored(connection) == []

    store.write(batch, counting=by_day)

    assert len(rows(ledger)) == 1


def test_more_tokens_than_a_column_can_hold_are_the_most_that_it_can(store: SqlLedger, ledger: LedgerDatabase) -> None:
    attempt = opened(request_ids().next())
    fields = {name: getattr(attempt, name) for name in attempt.__struct_fields__} | {"hold_tokens": 10**30}
    huge = type(attempt)(**fields)

    store.write([finished([huge], [settled(huge, USAGE)])], counting=by_day)

    assert [attempt["hold_tokens"] for attempt in attempts(ledger)] == [2**63 - 1]


def test_no_word_of_an_upstream_can_stop_the_ledger(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids = request_ids()

    store.write([whole(ids.next(), usage=Usage(input=1, tier="fl\0ex"))], counting=by_day)
    SqlLedger(ledger).write([whole(ids.next(), usage=Usage(input=1, tier="fl\0ex"))], counting=by_day)

    first, second = attempts(ledger)
    assert first["tier"] == second["tier"]


def test_an_upstream_that_lies_fills_no_sum(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids = request_ids()
    month = 2_000 * 86_400 * 31
    store.write([whole(ids.next(), usage=Usage(input=MOST - 1))], counting=by_day)
    with ledger.writing() as connection:
        connection.execute(update(counter).values(tokens=MOST * month))
        connection.execute(update(rollup).values(input=MOST * month))

    store.write([whole(ids.next(), usage=Usage(input=MOST - 1))], counting=by_day)

    (count,), (line,) = store.counters().values(), lines(ledger)
    assert count.tokens == line["input"] == MOST * (month + 1) - 1
