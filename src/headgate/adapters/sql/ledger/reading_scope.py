"""Which rows and roll-ups are wanted, as conditions of statements.

What somebody sees at all and what they ask for stand side by side in each statement, word for word the same whatever
the values are: a filter that names what is not theirs finds nothing in the way in which one that names nothing does.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import ColumnElement, FromClause, ScalarSelect, select

from headgate.adapters.sql.ledger.tables import account, destination, name, rollup
from headgate.gateway.usage_store import Reach, UsageFilter
from headgate.ledger.records import Status

Condition = ColumnElement[bool]

DAY: Final = 86_400_000_000
"""Microseconds."""


def number_of(text: str) -> ScalarSelect[int]:
    """The number that rows have for a word; none for a word that no row has."""
    return select(name.c.id).where(name.c.text == text).scalar_subquery()


def of_organization(table: FromClause, wanted: UsageFilter, *, reach: Reach) -> list[Condition]:
    """Whose organization's the requests of a month are: what an index leads to."""
    organizations = (reach.organization, wanted.organization)
    return [table.c.organization == number_of(each) for each in organizations if each is not None]


def of_requests(table: FromClause, wanted: UsageFilter, *, reach: Reach) -> list[Condition]:
    """The other conditions on the requests of a month."""
    found: list[Condition] = []
    whose = _of_accounts(wanted, reach)
    if whose:
        found.append(table.c.account.in_(select(account.c.id).where(*whose)))
    found += _of_destinations(table, wanted)
    if wanted.model is not None:
        found.append(table.c.model == number_of(wanted.model))
    if wanted.status is not None:
        found.append(table.c.status == int(wanted.status))
    if wanted.end is not None:
        found.append(table.c.reason == int(wanted.end))
    if wanted.since is not None:
        found.append(table.c.admitted >= wanted.since)
    if wanted.until is not None:
        found.append(table.c.admitted < wanted.until)
    return found


def of_rollups(wanted: UsageFilter, *, reach: Reach) -> list[Condition]:
    """Conditions on the roll-ups of the days that are wanted."""
    found = of_lines(wanted, reach=reach)
    if wanted.since is not None:
        found.append(rollup.c.day >= wanted.since // DAY)
    if wanted.until is not None:
        # The day of the last microsecond that counts.
        found.append(rollup.c.day <= (wanted.until - 1) // DAY)
    return found


def of_lines(wanted: UsageFilter, *, reach: Reach) -> list[Condition]:
    """Conditions on the lines of a day that a wanted request is counted in."""
    found: list[Condition] = []
    whose = _of_accounts(wanted, reach)
    if whose:
        found.append(rollup.c.account.in_(select(account.c.id).where(*whose)))
    found += _of_destinations(rollup, wanted)
    if wanted.end is not None:
        found.append(rollup.c.reason == int(wanted.end))
    if wanted.status is Status.ESTIMATED:
        found.append(rollup.c.estimated > 0)
    elif wanted.status is Status.UNKNOWN:
        found.append(rollup.c.unknown > 0)
    return found


def is_narrow(wanted: UsageFilter, reach: Reach) -> bool:
    """Whether more is asked than whose organization it is: then no index leads to the rows."""
    fields = (
        reach.project, reach.user, reach.key,
        wanted.project, wanted.user, wanted.key, wanted.model, wanted.served_model, wanted.provider,
        wanted.status, wanted.end, wanted.since, wanted.until,
    )  # fmt: skip
    return any(each is not None for each in fields)


def is_in_sums(wanted: UsageFilter, reach: Reach) -> bool:
    """Whether roll-ups tell on which days there may be such rows: they know nothing of the requested model."""
    if reach.organization is not None or wanted.organization is not None:
        return True
    return is_narrow(msgspec.structs.replace(wanted, model=None), reach)


def _of_accounts(wanted: UsageFilter, reach: Reach) -> list[Condition]:
    columns = account.c
    return [
        column == value
        for one in (reach, wanted)
        for column, value in (
            (columns.organization, one.organization),
            (columns.project, one.project),
            (columns.user_id, one.user),
            (columns.key_id, one.key),
        )
        if value is not None
    ]


def _of_destinations(table: FromClause, wanted: UsageFilter) -> list[Condition]:
    found = [
        column == value
        for column, value in ((destination.c.name, wanted.served_model), (destination.c.provider, wanted.provider))
        if value is not None
    ]
    return [table.c.destination.in_(select(destination.c.id).where(*found))] if found else []
