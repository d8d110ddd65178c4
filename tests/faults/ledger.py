"""The ledger's rows against the books of the upstream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select, text

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.opening import ledger_for_reading
from headgate.adapters.sql.ledger.tables import attempt_table, request_table
from headgate.core.secret import Secret
from headgate.ledger.records import End, Status
from tests.faults.books import LEAST_OUTPUT, TEXT, Visit
from tests.faults.callers import Calls

_MILLION: Final = 1_000_000
_ROLLED_UP: Final = text(
    "SELECT sum(requests), sum(cost_m), sum(cost_r), sum(exposure_m), sum(exposure_r) FROM ledger_rollup"
)


@dataclass(frozen=True)
class Attempt:
    number: int
    status: Status
    cost: int | None
    exposure: int
    hold: int


@dataclass(frozen=True)
class Row:
    """One request, with its attempts in order."""

    end: End
    cost: int | None
    exposure: int
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class Rows:
    """The ledger as a whole: rows by tag, and what its roll-ups come to: requests, cost, exposure."""

    by_tag: Mapping[int, Sequence[Row]]
    rolled_up: tuple[int, int, int]

    @property
    def count(self) -> int:
        return sum(map(len, self.by_tag.values()))


def rows(data: Path, url: Secret | None = None) -> Rows:
    with ledger_for_reading(data, url) as connection:
        by_tag: defaultdict[int, list[Row]] = defaultdict(list)
        for month in months.stored(connection):
            for tag, row in _of(connection, month):
                by_tag[tag].append(row)
        found = connection.execute(_ROLLED_UP).one()
        requests, cost_m, cost_r, exposure_m, exposure_r = (int(each or 0) for each in found)
        return Rows(by_tag, (requests, cost_m * _MILLION + cost_r, exposure_m * _MILLION + exposure_r))


def _of(connection: Connection, month: int) -> list[tuple[int, Row]]:
    request, attempt = request_table(month).c, attempt_table(month).c
    attempts: defaultdict[int, list[Attempt]] = defaultdict(list)
    tags: dict[int, int] = {}
    columns = (attempt.request, attempt.number, attempt.status, attempt.cost, attempt.exposure, attempt.hold)
    for row in connection.execute(select(*columns, attempt.hold_tokens).order_by(attempt.request, attempt.number)):
        attempts[row[0]].append(Attempt(row[1], Status(row[2]), row[3], row[4], row[5]))
        tag = row[6] - TEXT - LEAST_OUTPUT
        assert tags.setdefault(row[0], tag) == tag, "the attempts of a request are of one request"
    found = connection.execute(select(request.id, request.reason, request.cost, request.exposure)).all()
    assert {row[0] for row in found} == attempts.keys(), "a row has attempts, and attempts have a row"
    return [(tags[row[0]], Row(End(row[1]), row[2], row[3], tuple(attempts[row[0]]))) for row in found]


def compare(found: Rows, books: Mapping[int, Sequence[Visit]], calls: Calls) -> None:
    """See that every request that reached the upstream has one row, which says what the books say, or, if the gateway
    died over it, that it may have cost what was held; and that nothing else has a row."""
    assert books.keys() <= found.by_tag.keys(), books.keys() - found.by_tag.keys()
    assert {tag: len(each) for tag, each in found.by_tag.items() if len(each) != 1} == {}
    assert found.by_tag.keys() <= calls.begun
    cost = exposure = 0
    for tag, (row,) in found.by_tag.items():
        _compare(tag, row, books.get(tag, ()), calls=calls)
        cost += row.cost or 0
        exposure += row.exposure
    assert found.rolled_up == (found.count, cost, exposure)


def _compare(tag: int, row: Row, visits: Sequence[Visit], *, calls: Calls) -> None:
    shown = f"tag {tag}: {row}, and the books say {visits}"
    assert len(visits) <= len(row.attempts), shown
    for number, attempt in enumerate(row.attempts):
        visit = visits[number] if number < len(visits) else None
        if attempt.status is Status.UNKNOWN:
            # Only whose caller got no answer may be in doubt, and only the last that was tried.
            assert tag in calls.lost, shown
            assert number == len(row.attempts) - 1, shown
            assert (attempt.cost, attempt.exposure) == (None, attempt.hold), shown
            assert visit is None or visit.hold == attempt.hold, shown
            assert row.end is End.CRASH, shown
        else:
            assert attempt.status is Status.SETTLED, shown
            assert visit is not None, shown
            assert (attempt.cost, attempt.exposure, attempt.hold) == (visit.cost, 0, visit.hold), shown
    known = [attempt.cost for attempt in row.attempts if attempt.cost is not None]
    assert row.cost == (sum(known) if known else None), shown
    assert row.exposure == sum(attempt.exposure for attempt in row.attempts), shown
    if tag in calls.whole:
        assert row.end is End.COMPLETE, shown
