"""`/admin/v1/usage/export`: the same rows as files."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headgate.gateway.usage import Named
from headgate.gateway.usage_store import Position, Rows
from headgate.ledger.records import Account
from headgate.web.admin_api.usage_export import streamed, written
from headgate.web.admin_api.usage_shown import COLUMNS
from tests.spending import Sent, finished, request_id
from tests.web.admin_api.usage_desk import UsageDesk, usage_desk_at
from tests.web.api import read


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[UsageDesk]:
    with usage_desk_at(tmp_path) as desk:
        yield desk


def test_csv_has_a_head_and_a_line_for_every_row(desk: UsageDesk) -> None:
    desk.store(*(finished(number) for number in range(1, 4)))

    answer = desk.answer("/export")
    lines = list(csv.reader(io.StringIO(answer.text)))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="usage.csv"'
    assert tuple(lines[0]) == COLUMNS
    assert [line[0] for line in lines[1:]] == [request_id(number) for number in (3, 2, 1)]
    assert dict(zip(COLUMNS, lines[1], strict=True))["cost"] == "0.000105000007"


def test_json_lines_are_the_rows_of_the_list(desk: UsageDesk) -> None:
    desk.store(*(finished(number) for number in range(1, 4)))

    answer = desk.answer("/export", query={"format": "jsonl"})

    assert answer.headers["content-type"] == "application/jsonl"
    assert [msgspec.json.decode(line) for line in answer.content.splitlines()] == desk.ask()["items"]


def test_a_file_of_many_parts_has_every_row_once(desk: UsageDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headgate.web.admin_api.usage.PART", 2)
    desk.store(*(finished(number) for number in range(1, 6)))

    lines = list(csv.reader(io.StringIO(desk.answer("/export").text)))

    assert [line[0] for line in lines] == ["request_id", *(request_id(number) for number in (5, 4, 3, 2, 1))]


def test_a_file_has_what_one_sees_and_asks_for(desk: UsageDesk) -> None:
    gus = Account("o-globex", "p-main", "u-gus", "")
    desk.store(finished(1), finished(2, account=gus), finished(3, Sent(), model="auto"))

    def found(by: str, **query: str) -> list[str]:
        text = desk.answer("/export", by=by, query=query).text
        return [line[0] for line in csv.reader(io.StringIO(text))][1:]

    assert found("ann") == [request_id(3), request_id(1)]
    assert found("root", model="auto") == [request_id(3)]
    assert found("gus", organization="acme") == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_no_cell_is_a_formula(desk: UsageDesk, text: str) -> None:
    desk.store(finished(1, model=text))

    [line] = list(csv.DictReader(io.StringIO(desk.answer("/export").text, newline="")))

    assert line["model"] == f"'{text}"


def test_another_format_is_refused(desk: UsageDesk) -> None:
    answer = desk.answer("/export", query={"format": "xlsx"})

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_QUERY")


def test_no_part_is_read_before_the_one_before_it_is_taken() -> None:
    asked: list[Position | None] = []
    nobody = Named({}, {}, {}, {})

    async def part(after: Position | None) -> tuple[Rows, bytes]:
        asked.append(after)
        row = 10 if after is None else after.row - 1
        rows = Rows((), Position(202611, row) if row else None)
        return rows, written(rows.items, nobody, form="csv", begins=after is None)

    async def take() -> None:
        parts = streamed(await part(None), part)
        for taken in range(1, 4):
            await anext(parts)
            assert len(asked) == taken

    asyncio.run(take())
