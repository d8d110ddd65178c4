"""Rows of usage as files: CSV for spreadsheets, JSON Lines for programs. Written part by part, never whole."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

import msgspec

from headgate.core.json import Json, JsonObject, encode
from headgate.gateway.usage import Named
from headgate.gateway.usage_store import Position, Row, Rows
from headgate.web.admin_api.usage_shown import COLUMNS, shown_row

FORMATS: Final = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
PART: Final = 1000
"""Rows that are read and written at a time."""

# A spreadsheet takes what begins with one of these for a formula, whoever wrote the name of a model.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")

Reads = Callable[[Position | None], Awaitable[tuple[Rows, bytes]]]


async def streamed(first: tuple[Rows, bytes], read: Reads) -> AsyncIterator[bytes]:
    """The parts of a file. The first has been read already: where that fails the caller is told so with a status."""
    rows, content = first
    while True:
        yield content
        if rows.after is None:
            return
        rows, content = await read(rows.after)


def written(rows: Sequence[Row], named: Named, *, form: str, begins: bool) -> bytes:
    """A part of a file of one of FORMATS; the one that begins it has the head."""
    shown = [shown_row(row, named) for row in rows]
    if form == "jsonl":
        return b"".join(encode(each) + b"\n" for each in shown)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if begins:
        writer.writerow(COLUMNS)
    writer.writerows(_cells(each) for each in shown)
    return text.getvalue().encode()


def _cells(row: JsonObject) -> list[str]:
    return [_cell(row[column]) for column in COLUMNS]


def _cell(value: Json) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case msgspec.Raw():
            return bytes(value).decode()
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
    return str(value)
