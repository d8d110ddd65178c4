"""Add or replace, in the words of either database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TypeAlias

from sqlalchemy import Connection, Table

Value: TypeAlias = str | int | float | bool | bytes | None
Values: TypeAlias = Mapping[str, Value]


def upsert(connection: Connection, table: Table, *, rows: Sequence[Values]) -> None:
    """Add the rows, or replace those that have the same primary key. An existing row is changed, never removed."""
    if not rows:
        return
    # The dialect is loaded already; a name of the other at the top would load that as well.
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    statement = dialect.insert(table)
    key = [column.name for column in table.primary_key]
    replaced = {column.name: column for column in statement.excluded if column.name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=replaced), [dict(row) for row in rows])
