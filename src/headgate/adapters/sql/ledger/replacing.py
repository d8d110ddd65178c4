"""What of a batch the ledger does not have: requests that are new, and rows of status UNKNOWN that give way.

This runs after a crash, when the journal is read back, and where a commit went wrong half-way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Table, delete, select

from headgate.adapters.sql.ledger import months, retaining
from headgate.adapters.sql.ledger.gathering import Batch
from headgate.adapters.sql.ledger.names import Names
from headgate.adapters.sql.ledger.rolling import Rollups
from headgate.adapters.sql.ledger.rows import AttemptRow, RequestRow, certain
from headgate.adapters.sql.ledger.tables import attempt_table, request_table, rollup
from headgate.ledger.records import Finished, Status

_PORTION: Final = 400


class Missing(msgspec.Struct, frozen=True):
    """Requests to add, and requests whose rows are there and give way to these, by number."""

    fresh: Sequence[Finished]
    replacing: Mapping[int, Finished]


def missing(connection: Connection, batch: Iterable[Finished], *, names: Names) -> Missing:
    given: dict[int, Finished] = {}
    by_month: defaultdict[int, list[int]] = defaultdict(list)
    for finished in batch:
        number = names.number(finished.ended.request)
        before = given.get(number)
        if before is None:
            by_month[months.month_of(finished.opened[0].admitted)].append(number)
        if before is None or (certain(finished) and not certain(before)):
            given[number] = finished
    stored = set(months.stored(connection))
    there: dict[int, int] = {}
    for month, numbers in by_month.items():
        # Nothing replaces what is gone: what it came to cannot be taken back.
        there.update(dict.fromkeys(retaining.had_rows(connection, month, numbers=numbers), Status.SETTLED))
        if month in stored:
            there.update(_statuses(connection, month, numbers))
            # Attempts without a request would stand in the way of those that are written.
            strays = [number for number in numbers if number not in there]
            _delete(connection, attempt_table(month), strays)
    return Missing(
        [finished for number, finished in given.items() if number not in there],
        {
            number: finished
            for number, finished in given.items()
            if there.get(number) == Status.UNKNOWN and certain(finished)
        },
    )


def take_back(connection: Connection, found: Missing, *, gathered: Batch) -> None:
    """Delete the rows that give way, and subtract them from what is to be added to the sums."""
    by_month: defaultdict[int, list[int]] = defaultdict(list)
    for number, finished in found.replacing.items():
        by_month[months.month_of(finished.opened[0].admitted)].append(number)
    old = Rollups()
    for month, numbers in by_month.items():
        for request, attempts in _stored(connection, month, numbers):
            old.add(request, attempts)
            gathered.counts.add(found.replacing[request[0]].opened[0].account, request, sign=-1)
        _delete(connection, attempt_table(month), numbers)
        _delete(connection, request_table(month), numbers)
    gathered.rollups.take_back(old)


def drop_empty(connection: Connection, rollups: Rollups) -> None:
    """Delete the lines of the roll-ups that nothing is left of."""
    for day, account, destination, reason in rollups.lines:
        connection.execute(
            delete(rollup).where(
                rollup.c.day == day,
                rollup.c.account == account,
                rollup.c.destination == destination,
                rollup.c.reason == reason,
                rollup.c.requests == 0,
                rollup.c.attempts == 0,
            )
        )


def _statuses(connection: Connection, month: int, numbers: Sequence[int]) -> dict[int, int]:
    table = request_table(month)
    found: dict[int, int] = {}
    for portion in _portions(numbers):
        rows = connection.execute(select(table.c.id, table.c.status).where(table.c.id.in_(portion)))
        found.update((row[0], row[1]) for row in rows)
    return found


def _stored(
    connection: Connection, month: int, numbers: Sequence[int]
) -> Iterator[tuple[RequestRow, list[AttemptRow]]]:
    requests, attempts = request_table(month), attempt_table(month)
    for portion in _portions(numbers):
        by_request: defaultdict[int, list[AttemptRow]] = defaultdict(list)
        for row in connection.execute(select(attempts).where(attempts.c.request.in_(portion))):
            by_request[row[0]].append(tuple(row))
        for row in connection.execute(select(requests).where(requests.c.id.in_(portion))).all():
            yield tuple(row), by_request[row[0]]


def _delete(connection: Connection, table: Table, numbers: Sequence[int]) -> None:
    for portion in _portions(numbers):
        connection.execute(delete(table).where(next(iter(table.c)).in_(portion)))


def _portions(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _PORTION):
        yield numbers[start : start + _PORTION]
