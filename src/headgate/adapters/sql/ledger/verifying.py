"""Reads the whole ledger, beside whoever writes it, and has every sum in it judged.

Rows and attempts are gone through side by side in the order of their keys; of a month nothing is kept but its sums, of
the whole ledger nothing but the counters. All of it is one view of the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection, select

from headgate.adapters.sql.ledger import months, retaining
from headgate.adapters.sql.ledger.counting import Counts, count_of
from headgate.adapters.sql.ledger.names import process_of, request_id
from headgate.adapters.sql.ledger.rolling import DAY, LINE, Key, Rollups, line_of
from headgate.adapters.sql.ledger.rows import AttemptRow, RequestRow, usage_of
from headgate.adapters.sql.ledger.tables import (
    account,
    attempt_table,
    counter,
    name,
    price,
    process,
    request_table,
    rollup,
)
from headgate.catalogue.price import Price, PriceList, resolved
from headgate.gateway.ledger_store import Count, Counting
from headgate.gateway.ledger_verify import (
    Findings,
    Kind,
    StoredAttempt,
    StoredRow,
    judge_attempt,
    judge_counter,
    judge_line,
    judge_row,
)
from headgate.ledger.records import Account

_FETCH: Final = 2_000
_MOST: Final = 20_000
_STREAMED: Final = {"yield_per": _FETCH}

K = TypeVar("K")
V = TypeVar("V")

_list = msgspec.json.Decoder(PriceList).decode


class Verification:
    """One look at a whole ledger. `counting` says which budgets and windows a row counts in."""

    def __init__(self, connection: Connection, findings: Findings, *, counting: Counting) -> None:
        self._connection = connection
        self._findings = findings
        self._counts = Counts(counting)
        self._words: dict[int, str] = {}
        self._accounts: dict[int, Account] = {}
        self._prices: dict[str, Price | None] = {}
        found = connection.execute(select(process.c.id, process.c.prefix))
        self._processes: dict[int, str] = {row[0]: row[1] for row in found}
        self.last: dict[str, int] = {}
        """When the newest request of each process ended that is in the ledger, by its prefix; microseconds."""

    def rows(self) -> None:
        """Every row and attempt, and every roll-up."""
        kept_from = retaining.rows_from(self._connection) or 0
        there = [month for month in months.stored(self._connection) if month >= kept_from]
        for month in reversed(there):
            rollups = Rollups()
            for request, attempts in self._together(month):
                self._judge(request, attempts)
                rollups.add(request, attempts)
                self._counts.add(self._account(request[3]), request)
            self._lines(month, rollups)
        self._lines_beside(there, kept_from)

    def counters(self, since: Mapping[str, int]) -> None:
        """The counters of these budgets, of the windows from the given start (Unix seconds) on: what is kept of older
        ones counts nowhere any more, and may be dropped."""
        known = retaining.known_since(self._connection)
        counted = dict(self._counts.counted())
        stray = 0
        for row in self._connection.execute(select(counter)):
            key = (row[0], row[1])
            said = count_of((row[2], row[3]), (row[4], row[5]), tokens=row[6])
            found = counted.pop(key, Count())
            if key[0] not in since:
                stray += 1
            elif key[1] >= max(known, since[key[0]]):
                self._findings.saw("counters")
                judge_counter(*key, said=said, found=found, findings=self._findings)
        for (budget, window), count in counted.items():
            if budget in since and window >= max(known, since[budget]):
                judge_counter(budget, window, said=None, found=count, findings=self._findings)
        if stray:
            self._findings.note(f"{stray} counters are of budgets that are no more")

    def request(self, number: int) -> str:
        """The id of a request."""
        return request_id(self._processes.get(process_of(number), f"process {process_of(number)} "), number)

    def _together(self, month: int) -> Iterator[tuple[RequestRow, list[AttemptRow]]]:
        return _together(self._connection, month, findings=self._findings, named=self.request)

    def _judge(self, row: RequestRow, attempts: list[AttemptRow]) -> None:
        findings, request = self._findings, self.request(row[0])
        findings.saw("rows")
        findings.saw("attempts", len(attempts))
        prefix = self._processes.get(process_of(row[0]), "")
        self.last[prefix] = max(self.last.get(prefix, 0), row[1] + row[14])
        found = [self._attempt(each) for each in attempts]
        for each in found:
            judge_attempt(request, each, price=self._price(each.price), findings=findings)
        said = StoredRow(
            status=row[8], cost=row[10], exposure=row[11], tokens_in=row[12], tokens_out=row[13], attempts=row[16]
        )
        judge_row(request, said, attempts=found, findings=findings)

    def _attempt(self, row: AttemptRow) -> StoredAttempt:
        return StoredAttempt(
            number=row[1],
            status=row[5],
            price=self._word(row[4]),
            cost=row[8],
            exposure=row[11],
            usage=usage_of(row, tier=self._word(row[20])),
        )

    def _lines(self, month: int, rollups: Rollups) -> None:
        first, end = months.bounds(month)
        days = rollup.c.day >= first // DAY, rollup.c.day < end // DAY
        with self._connection.execute(select(rollup).where(*days), execution_options=_STREAMED) as stored:
            for row in stored:
                key, said = line_of(tuple(row))
                self._findings.saw("roll-ups")
                self._line(key, said, rollups.lines.pop(key, None))
        for key, found in rollups.lines.items():
            self._line(key, None, found)

    def _lines_beside(self, there: list[int], kept_from: int) -> None:
        days = select(rollup.c.day).distinct().order_by(rollup.c.day)
        for day in self._connection.execute(days).scalars().all():
            month = months.month_of(day * DAY)
            if month >= kept_from and month not in there:
                self._findings.add(Kind.ROLLUP, f"day {day}: there are lines, and no rows of {month}")

    def _line(self, key: Key, said: list[int] | None, found: list[int] | None) -> None:
        where = "day {}, account {}, destination {}, reason {}".format(*key)
        lines = [None if each is None else dict(zip(LINE, each, strict=True)) for each in (said, found)]
        judge_line(where, said=lines[0], found=lines[1], findings=self._findings)

    def _word(self, number: int) -> str:
        found = self._words.get(number)
        if found is None:
            text = self._connection.execute(select(name.c.text).where(name.c.id == number)).scalar_one_or_none()
            found = _remember(self._words, number, text or "")
        return found

    def _account(self, number: int) -> Account:
        found = self._accounts.get(number)
        if found is None:
            row = self._connection.execute(select(account).where(account.c.id == number)).one_or_none()
            found = _remember(self._accounts, number, Account() if row is None else Account(*row[1:]))
        return found

    def _price(self, id: str) -> Price | None:
        if id and id not in self._prices:
            body = self._connection.execute(select(price.c.body).where(price.c.id == id)).scalar_one_or_none()
            listed = None if body is None else _list(body)
            if listed is not None and listed.id != id:
                self._findings.add(Kind.COST, f"price list {id!r} has another content than the one it is named for")
            _remember(self._prices, id, None if listed is None else resolved(listed))
        return self._prices.get(id)


def _together(
    connection: Connection, month: int, *, findings: Findings, named: Callable[[int], str]
) -> Iterator[tuple[RequestRow, list[AttemptRow]]]:
    """Requests with their attempts. What has none of the other is told and passed over."""
    requests, attempts = request_table(month), attempt_table(month)
    streamed = connection.execution_options(yield_per=_FETCH)
    with (
        streamed.execute(select(requests).order_by(requests.c.id)) as rows,
        streamed.execute(select(attempts).order_by(attempts.c.request, attempts.c.number)) as parts,
    ):
        groups = groupby((tuple(part) for part in parts), key=itemgetter(0))
        number, group = _next(groups)
        for row in rows:
            while number is not None and number < row[0]:
                findings.add(Kind.LOST, f"request {named(number)}: there are attempts, and no row")
                number, group = _next(groups)
            if number == row[0]:
                yield tuple(row), group
                number, group = _next(groups)
            else:
                findings.add(Kind.LOST, f"request {named(row[0])}: there is a row, and no attempt")
        while number is not None:
            findings.add(Kind.LOST, f"request {named(number)}: there are attempts, and no row")
            number, group = _next(groups)


def _next(groups: Iterator[tuple[int, Iterator[AttemptRow]]]) -> tuple[int | None, list[AttemptRow]]:
    number, group = next(groups, (None, iter(())))
    return number, list(group)


def _remember(known: dict[K, V], key: K, value: V) -> V:
    if len(known) >= _MOST:
        known.clear()
    known[key] = value
    return value
