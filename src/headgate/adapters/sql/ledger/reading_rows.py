"""Rows of the ledger in pages, newest first: month by month, and in each from its last row down.

A question about an organization, or about everything, is led to its rows by an index. For any other the roll-ups are
asked first on which days there are such rows, and between which numbers, where they can know; only there the rows are
looked through, and never more than a bounded number of them for one page. A page that ends for that reason says where
to read on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Final

import msgspec
from sqlalchemy import Connection, FromClause, Select, Table, func, literal_column, select
from sqlalchemy import Row as Found

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.reading_scope import (
    DAY,
    is_in_sums,
    is_narrow,
    of_lines,
    of_organization,
    of_requests,
)
from headgate.adapters.sql.ledger.tables import account, destination, name, process, rollup
from headgate.gateway.usage_store import Position, Reach, Row, Rows, UsageFilter
from headgate.ledger.records import Account, End, Status

COUNTER_BITS: Final = 42
_COUNTER: Final = (1 << COUNTER_BITS) - 1
_LAST: Final = (1 << 63) - 1

WINDOW: Final = 100_000
"""Rows that are looked through by one statement."""
WINDOWS: Final = 5
"""Windows of one page."""
STRETCHES: Final = 6
"""Stretches of few rows that count as a window: each is a statement as well."""


class Segment(msgspec.Struct, frozen=True):
    """Consecutive rows of a month: those with the numbers from `low` up to but not including `high`."""

    month: int
    low: int
    high: int


class Reader:
    """One reading of rows, on one connection. `table` gives the requests of a month."""

    def __init__(self, connection: Connection, table: Callable[[int], Table], *, window: int = WINDOW) -> None:
        self._connection = connection
        self._table = table
        self._window = window

    def rows(self, wanted: UsageFilter, *, reach: Reach, after: Position | None, limit: int) -> Rows:
        items: list[Row] = []
        left = WINDOWS * self._window
        narrow = is_narrow(wanted, reach)
        for segment in self._segments(wanted, reach, after):
            high = segment.high
            while high > segment.low:
                low = self._bottom(segment, high, wanted, reach) if narrow else segment.low
                missing = limit - len(items)
                found = self._part(Segment(segment.month, low, high), wanted, reach, limit=missing)
                items += map(shown, found)
                if len(found) == missing:
                    return Rows(items, Position(segment.month, found[-1].id))
                if narrow:
                    left -= max(min(high - low, self._window), self._window // STRETCHES)
                high = low
                if left <= 0:
                    return Rows(items, Position(segment.month, high))
        return Rows(items, None)

    def _segments(self, wanted: UsageFilter, reach: Reach, after: Position | None) -> Iterator[Segment]:
        """Where there may be rows of these, newest first, and apart from each other."""
        first = None if wanted.since is None else months.month_of(wanted.since)
        last = None if wanted.until is None else months.month_of(wanted.until - 1)
        for month in months.stored(self._connection):
            if (first is not None and month < first) or (last is not None and month > last):
                continue
            if after is not None and month > after.month:
                continue
            end = after.row if after is not None and month == after.month else _LAST
            if not is_narrow(wanted, reach) or not is_in_sums(wanted, reach):
                yield Segment(month, 0, end)
                continue
            for low, high in _apart(self._days(month, wanted, reach)):
                if low < end:
                    yield Segment(month, low, min(high + 1, end))

    def _days(self, month: int, wanted: UsageFilter, reach: Reach) -> Iterable[tuple[int, int]]:
        """Between which numbers the rows of each day lie."""
        begins, ends = (instant // DAY for instant in months.bounds(month))
        first = begins if wanted.since is None else max(begins, wanted.since // DAY)
        last = ends if wanted.until is None else min(ends, (wanted.until - 1) // DAY + 1)
        # Each day by name: then the key of the roll-ups leads to the accounts within each.
        days = rollup.c.day.in_(range(first, last))
        found = select(func.min(rollup.c.first_id), func.max(rollup.c.last_id)).where(
            days, *of_lines(wanted, reach=reach)
        )
        return [(low, high) for low, high in self._connection.execute(found.group_by(rollup.c.day))]

    def _part(
        self, part: Segment, wanted: UsageFilter, reach: Reach, *, limit: int
    ) -> Sequence[Found[tuple[object, ...]]]:
        table = self._table(part.month)
        chosen = (
            select(table)
            .where(table.c.id < part.high, table.c.id >= part.low)
            .where(*of_organization(table, wanted, reach=reach))
            .order_by(table.c.id.desc())
            .limit(limit)
        )
        if is_narrow(wanted, reach):
            chosen = chosen.where(*of_requests(table, wanted, reach=reach))
        return self._connection.execute(worded(chosen.subquery())).all()

    def _bottom(self, segment: Segment, high: int, wanted: UsageFilter, reach: Reach) -> int:
        """The lowest number of the window below `high`."""
        if high - segment.low <= self._window:
            return segment.low
        table = self._table(segment.month)
        organization = of_organization(table, wanted, reach=reach)
        down = (
            select(table.c.id)
            .where(table.c.id < high, table.c.id >= segment.low, *organization)
            .order_by(table.c.id.desc())
            .limit(1)
        )
        # An index has the numbers of an organization's rows. Those of all rows have few gaps within a process, and
        # between two of them is the place to begin anew.
        offset = self._window - 1 if organization else 0
        found = self._connection.execute(down.offset(offset)).scalar_one_or_none()
        if found is None:
            return segment.low
        return int(found) if organization else max(segment.low, int(found) - self._window + 1)


def worded(rows: FromClause) -> Select[tuple[object, ...]]:
    """Requests of a month with the words in place of their numbers, newest first."""
    model, operation = name.alias("model_name"), name.alias("operation_name")
    joined = (
        rows.join(account, account.c.id == rows.c.account)
        .join(destination, destination.c.id == rows.c.destination)
        .join(model, model.c.id == rows.c.model)
        .join(operation, operation.c.id == rows.c.operation)
        .join(process, process.c.id == rows.c.id.op(">>")(literal_column(str(COUNTER_BITS))))
    )
    columns = (
        *(rows.c[each] for each in _OWN),
        process.c.prefix,
        account.c.organization.label("organization_id"),
        account.c.project,
        account.c.user_id,
        account.c.key_id,
        model.c.text.label("asked"),
        destination.c.name.label("served"),
        destination.c.entry,
        destination.c.provider,
        destination.c.model.label("upstream_model"),
        operation.c.text.label("called"),
    )
    return select(*columns).select_from(joined).order_by(rows.c.id.desc())


def shown(found: Found[tuple[object, ...]]) -> Row:
    """A row as `worded` gives it."""
    return Row(
        request=f"{found.prefix}{found.id & _COUNTER:011x}",
        admitted=found.admitted,
        account=Account(found.organization_id, found.project, found.user_id, found.key_id),
        model=found.asked,
        served_model=found.served,
        entry=found.entry,
        provider=found.provider,
        upstream_model=found.upstream_model,
        operation=found.called,
        end=End(found.reason),
        status=Status(found.status),
        code=found.code,
        cost=found.cost,
        exposure=found.exposure,
        tokens_in=found.tokens_in,
        tokens_out=found.tokens_out,
        duration=found.duration,
        first_byte=found.first_byte,
        attempts=found.attempts,
        overrun=bool(found.overrun),
    )


def _apart(days: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same stretches, highest first, those that overlap as one: a clock that was set back mixes days."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(days, key=itemgetter(1), reverse=True):
        if found and high >= found[-1][0]:
            found[-1] = (min(low, found[-1][0]), found[-1][1])
        else:
            found.append((low, high))
    return found


_OWN: Final = (
    "id",
    "admitted",
    "reason",
    "status",
    "code",
    "cost",
    "exposure",
    "tokens_in",
    "tokens_out",
    "duration",
    "first_byte",
    "attempts",
    "overrun",
    "why",
)
