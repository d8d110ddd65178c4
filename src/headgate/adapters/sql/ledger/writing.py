"""The ledger's writer: finished requests become rows, each once however often it is given.

A batch is written as if none of it were there, which is the case but after a crash or a failed commit. If a row turns
out to be there, the transaction is rolled back, and another one looks for what is missing and for what may be replaced.
Roll-ups and counters change by what the rows change, in the rows' own transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, bindparam, delete, select

from headgate.adapters.sql.ledger import months, retaining
from headgate.adapters.sql.ledger.adding import AlreadyThere, adding_for
from headgate.adapters.sql.ledger.counting import count_of, rows_of
from headgate.adapters.sql.ledger.gathering import Batch
from headgate.adapters.sql.ledger.names import Names
from headgate.adapters.sql.ledger.opening import LedgerDatabase
from headgate.adapters.sql.ledger.recounting import recounted
from headgate.adapters.sql.ledger.replacing import Missing, drop_empty, missing, take_back
from headgate.adapters.sql.ledger.tables import counter
from headgate.gateway.ledger_store import Count, Counting
from headgate.ledger.records import Account, Finished


class SqlLedger:
    """The LedgerStore of one database."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database
        self._adding = adding_for(database.dialect)
        self._names = Names()
        self._months: set[int] = set()
        self._rows_from: int | None = None

    def write(self, batch: Sequence[Finished], *, counting: Counting) -> None:
        try:
            with self._writing() as connection:
                gathered = self._gathered(connection, batch, counting)
                self._must_not_reach_back(connection, gathered)
                self._store(connection, gathered)
        except AlreadyThere:
            with self._writing() as connection:
                self._complete(connection, missing(connection, batch, names=self._names), counting)

    def counters(self) -> Mapping[tuple[str, int], Count]:
        with self._database.reading() as connection:
            found = connection.execute(select(counter))
            return {(row[0], row[1]): count_of((row[2], row[3]), (row[4], row[5]), tokens=row[6]) for row in found}

    def recount(self, budget: str, *, account: Account, since: Callable[[int], int], start: int) -> Mapping[int, Count]:
        with self._writing() as connection:
            known = retaining.known_since(connection)
            found = recounted(connection, account, since=since, start=max(start, known))
            # What is said of windows that began before the oldest rows cannot be said better.
            mine = counter.c.budget == budget
            connection.execute(delete(counter).where(mine, counter.c.window >= known))
            counts = {window: count for window, count in found.items() if window >= known}
            if counts:
                connection.execute(counter.insert(), rows_of(budget, counts))
            kept = connection.execute(select(counter).where(mine, counter.c.window >= start))
            return {row[1]: count_of((row[2], row[3]), (row[4], row[5]), tokens=row[6]) for row in kept}

    def forget(self, budget: str) -> None:
        with self._writing() as connection:
            connection.execute(delete(counter).where(counter.c.budget == budget))

    def forget_before(self, windows: Sequence[tuple[str, int]]) -> None:
        """Drop the counters of budgets of windows that began before the one that is named (Unix seconds) and count
        nowhere any more. One transaction: rows wait for this thread."""
        mine = counter.c.budget == bindparam("of"), counter.c.window < bindparam("before")
        with self._writing() as connection:
            connection.execute(delete(counter).where(*mine), [{"of": each, "before": first} for each, first in windows])

    def drop_before(self, month: int) -> Sequence[int]:
        with self._writing() as connection:
            dropped = retaining.drop_before(connection, month)
        self._months.difference_update(dropped)
        self._rows_from = None
        return dropped

    def retire(self, now: int, *, keep: int) -> Sequence[int]:
        """Drop what is older than the `keep` months before that of `now` (microseconds), and say which months."""
        return self.drop_before(months.earlier(months.month_of(now), keep))

    def _must_not_reach_back(self, connection: Connection, gathered: Batch) -> None:
        """AlreadyThere if something is of a month that was dropped: it may have been counted before that."""
        if self._rows_from is None:
            self._rows_from = retaining.rows_from(connection) or 0
        if any(month < self._rows_from for month in gathered.months):
            raise AlreadyThere

    def _gathered(self, connection: Connection, batch: Sequence[Finished], counting: Counting) -> Batch:
        gathered = Batch(self._names, counting)
        for finished in batch:
            gathered.add(finished)
            if finished.prices:
                self._names.keep(connection, finished.prices)
        return gathered

    def _store(self, connection: Connection, gathered: Batch) -> None:
        for month in gathered.months.values():
            if month.month not in self._months:
                self._months = set(months.stored(connection))
                if month.month not in self._months:
                    months.create(connection, month.month)
                    self._months.add(month.month)
            self._adding.rows(connection, month)
        self._adding.sums(connection, gathered)

    def _complete(self, connection: Connection, found: Missing, counting: Counting) -> None:
        gathered = self._gathered(connection, [*found.fresh, *found.replacing.values()], counting)
        take_back(connection, found, gathered=gathered)
        self._store(connection, gathered)
        if found.replacing:
            drop_empty(connection, gathered.rollups)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._database.writing() as connection:
                self._names.using(connection)
                yield connection
        except BaseException:
            # Some of what is known may have been in the transaction that is no more.
            self._names.forget()
            self._months.clear()
            raise
