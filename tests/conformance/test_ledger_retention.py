"""Months of rows that go, and what is given again of them."""

from __future__ import annotations

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.opening import LedgerDatabase
from headgate.adapters.sql.ledger.presence import without_row
from headgate.adapters.sql.ledger.writing import SqlLedger
from tests.conformance.test_ledger_store import lines, rows
from tests.ledger_rows import NOVEMBER, by_day, crashed, request_ids, whole


def test_retention_drops_whole_months_and_leaves_the_sums(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids = request_ids()
    store.write([whole(ids.next(), admitted=months.bounds(month)[0]) for month in (202609, 202610, 202611)],
                counting=by_day)  # fmt: skip

    assert store.retire(NOVEMBER, keep=1) == [202609]
    assert store.retire(NOVEMBER, keep=1) == []

    with ledger.reading() as connection:
        assert months.stored(connection) == [202611, 202610]
    assert len(lines(ledger)) == len(store.counters()) == 3


def test_a_request_of_a_month_that_was_dropped_is_counted_all_the_same(
    store: SqlLedger, ledger: LedgerDatabase
) -> None:
    ids = request_ids()
    september = months.bounds(202609)[0]
    store.write([whole(ids.next(), admitted=september)], counting=by_day)
    store.drop_before(202611)

    store.write([whole(ids.next(), admitted=september)], counting=by_day)

    assert len(rows(ledger, 202609)) == 1
    assert [line["requests"] for line in lines(ledger)] == [2]


def test_a_request_that_went_with_its_month_is_not_counted_again(store: SqlLedger, ledger: LedgerDatabase) -> None:
    ids, others = request_ids(), request_ids(2)
    september, october = months.bounds(202609)
    batch = [
        whole(ids.next(), admitted=september),
        crashed(ids.next(), admitted=september),
        whole(others.next(), admitted=september),
        whole(ids.next(), admitted=october),
    ]
    store.write(batch, counting=by_day)
    store.drop_before(202610)
    before = lines(ledger), store.counters()

    store.write(batch, counting=by_day)
    SqlLedger(ledger).write([whole(batch[1].ended.request, admitted=september)], counting=by_day)
    store.drop_before(202611)
    SqlLedger(ledger).write(batch, counting=by_day)

    assert (lines(ledger), store.counters()) == before
    with ledger.reading() as connection:
        assert months.stored(connection) == []
        assert without_row(connection, [*batch, whole(ids.next(), admitted=september)])[:-1] == []
