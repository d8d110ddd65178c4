"""Deleting many rows by their keys, in few statements: the audit trail reads what each of them is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Column, Connection, delete

_PORTION: Final = 400


def drop_rows(connection: Connection, key: Column[str], *, keys: Sequence[str]) -> None:
    """Delete the rows of the table of `key` where that is one of `keys`."""
    for start in range(0, len(keys), _PORTION):
        connection.execute(delete(key.table).where(key.in_(keys[start : start + _PORTION])))
