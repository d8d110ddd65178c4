"""What rows come to by day, account, destination and reason: the lines of `ledger_rollup`.

The same sums are made of what is written, of what is taken back, and of all rows when they are verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from headgate.adapters.sql.ledger.rows import AttemptRow, RequestRow, more_of
from headgate.adapters.sql.ledger.tables import BUCKETS, rollup
from headgate.ledger.records import Status

Key: TypeAlias = tuple[int, int, int, int]
"""Day, account, destination and reason."""

DAY: Final = 86_400_000_000
MILLION: Final = 1_000_000

_SUMS: Final = ("requests", "attempts", "estimated", "unknown", "cost", "exposure", *BUCKETS, "duration_ms")
LINE: Final = (*_SUMS, "first_id", "last_id")
"""What a line has, in order."""

_AT: Final = {name: place for place, name in enumerate(LINE)}
_REQUESTS: Final = _AT["requests"]
_ATTEMPTS: Final = _AT["attempts"]
_ESTIMATED: Final = _AT["estimated"]
_UNKNOWN: Final = _AT["unknown"]
_COST: Final = _AT["cost"]
_EXPOSURE: Final = _AT["exposure"]
_INPUT: Final = _AT["input"]
_CACHED: Final = _AT["cached_input"]
_WRITTEN: Final = _AT["cache_write"]
_OUTPUT: Final = _AT["output"]
_REASONING: Final = _AT["reasoning"]
_DURATION: Final = _AT["duration_ms"]
_FIRST: Final = _AT["first_id"]
_LAST: Final = _AT["last_id"]

_STATUS_ESTIMATED: Final = int(Status.ESTIMATED)
_STATUS_UNKNOWN: Final = int(Status.UNKNOWN)


class Rollups:
    """Lines by key: the sums as whole numbers, then the first and the last request that they are about."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: dict[Key, list[int]] = {}

    def add(self, request: RequestRow, attempts: Sequence[AttemptRow]) -> None:
        number, day, account, reason = request[0], request[1] // DAY, request[3], request[7]
        line: list[int] = []
        for attempt in attempts:
            line = self._line((day, account, attempt[2], reason), number)
            line[_ATTEMPTS] += 1
            if attempt[8]:
                line[_COST] += attempt[8]
            if attempt[11]:
                line[_EXPOSURE] += attempt[11]
            line[_INPUT] += attempt[15]
            if attempt[16]:
                line[_CACHED] += attempt[16]
            if attempt[17]:
                line[_WRITTEN] += attempt[17]
            line[_OUTPUT] += attempt[18]
            if attempt[19]:
                line[_REASONING] += attempt[19]
            if attempt[21] is not None:
                for name, count in more_of(attempt[21]).items():
                    line[_AT[name]] += count
        # The request counts where its last attempt does.
        line[_REQUESTS] += 1
        line[_DURATION] += request[14] // 1000
        if request[8] >= _STATUS_ESTIMATED:
            line[_ESTIMATED if request[8] == _STATUS_ESTIMATED else _UNKNOWN] += 1

    def take_back(self, others: Rollups) -> None:
        """Subtract the sums of rows that others replace."""
        for key, line in others.lines.items():
            mine = self._line(key, line[_FIRST])
            for place in range(_FIRST):
                mine[place] -= line[place]

    def rows(self) -> list[tuple[int, ...]]:
        """The lines in the order of the table's columns, amounts in two parts."""
        return [
            (
                *key,
                *line[:_COST],
                *divmod(line[_COST], MILLION),
                *divmod(line[_EXPOSURE], MILLION),
                *line[_INPUT:],
            )
            for key, line in self.lines.items()
        ]

    def _line(self, key: Key, number: int) -> list[int]:
        line = self.lines.get(key)
        if line is None:
            line = self.lines[key] = [0] * _FIRST + [number, number]
        elif number > line[_LAST]:
            line[_LAST] = number
        elif number < line[_FIRST]:
            line[_FIRST] = number
        return line


def line_of(row: tuple[int, ...]) -> tuple[Key, list[int]]:
    """A row of the table as a line."""
    cost, exposure = row[8] * MILLION + row[9], row[10] * MILLION + row[11]
    return (row[0], row[1], row[2], row[3]), [*row[4:8], cost, exposure, *row[12:]]


def upsert(*, least: str, most: str) -> str:
    """The statement that adds lines to the table, with a parameter for each column. Takes a dialect's names of the
    functions that give the least and the most of two numbers."""
    names = [column.name for column in rollup.c]
    changes = [f'"{name}" = {rollup.name}."{name}" + excluded."{name}"' for name in names[4:-2]]
    changes.append(f"first_id = {least}({rollup.name}.first_id, excluded.first_id)")
    changes.append(f"last_id = {most}({rollup.name}.last_id, excluded.last_id)")
    columns = ", ".join(f'"{name}"' for name in names)
    return (
        f"INSERT INTO {rollup.name} ({columns}) VALUES ({{}}) "  # noqa: S608 - names of this program
        f"ON CONFLICT (day, account, destination, reason) DO UPDATE SET {', '.join(changes)}"
    )
