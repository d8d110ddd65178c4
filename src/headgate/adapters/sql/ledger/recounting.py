"""Counting a budget anew from the rows. It goes through them once and keeps a sum for each window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, select

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.tables import account as accounts
from headgate.adapters.sql.ledger.tables import name, request_table
from headgate.gateway.ledger_store import Count
from headgate.ledger.records import Account

_SECOND: Final = 1_000_000
_FETCH: Final = 5_000


def recounted(
    connection: Connection, account: Account, *, since: Callable[[int], int], start: int
) -> Mapping[int, Count]:
    """What the rows that match come to in each window. Those admitted before `start` (Unix seconds) do not count."""
    windows: dict[int, int] = {}
    sums: dict[int, list[int]] = {}
    for second, cost, exposure, tokens in _matching(connection, account, start):
        window = windows.get(second)
        if window is None:
            # Rows come nearly in the order of their admission, so that few seconds need to be remembered.
            if len(windows) >= _FETCH:
                windows.clear()
            window = windows[second] = since(second)
        found = sums.setdefault(window, [0, 0, 0])
        found[0] += cost
        found[1] += exposure
        found[2] += tokens
    return {window: Count(*found) for window, found in sums.items()}


def _matching(connection: Connection, account: Account, start: int) -> Iterator[tuple[int, int, int, int]]:
    first = months.month_of(max(start, 0) * _SECOND)
    for month in reversed(months.stored(connection)):
        if month < first:
            continue
        table = request_table(month)
        wanted = select(table.c.admitted, table.c.cost, table.c.exposure, table.c.tokens_in + table.c.tokens_out)
        wanted = wanted.where(table.c.admitted >= start * _SECOND, *_conditions(table, account))
        with connection.execute(wanted, execution_options={"yield_per": _FETCH}) as found:
            for admitted, cost, exposure, tokens in found:
                yield admitted // _SECOND, cost or 0, exposure, tokens


def _conditions(table: Table, account: Account) -> Iterator[ColumnElement[bool]]:
    equal = {
        accounts.c.organization: account.organization,
        accounts.c.project: account.project,
        accounts.c.user_id: account.user,
        accounts.c.key_id: account.key,
    }
    if account.organization:
        yield table.c.organization == select(name.c.id).where(name.c.text == account.organization).scalar_subquery()
    if conditions := [column == value for column, value in equal.items() if value]:
        yield table.c.account.in_(select(accounts.c.id).where(*conditions))
