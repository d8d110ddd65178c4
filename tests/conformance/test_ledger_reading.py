"""Rows of the ledger in pages: what is found, by whom, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.adapters.sql.ledger.opening import LedgerDatabase, open_ledger
from headgate.adapters.sql.ledger.reading import SqlLedgerReading
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.core.usage import Usage
from headgate.gateway.usage_store import Position, Reach, UsageFilter
from headgate.ledger.records import Account, End, Finished, Status
from tests import databases
from tests.spending import MAXI, PRICE, Sent, at, finished, nobody, request_id

GLOBEX = Account("o-globex", "p-main", "u-gus", "k-globex")
EVERYBODY = Reach()


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


def ids(
    reading: SqlLedgerReading, wanted: UsageFilter | None = None, *, reach: Reach = EVERYBODY, limit: int = 1000
) -> list[str]:
    """The ids of all rows that are found, read in parts of `limit`."""
    found: list[str] = []
    after: Position | None = None
    while True:
        rows = reading.rows(wanted or UsageFilter(), reach=reach, after=after, limit=limit)
        assert len(rows.items) <= limit
        found += [row.request for row in rows.items]
        after = rows.after
        if after is None:
            return found


def test_a_row_says_what_was_asked_who_served_and_what_it_cost(
    database: LedgerDatabase, reading: SqlLedgerReading
) -> None:
    failed = Sent(to=MAXI, usage=Usage(), outcome="overloaded", code=529)
    account = Account("o-acme", "p-web", "u-mia", "k-1")
    store(database, finished(3, failed, Sent(), account=account, model="maxi"))

    [row] = reading.rows(UsageFilter(), reach=EVERYBODY, after=None, limit=10).items

    assert (row.request, row.admitted, row.account) == (request_id(3), at("2026-11-20T12:00:00"), account)
    assert (row.model, row.served_model, row.entry, row.provider, row.upstream_model) == (
        "maxi", "mini", "uid-mini", "openai", "gpt-5-mini",
    )  # fmt: skip
    assert (row.operation, row.end, row.status, row.code) == ("chat", End.COMPLETE, Status.SETTLED, 200)
    assert (row.cost, row.exposure, row.attempts) == (10 * 3_000_000 + 5 * 15_000_000 + 7, 0, 2)
    assert (row.tokens_in, row.tokens_out, row.duration, row.first_byte) == (10, 5, 250_000, 40_000)


def test_what_is_unknown_has_no_cost(database: LedgerDatabase, reading: SqlLedgerReading) -> None:
    store(database, finished(1, Sent(status=Status.UNKNOWN, usage=Usage(), hold=99), end=End.CRASH))

    [row] = reading.rows(UsageFilter(), reach=EVERYBODY, after=None, limit=10).items

    assert (row.cost, row.exposure, row.status, row.end) == (None, 99, Status.UNKNOWN, End.CRASH)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_parts_of_any_length_make_the_same_list_newest_first(
    database: LedgerDatabase, reading: SqlLedgerReading, limit: int
) -> None:
    days = ["2026-09-30T23:59:59", "2026-10-01T00:00:00", "2026-11-02T10:00:00", "2026-11-20T12:00:00"]
    store(database, *(finished(number, admitted=at(days[number // 2 - 1])) for number in range(2, 10)))

    assert ids(reading, limit=limit) == [request_id(number) for number in range(9, 1, -1)]


def test_a_row_or_two_each_day_fill_a_page(database: LedgerDatabase) -> None:
    days = [f"2026-11-{day:02}T10:00:00" for day in range(1, 13)]
    store(database, *(finished(number, admitted=at(day)) for number, day in enumerate(days, 1)))

    rows = SqlLedgerReading(database, window=60).rows(UsageFilter(user="u-mia"), reach=EVERYBODY, after=None, limit=12)

    assert len(rows.items) == 12


def test_rows_that_come_while_one_reads_move_nothing(database: LedgerDatabase, reading: SqlLedgerReading) -> None:
    store(database, *(finished(number) for number in range(1, 6)))
    first = reading.rows(UsageFilter(), reach=EVERYBODY, after=None, limit=2)

    store(database, *(finished(number) for number in range(6, 9)))
    rest = reading.rows(UsageFilter(), reach=EVERYBODY, after=first.after, limit=10)

    assert [row.request for row in (*first.items, *rest.items)] == [request_id(number) for number in (5, 4, 3, 2, 1)]


def test_the_requests_of_a_later_process_are_newer(database: LedgerDatabase, reading: SqlLedgerReading) -> None:
    later = "req_0000000000000001"
    store(database, finished(8), finished(9))
    store(database, finished(1, prefix=later))

    assert ids(reading) == [request_id(1, later), request_id(9), request_id(8)]


MIXED = (
    finished(1, admitted=at("2026-10-03T08:00:00")),
    finished(2, Sent(to=MAXI), admitted=at("2026-10-03T09:00:00"), model="maxi"),
    finished(3, account=GLOBEX, admitted=at("2026-11-01T00:00:00")),
    finished(4, Sent(status=Status.ESTIMATED), end=End.CLIENT_GONE, admitted=at("2026-11-01T05:00:00")),
    finished(5, Sent(status=Status.UNKNOWN), end=End.CRASH, admitted=at("2026-11-19T23:59:59")),
    finished(6, Sent(to=MAXI), account=GLOBEX, model="auto", admitted=at("2026-11-20T00:00:00")),
    finished(7, account=Account("o-acme", "p-api", "u-ann", "k-1"), admitted=at("2026-11-20T12:00:00")),
)


@pytest.mark.parametrize("window", [1, 2, 100_000])
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(UsageFilter(), [7, 6, 5, 4, 3, 2, 1], id="all"),
        pytest.param(UsageFilter(organization="o-globex"), [6, 3], id="an organization"),
        pytest.param(UsageFilter(project="p-web"), [5, 4, 2, 1], id="a project"),
        pytest.param(UsageFilter(user="u-ann"), [7], id="a user"),
        pytest.param(UsageFilter(key="k-1"), [7], id="a key"),
        pytest.param(UsageFilter(model="maxi"), [2], id="the model that was asked for"),
        pytest.param(UsageFilter(served_model="maxi"), [6, 2], id="the model that served"),
        pytest.param(UsageFilter(provider="anthropic"), [6, 2], id="a provider"),
        pytest.param(UsageFilter(status=Status.ESTIMATED), [4], id="estimated"),
        pytest.param(UsageFilter(status=Status.UNKNOWN), [5], id="unknown"),
        pytest.param(UsageFilter(status=Status.SETTLED), [7, 6, 3, 2, 1], id="settled"),
        pytest.param(UsageFilter(end=End.CLIENT_GONE), [4], id="an end"),
        pytest.param(UsageFilter(since=at("2026-11-01T05:00:00")), [7, 6, 5, 4], id="from, that instant included"),
        pytest.param(UsageFilter(until=at("2026-11-20T00:00:00")), [5, 4, 3, 2, 1], id="to, that instant not"),
        pytest.param(
            UsageFilter(since=at("2026-10-03T08:30:00"), until=at("2026-11-01T00:00:00")), [2], id="from and to"
        ),
        pytest.param(UsageFilter(organization="o-acme", served_model="maxi"), [2], id="two at once"),
        pytest.param(UsageFilter(organization="o-nobody"), [], id="an organization that is none"),
        pytest.param(UsageFilter(model="nothing"), [], id="a model that nobody asked for"),
    ],
)  # fmt: skip
def test_rows_are_narrowed(database: LedgerDatabase, window: int, wanted: UsageFilter, expected: list[int]) -> None:
    store(database, *MIXED)

    found = ids(SqlLedgerReading(database, window=window), wanted, limit=2)

    assert found == [request_id(number) for number in expected]


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        pytest.param(Reach(organization="o-acme"), [7, 5, 4, 2, 1], id="an organization"),
        pytest.param(Reach(organization="o-acme", project="p-api"), [7], id="a project"),
        pytest.param(Reach(organization="o-acme", user="u-mia"), [5, 4, 2, 1], id="oneself"),
        pytest.param(Reach(organization="o-globex", key="k-globex"), [6, 3], id="a key"),
    ],
)
def test_nothing_beyond_ones_reach_is_found(database: LedgerDatabase, reach: Reach, expected: list[int]) -> None:
    store(database, *MIXED)
    reading = SqlLedgerReading(database)

    assert ids(reading, reach=reach) == [request_id(number) for number in expected]
    for wanted in (UsageFilter(organization="o-acme"), UsageFilter(model="mini"), UsageFilter(status=Status.SETTLED)):
        assert set(ids(reading, wanted, reach=reach)) <= {request_id(number) for number in expected}


def test_a_request_is_read_with_its_attempts_usage_and_prices(
    database: LedgerDatabase, reading: SqlLedgerReading
) -> None:
    used = Usage(input=10, cached_input=3, output=5, searches=0, audio_input=4, images=2, tier="priority")
    failed = Sent(to=MAXI, usage=Usage(), outcome="overloaded", code=529)
    store(database, finished(1), finished(2, failed, Sent(usage=used), why='{"reason":"routed"}'))

    found = reading.request(request_id(2), reach=EVERYBODY)

    assert found is not None
    assert (found.row.request, found.why) == (request_id(2), '{"reason":"routed"}')
    one, two = found.attempts
    assert (one.number, one.name, one.revision, one.outcome, one.code, one.cost) == (1, "maxi", 8, "overloaded", 529, 0)
    assert (two.usage, two.price, two.prices, two.hold) == (used, PRICE.id, PRICE.source, 1_000)
    assert (two.began, two.ended, two.first_byte) == (found.row.admitted + 2_000, found.row.admitted + 202_000, 30_000)


def test_a_request_is_found_in_any_month(database: LedgerDatabase, reading: SqlLedgerReading) -> None:
    store(database, *MIXED)

    found = [reading.request(request_id(number), reach=EVERYBODY) for number in (1, 7)]

    assert [each.row.request for each in found if each is not None] == [request_id(1), request_id(7)]


@pytest.mark.parametrize(
    "unknown", ["", "req_", request_id(99), request_id(1, "req_ffffffffffffffff"), "req_\0", "x" * 99]
)
def test_a_request_that_is_none_is_not_found(database: LedgerDatabase, reading: SqlLedgerReading, unknown: str) -> None:
    store(database, *MIXED)

    assert reading.request(unknown, reach=EVERYBODY) is None


def test_a_request_beyond_ones_reach_is_not_found(database: LedgerDatabase, reading: SqlLedgerReading) -> None:
    store(database, *MIXED)

    assert reading.request(request_id(3), reach=Reach(organization="o-acme")) is None
    assert reading.request(request_id(7), reach=Reach(organization="o-acme", user="u-mia")) is None
    assert reading.request(request_id(7), reach=Reach(organization="o-acme", user="u-ann")) is not None


def test_an_empty_ledger_has_no_rows(reading: SqlLedgerReading) -> None:
    assert ids(reading) == []
    assert ids(reading, UsageFilter(provider="openai")) == []
    assert reading.request(request_id(1), reach=EVERYBODY) is None
