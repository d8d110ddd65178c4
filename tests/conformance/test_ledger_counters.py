"""The counters of budgets: counted anew from the rows whenever that is asked for."""

from __future__ import annotations

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.gateway.ledger_store import Count
from headgate.ledger.records import Account
from tests.ledger_rows import ACCOUNT, COST, DAY, HOLD, NOVEMBER, TOKENS, by_day, crashed, request_ids, whole


def test_a_budget_is_counted_anew_from_the_rows_that_match(store: SqlLedger) -> None:
    ids = request_ids()
    other = Account("org-1", "project-1", "user-2")
    store.write(
        [
            whole(ids.next()),
            whole(ids.next(), admitted=NOVEMBER + DAY),
            whole(ids.next(), account=other),
            crashed(ids.next()),
            whole(ids.next(), account=Account("org-2")),
            whole(ids.next(), admitted=NOVEMBER - DAY),
        ],
        counting=by_day,
    )
    day = NOVEMBER // DAY * 86_400

    def since(second: int) -> int:
        return second // 86_400 * 86_400

    counted = store.recount("new", account=Account("org-1"), since=since, start=day)
    assert counted == {day: Count(2 * COST, HOLD, 2 * TOKENS), day + 86_400: Count(COST, 0, TOKENS)}
    assert counted.items() == {at: count for (budget, at), count in store.counters().items() if budget == "new"}.items()

    again = store.recount("new", account=Account(user=ACCOUNT.user), since=since, start=day)
    assert again == {day: Count(COST, HOLD, TOKENS), day + 86_400: Count(COST, 0, TOKENS)}


def test_a_budget_that_is_forgotten_has_no_counters(store: SqlLedger) -> None:
    store.write([whole(request_ids().next())], counting=by_day)

    store.forget("budget of org-1")

    assert store.counters() == {}


def test_a_window_whose_rows_were_dropped_keeps_its_count(store: SqlLedger) -> None:
    september = months.bounds(202609)[0]
    ids = request_ids()
    store.write([whole(ids.next(), admitted=september), whole(ids.next())], counting=by_day)
    before = store.counters()
    store.drop_before(202611)

    store.recount("budget of org-1", account=Account("org-1"), since=lambda second: second // 86_400 * 86_400, start=0)

    assert store.counters() == before


def test_windows_that_count_nowhere_any_more_can_be_dropped(store: SqlLedger) -> None:
    ids = request_ids()
    store.write([whole(ids.next()), whole(ids.next(), admitted=NOVEMBER + DAY)], counting=by_day)
    day = NOVEMBER // DAY * 86_400

    store.forget_before([("budget of org-1", day + 86_400), ("another", day + 10 * 86_400)])

    assert list(store.counters()) == [("budget of org-1", day + 86_400)]
