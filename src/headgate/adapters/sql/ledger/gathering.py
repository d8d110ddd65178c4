"""A batch of finished requests as rows by month, and what they change in roll-ups and counters."""

from __future__ import annotations

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.counting import Counts
from headgate.adapters.sql.ledger.names import Names
from headgate.adapters.sql.ledger.rolling import Rollups
from headgate.adapters.sql.ledger.rows import AttemptRow, RequestRow, rows_of, rows_of_one
from headgate.adapters.sql.ledger.tables import ATTEMPT, REQUEST
from headgate.gateway.ledger_store import Counting
from headgate.ledger.records import Finished


class MonthRows:
    """The rows of one month: requests, attempts, and for each attempt the instant of its request's admission."""

    __slots__ = ("attempt_table", "attempts", "end", "instants", "month", "request_table", "requests", "start")

    def __init__(self, month: int) -> None:
        self.month = month
        self.start, self.end = months.bounds(month)
        self.request_table, self.attempt_table = f"{REQUEST}_{month}", f"{ATTEMPT}_{month}"
        self.requests: list[RequestRow] = []
        self.attempts: list[AttemptRow] = []
        self.instants: list[int] = []


class Batch:
    """What is written in one transaction."""

    def __init__(self, names: Names, counting: Counting) -> None:
        self.months: dict[int, MonthRows] = {}
        self.rollups = Rollups()
        self.counts = Counts(counting)
        self._names = names
        self._month: MonthRows | None = None

    def add(self, finished: Finished) -> None:
        names, first = self._names, finished.opened[0]
        admitted, month = first.admitted, self._month
        if month is None or not month.start <= admitted < month.end:
            month = self._of(admitted)
        number = names.number(finished.ended.request)
        if len(finished.opened) == 1:
            request, attempt = rows_of_one(finished, number, names=names)
            attempts = [attempt]
            month.attempts.append(attempt)
            month.instants.append(admitted)
        else:
            request, attempts = rows_of(finished, number, names=names)
            month.attempts += attempts
            month.instants += [admitted] * len(attempts)
        month.requests.append(request)
        self.rollups.add(request, attempts)
        self.counts.add(first.account, request)

    def _of(self, admitted: int) -> MonthRows:
        number = months.month_of(admitted)
        found = self.months.get(number)
        if found is None:
            found = self.months[number] = MonthRows(number)
        self._month = found
        return found
