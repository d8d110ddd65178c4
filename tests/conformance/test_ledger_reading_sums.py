"""Sums of usage: exact, by any group, and what is told to whom by which statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, event

from headgate.adapters.sql.ledger.opening import LedgerDatabase, open_ledger
from headgate.adapters.sql.ledger.reading import SqlLedgerReading
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.catalogue.price import PriceList, Rates, resolved
from headgate.core.usage import Usage
from headgate.gateway.usage_store import BUCKETS, Group, GroupBy, LedgerReading, Reach, Summary, Sums, UsageFilter
from headgate.ledger.records import Account, End, Finished, Status
from tests import databases
from tests.spending import MAXI, MINI, Sent, at, finished, nobody, request_id

EVERYBODY = Reach()
GLOBEX = Account("o-globex", "p-main", "u-gus", "k-globex")
NOVEMBER_20 = at("2026-11-20T00:00:00") // 86_400_000_000
USED = Usage(input=10, output=5)
COST = 10 * 3_000_000 + 5 * 15_000_000 + 7

MIXED = (
    finished(1, admitted=at("2026-11-19T08:00:00")),
    finished(2, Sent(to=MAXI, outcome="overloaded", usage=Usage(), code=529), Sent()),
    finished(3, Sent(to=MAXI), account=GLOBEX),
    finished(4, Sent(status=Status.ESTIMATED), end=End.CLIENT_GONE),
    finished(5, Sent(status=Status.UNKNOWN, usage=Usage(), hold=99), end=End.CRASH),
)


@pytest.fixture(params=databases.KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerDatabase]:
    if request.param == "sqlite":
        opened = open_ledger(tmp_path)
        yield opened
        opened.close()
        return
    with databases.postgresql_database() as url:
        opened = open_ledger(tmp_path, url)
        yield opened
        opened.close()


@pytest.fixture
def reading(database: LedgerDatabase) -> SqlLedgerReading:
    return SqlLedgerReading(database)


def store(database: LedgerDatabase, *requests: Finished) -> None:
    SqlLedger(database).write(requests, counting=nobody)


def summed(
    reading: LedgerReading,
    *by: GroupBy,
    wanted: UsageFilter | None = None,
    reach: Reach = EVERYBODY,
    after: Group | None = None,
    limit: int = 1000,
) -> Summary:
    return reading.summary(wanted or UsageFilter(), reach=reach, by=by, after=after, limit=limit)


def costs(summary: Summary) -> dict[Group, int]:
    return {group: sums.cost for group, sums in summary.items}


def test_everything_is_summed(database: LedgerDatabase, reading: SqlLedgerReading) -> None:
    store(database, *MIXED)

    assert summed(reading).totals == Sums(
        requests=5,
        attempts=6,
        estimated=1,
        unknown=1,
        cost=4 * COST,
        exposure=99,
        duration=5 * 250_000,
        buckets={**dict.fromkeys(BUCKETS, 0), "input": 40, "output": 20},
    )


def test_sums_are_told_apart_by_what_served_and_by_day(database: LedgerDatabase, reading: SqlLedgerReading) -> None:
    store(database, *MIXED)

    found = summed(reading, GroupBy.MODEL, GroupBy.DAY)

    assert costs(found) == {
        ("maxi", NOVEMBER_20): COST,
        ("mini", NOVEMBER_20 - 1): COST,
        ("mini", NOVEMBER_20): 2 * COST,
    }
    assert [group for group, _ in found.items] == sorted(group for group, _ in found.items)
    assert (found.totals.cost, found.after) == (4 * COST, None)


def test_a_failed_attempt_counts_where_it_went_and_its_request_where_it_ended(
    database: LedgerDatabase, reading: SqlLedgerReading
) -> None:
    store(database, MIXED[1])

    found = {group: (sums.requests, sums.attempts) for group, sums in summed(reading, GroupBy.PROVIDER).items}

    assert found == {("anthropic",): (0, 1), ("openai",): (1, 1)}


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        pytest.param(GroupBy.ORGANIZATION, {"o-acme": 4, "o-globex": 1}, id="organization"),
        pytest.param(GroupBy.PROJECT, {"p-web": 4, "p-main": 1}, id="project"),
        pytest.param(GroupBy.USER, {"u-mia": 4, "u-gus": 1}, id="user"),
        pytest.param(GroupBy.KEY, {"": 4, "k-globex": 1}, id="key"),
        pytest.param(GroupBy.PROVIDER, {"openai": 4, "anthropic": 1}, id="provider"),
        pytest.param(GroupBy.UPSTREAM_MODEL, {"gpt-5-mini": 4, "claude-5": 1}, id="model of the provider"),
        pytest.param(GroupBy.END_REASON, {End.COMPLETE: 3, End.CLIENT_GONE: 1, End.CRASH: 1}, id="end"),
    ],
)
def test_requests_are_counted_by(
    database: LedgerDatabase, reading: SqlLedgerReading, by: GroupBy, expected: dict[str, int]
) -> None:
    store(database, *MIXED)

    assert {group[0]: sums.requests for group, sums in summed(reading, by).items} == expected


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_groups_are_read_in_parts_and_totals_are_of_all(
    database: LedgerDatabase, reading: SqlLedgerReading, limit: int
) -> None:
    store(database, *MIXED)
    by = (GroupBy.DAY, GroupBy.MODEL, GroupBy.END_REASON)
    whole = summed(reading, *by)
    found: list[tuple[Group, Sums]] = []
    after: Group | None = None
    while True:
        part = summed(reading, *by, after=after, limit=limit)
        found += part.items
        assert part.totals == whole.totals
        after = part.after
        if after is None:
            break

    assert found == list(whole.items)
    assert len(found) == 5


@pytest.mark.parametrize(
    ("wanted", "requests"),
    [
        (UsageFilter(organization="o-globex"), 1),
        (UsageFilter(served_model="mini"), 4),
        (UsageFilter(provider="anthropic"), 1),
        (UsageFilter(end=End.CLIENT_GONE), 1),
        (UsageFilter(since=at("2026-11-20T00:00:00")), 4),
        (UsageFilter(until=at("2026-11-20T00:00:00")), 1),
        (UsageFilter(until=at("2026-11-20T00:00:00") + 1), 5),
        (UsageFilter(user="nobody"), 0),
    ],
)
def test_sums_are_narrowed(
    database: LedgerDatabase, reading: SqlLedgerReading, wanted: UsageFilter, requests: int
) -> None:
    store(database, *MIXED)

    assert summed(reading, GroupBy.DAY, wanted=wanted).totals.requests == requests


def test_a_sum_beyond_64_bits_is_exact(database: LedgerDatabase, reading: SqlLedgerReading) -> None:
    dear = resolved(PriceList(rates=Rates(input=2**62 + 1)))
    to = msgspec.structs.replace(MINI, price=dear.id)
    one = Sent(to=to, price=dear, usage=Usage(input=1))
    store(database, *(finished(number, one) for number in range(1, 10)))

    assert summed(reading).totals.cost == 9 * (2**62 + 1)
    assert costs(summed(reading, GroupBy.MODEL)) == {("mini",): 9 * (2**62 + 1)}


def test_nothing_comes_to_nothing(reading: SqlLedgerReading) -> None:
    assert summed(reading).totals.requests == 0
    assert summed(reading, GroupBy.DAY).items == []


@contextmanager
def heard() -> Iterator[list[str]]:
    """The statements that the database is sent."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("theirs", "nobodys"),
    [
        (UsageFilter(organization="o-globex"), UsageFilter(organization="o-none")),
        (UsageFilter(project="p-main"), UsageFilter(project="p-none")),
        (UsageFilter(user="u-gus"), UsageFilter(user="u-none")),
        (UsageFilter(key="k-globex"), UsageFilter(key="k-none")),
        (UsageFilter(served_model="theirs"), UsageFilter(served_model="nobodys")),
        (UsageFilter(model="theirs"), UsageFilter(model="nobodys")),
        (UsageFilter(provider="theirs"), UsageFilter(provider="nobodys")),
    ],
)
def test_what_one_may_not_see_is_told_by_the_statements_that_tell_of_nothing(
    database: LedgerDatabase, theirs: UsageFilter, nobodys: UsageFilter
) -> None:
    there = msgspec.structs.replace(MINI, name="theirs", provider="theirs")
    store(database, *MIXED, finished(6, Sent(to=there), account=GLOBEX, model="theirs"))
    reading, reach = SqlLedgerReading(database, window=2), Reach(organization="o-acme")
    told = []
    for wanted in (theirs, nobodys):
        with heard() as statements:
            rows = reading.rows(wanted, reach=reach, after=None, limit=10)
            sums = summed(reading, GroupBy.DAY, wanted=wanted, reach=reach)
        told.append((list(rows.items), rows.after, sums, statements))

    assert told[0] == told[1]
    assert told[0][0] == []


def test_a_request_of_others_is_looked_for_like_one_that_is_none(
    database: LedgerDatabase, reading: SqlLedgerReading
) -> None:
    store(database, *MIXED)
    told = []
    for name in (request_id(3), request_id(77), request_id(3, "req_0123456789abcdef")):
        with heard() as statements:
            assert reading.request(name, reach=Reach(organization="o-acme")) is None
        told.append(statements)

    assert told[0] == told[1] == told[2]
