"""Sums of usage, from the roll-ups alone.

Lines are first summed by the numbers that they name things by, and only then told apart by the words: joining names to
a month of lines would take longer than summing them. Amounts are kept in two parts, and each part's sum fits; they are
put together here, where integers have no end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Subquery, func, select, tuple_
from sqlalchemy import Row as Found

from headgate.adapters.sql.ledger.reading_scope import of_rollups
from headgate.adapters.sql.ledger.tables import account, destination, rollup
from headgate.gateway.usage_store import BUCKETS, Group, GroupBy, Reach, Summary, Sums, UsageFilter

_COUNTED: Final = (
    "requests",
    "attempts",
    "estimated",
    "unknown",
    "cost_m",
    "cost_r",
    "exposure_m",
    "exposure_r",
    "duration_ms",
    *BUCKETS,
)
_MILLION: Final = 1_000_000
_OF_ACCOUNTS: Final[Mapping[GroupBy, ColumnElement[str]]] = {
    GroupBy.ORGANIZATION: account.c.organization,
    GroupBy.PROJECT: account.c.project,
    GroupBy.USER: account.c.user_id,
    GroupBy.KEY: account.c.key_id,
}
_OF_DESTINATIONS: Final[Mapping[GroupBy, ColumnElement[str]]] = {
    GroupBy.MODEL: destination.c.name,
    GroupBy.PROVIDER: destination.c.provider,
    GroupBy.UPSTREAM_MODEL: destination.c.model,
}
_OF_LINES: Final[Mapping[GroupBy, str]] = {GroupBy.DAY: "day", GroupBy.END_REASON: "reason"}


def summary(
    connection: Connection,
    wanted: UsageFilter,
    *,
    reach: Reach,
    by: Sequence[GroupBy],
    after: Group | None,
    limit: int,
) -> Summary:
    """As LedgerReading says."""
    if not by:
        return Summary((), _totals(connection, wanted, reach), None)
    lines = _lines(wanted, reach, by)
    keys = [_key(lines, each) for each in by]
    found = select(*keys, *_sums(lines)).select_from(_joined(lines, by)).group_by(*keys).order_by(*keys)
    if after is not None:
        found = found.where(tuple_(*keys) > tuple_(*after))
    rows = connection.execute(found.limit(limit + 1)).all()
    items = [(tuple(row[: len(by)]), _read(row)) for row in rows[:limit]]
    if after is None and len(rows) <= limit:
        return Summary(items, plus([sums for _, sums in items]), None)
    return Summary(items, _totals(connection, wanted, reach), items[-1][0] if len(rows) > limit else None)


def plus(every: Sequence[Sums]) -> Sums:
    """All of them together."""
    return Sums(
        requests=sum(each.requests for each in every),
        attempts=sum(each.attempts for each in every),
        estimated=sum(each.estimated for each in every),
        unknown=sum(each.unknown for each in every),
        cost=sum(each.cost for each in every),
        exposure=sum(each.exposure for each in every),
        duration=sum(each.duration for each in every),
        buckets={bucket: sum(each.buckets[bucket] for each in every) for bucket in BUCKETS},
    )


def _lines(wanted: UsageFilter, reach: Reach, by: Sequence[GroupBy]) -> Subquery:
    """Sums by the numbers of what is asked for."""
    kept: list[ColumnElement[Any]] = [rollup.c[_OF_LINES[each]] for each in by if each in _OF_LINES]
    if any(each in _OF_ACCOUNTS for each in by):
        kept.append(rollup.c.account)
    if any(each in _OF_DESTINATIONS for each in by):
        kept.append(rollup.c.destination)
    return select(*kept, *_sums(rollup)).where(*of_rollups(wanted, reach=reach)).group_by(*kept).subquery()


def _joined(lines: Subquery, by: Sequence[GroupBy]) -> FromClause:
    joined: FromClause = lines
    if any(each in _OF_ACCOUNTS for each in by):
        joined = joined.join(account, account.c.id == lines.c.account)
    if any(each in _OF_DESTINATIONS for each in by):
        joined = joined.join(destination, destination.c.id == lines.c.destination)
    return joined


def _key(lines: Subquery, by: GroupBy) -> ColumnElement[Any]:
    if by in _OF_LINES:
        return lines.c[_OF_LINES[by]]
    return _OF_ACCOUNTS[by] if by in _OF_ACCOUNTS else _OF_DESTINATIONS[by]


def _totals(connection: Connection, wanted: UsageFilter, reach: Reach) -> Sums:
    found: Select[tuple[Any, ...]] = select(*_sums(rollup)).where(*of_rollups(wanted, reach=reach))
    return _read(connection.execute(found).one())


def _sums(lines: FromClause) -> list[ColumnElement[Any]]:
    return [func.sum(lines.c[each]).label(each) for each in _COUNTED]


def _read(row: Found[tuple[Any, ...]]) -> Sums:
    # PostgreSQL sums to exact decimals; of no line at all the sum is nothing.
    count = {each: int(row._mapping[each] or 0) for each in _COUNTED}  # noqa: SLF001
    return Sums(
        requests=count["requests"],
        attempts=count["attempts"],
        estimated=count["estimated"],
        unknown=count["unknown"],
        cost=count["cost_m"] * _MILLION + count["cost_r"],
        exposure=count["exposure_m"] * _MILLION + count["exposure_r"],
        duration=count["duration_ms"] * 1000,
        buckets={bucket: count[bucket] for bucket in BUCKETS},
    )
