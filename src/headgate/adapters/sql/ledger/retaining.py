"""How far back the rows go. Months are dropped whole; the roll-ups of their days stay, and so do their counters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, select

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.tables import meta
from headgate.adapters.sql.upsert import upsert

_NAME: Final = "rows_from_month"


def drop_before(connection: Connection, month: int) -> Sequence[int]:
    """Drop the rows of all months before `month`, and say which months had some, newest first."""
    dropped = [each for each in months.stored(connection) if each < month]
    for each in dropped:
        months.drop(connection, each)
    if dropped:
        kept_from = max(months.following(dropped[0]), rows_from(connection) or 0)
        upsert(connection, meta, rows=[{"name": _NAME, "value": str(kept_from)}])
    return dropped


def rows_from(connection: Connection) -> int | None:
    """The first month whose rows are all there; None if none was ever dropped. A request of an earlier one that was
    read back late has a row all the same."""
    found = connection.execute(select(meta.c.value).where(meta.c.name == _NAME)).scalar_one_or_none()
    return int(found) if found is not None else None


def known_since(connection: Connection) -> int:
    """The Unix time in seconds from which on every row is there."""
    month = rows_from(connection)
    return months.bounds(month)[0] // 1_000_000 if month is not None else 0
