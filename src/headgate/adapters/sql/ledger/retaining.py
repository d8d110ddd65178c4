"""How far back the rows go. Months are dropped whole; the roll-ups of their days stay, and so do their counters.

What was dropped was counted, and may be given again: the journal of a gateway with few requests reaches back for
months. So it is kept, for each process, up to which number its requests went with their months.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, func, select

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.names import first_of, process_of
from headgate.adapters.sql.ledger.tables import meta, process, request_table
from headgate.adapters.sql.upsert import upsert

_NAME: Final = "rows_from_month"
_GONE: Final = "gone_of_process_"


def drop_before(connection: Connection, month: int) -> Sequence[int]:
    """Drop the rows of all months before `month`, and say which months had some, newest first."""
    dropped = [each for each in months.stored(connection) if each < month]
    if dropped:
        _remember(connection, dropped)
        for each in dropped:
            months.drop(connection, each)
        kept_from = max(months.following(dropped[0]), rows_from(connection) or 0)
        upsert(connection, meta, rows=[{"name": _NAME, "value": str(kept_from)}])
    return dropped


def had_rows(connection: Connection, month: int, *, numbers: Collection[int]) -> set[int]:
    """Those requests of a month whose rows went with it. One that was under way for all the time that months are kept
    cannot be told from them."""
    if month >= (rows_from(connection) or 0):
        return set()
    names = {f"{_GONE}{each}": each for each in {process_of(number) for number in numbers}}
    found = connection.execute(select(meta.c.name, meta.c.value).where(meta.c.name.in_(names)))
    last = {names[row[0]]: int(row[1]) for row in found}
    return {number for number in numbers if number <= last.get(process_of(number), -1)}


def rows_from(connection: Connection) -> int | None:
    """The first month whose rows are all there; None if none was ever dropped. A request of an earlier one that was
    read back late has a row all the same."""
    found = connection.execute(select(meta.c.value).where(meta.c.name == _NAME)).scalar_one_or_none()
    return int(found) if found is not None else None


def known_since(connection: Connection) -> int:
    """The Unix time in seconds from which on every row is there."""
    month = rows_from(connection)
    return months.bounds(month)[0] // 1_000_000 if month is not None else 0


def _remember(connection: Connection, dropped: Sequence[int]) -> None:
    last: dict[int, int] = {}
    for month in dropped:
        table = request_table(month)
        highest = select(func.max(table.c.id))
        for each in connection.execute(select(process.c.id)).scalars().all():
            found = connection.execute(highest.where(table.c.id >= first_of(each), table.c.id < first_of(each + 1)))
            last[each] = max(last.get(each, -1), found.scalar_one() or -1)
    names = {each: f"{_GONE}{each}" for each, number in last.items() if number >= 0}
    before = connection.execute(select(meta.c.name, meta.c.value).where(meta.c.name.in_(names.values())))
    known = {row[0]: int(row[1]) for row in before}
    rows = [{"name": name, "value": str(max(last[each], known.get(name, -1)))} for each, name in names.items()]
    upsert(connection, meta, rows=rows)
