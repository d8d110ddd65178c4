"""The ledger's rows held against the origin's books, request by request, and summed up.

What the ledger must say of a request follows from what the origin wrote down of it and from what its client saw. Where
the provider told no usage there is no one right figure: the row must say at least as much output as was delivered, at
most as much as was sent, and cost exactly what that comes to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from tests.money.books import Books, Entry
from tests.money.cases import ANTHROPIC, ESTIMATED, Case, Kind, case_of, estimated_input, requested, upstream
from tests.money.load import Seen
from tests.money.site import Caller, provider
from tests.money.tariff import OUTPUT, PROMPT, bill

Row = Mapping[str, object]
Group = tuple[str, str | None, str | None, str | None, str, str, str]
"""Organization, project, user, key, entry, provider, end."""

SHOWN: Final = 12
"""Differences that are told; one bug makes thousands."""
_ENDS: Final = {
    Kind.GONE_BEFORE: "client_gone",
    Kind.GONE_WITHIN: "client_gone",
    Kind.GONE_LATER: "client_gone",
    Kind.CUT_WITHIN: "upstream_cut",
    Kind.REFUSED: "refused",
}


class Different(Exception):
    """The ledger says something that is not so."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt must be in the ledger; `cost` in picodollars."""

    model: int
    code: int
    buckets: dict[str, int]
    tier: str
    cost: int
    estimated: bool

    def tokens(self, names: Sequence[str]) -> int:
        return sum(self.buckets.get(name, 0) for name in names)


class Reckoning:
    """Takes every row once. `differences` says what is wrong; `sums` is what the rows, as they should be, come to."""

    def __init__(self, callers: Sequence[Caller], seen: Seen, books: Books) -> None:
        self.differences: list[str] = []
        self.estimated: set[int] = set()
        self.sums: defaultdict[Group, Counter[str]] = defaultdict(Counter)
        self.found = bytearray(seen.count)
        self._callers = callers
        self._seen = seen
        self._books = books
        self._known = {id: number for number, id in enumerate(seen.ids) if id}
        self._unknown = {self._look(case_of(number)): number for number, id in enumerate(seen.ids) if not id}

    @property
    def ids(self) -> int:
        """How many requests can be told apart, by the id of their answer or by their look."""
        return len(self._known) + len(self._unknown)

    def take(self, row: Row) -> None:
        number = self._number(row)
        if number is None:
            self._differ(f"nobody sent this: {row}")
        elif self.found[number]:
            self._differ(f"request {number} has a second row: {row}")
        else:
            self.found[number] = True
            try:
                self._compare(case_of(number), row)
            except Different as difference:
                self._differ(f"{case_of(number)}\n{self._books.get(number)}\n{dict(row)}\n{difference}")

    def attempts(self, number: int, written: int) -> Sequence[Attempt]:
        """What the attempts of a request must be, of which `written` tokens of output are in the ledger. Different."""
        case, entries = case_of(number), self._books.get(number, ())
        if tuple(entry.model for entry in entries) != case.chain:
            raise Different(f"the origin was to be asked for {case.chain}")
        told = sum(sum(entry.counted.get(name, 0) for name in OUTPUT) for entry in entries if entry.counted)
        found = []
        for entry in entries:
            last = entry is entries[-1]
            low = self._seen.delivered[number] if last else 0
            found.append(_attempt(case, entry, low=low, pieces=written - told))
        return found

    def number(self, row: Row) -> int:
        number = self._number(row)
        assert number is not None, row
        return number

    def _number(self, row: Row) -> int | None:
        id = str(row["request_id"])
        if id in self._known:
            return self._known[id]
        account = (row["organization"], row["project"], row["user"], row["key"])
        return self._unknown.get((account, row["model"], row["input_tokens"]))

    def _look(self, case: Case) -> tuple[object, object, object]:
        """How the row of a request is known whose client left without an answer."""
        return self._callers[case.caller].account, requested(case.model), estimated_input(case)

    def _compare(self, case: Case, row: Row) -> None:
        written = row["output_tokens"]
        assert isinstance(written, int)
        attempts, caller = self.attempts(case.number, written), self._callers[case.caller]
        last, estimated = attempts[-1], any(attempt.estimated for attempt in attempts)
        expected = {
            "organization": caller.organization,
            "project": caller.project,
            "user": caller.user,
            "key": caller.key,
            "model": requested(case.model),
            "served_model": requested(last.model),
            "provider": provider(last.model),
            "upstream_model": upstream(last.model),
            "operation": "chat",
            "end_reason": _ENDS.get(case.kind, "complete"),
            "status": "estimated" if estimated else "settled",
            "cost": sum(attempt.cost for attempt in attempts),
            "exposure": 0,
            "input_tokens": sum(attempt.tokens(PROMPT) for attempt in attempts),
            "output_tokens": sum(attempt.tokens(OUTPUT) for attempt in attempts),
            "attempts": len(attempts),
        }
        says = {**{name: row[name] for name in expected}, "cost": pico(row["cost"]), "exposure": pico(row["exposure"])}
        if says["status"] == "estimated":
            self.estimated.add(case.number)
        if says != expected:
            wrong = {name: (says[name], value) for name, value in expected.items() if says[name] != value}
            raise Different(f"the ledger says, and it should be: {wrong}")
        self._add(caller, attempts, end=str(expected["end_reason"]), estimated=estimated)

    def _add(self, caller: Caller, attempts: Sequence[Attempt], *, end: str, estimated: bool) -> None:
        """Costs and tokens count where an attempt went, its request where it ended."""
        sums = self.sums[_group(caller, attempts[-1].model, end)]
        sums["requests"] += 1
        sums["estimated"] += estimated
        for attempt in attempts:
            sums = self.sums[_group(caller, attempt.model, end)]
            sums["attempts"] += 1
            sums["cost"] += attempt.cost
            sums.update(attempt.buckets)

    def _differ(self, difference: str) -> None:
        if len(self.differences) < SHOWN:
            self.differences.append(difference)


def to_be_estimated(count: int) -> set[int]:
    """The requests of a load whose cost nobody can know for certain."""
    return {number for number in range(count) if case_of(number).kind in ESTIMATED}


def pico(amount: object) -> int | None:
    """USD as picodollars; None for what is unknown."""
    if amount is None:
        return None
    scaled = Decimal(str(amount)).scaleb(12)
    if scaled != int(scaled):
        raise Different(f"{amount} is finer than a picodollar")
    return int(scaled)


def _attempt(case: Case, entry: Entry, *, low: int, pieces: int) -> Attempt:
    if entry.status != 200:
        return Attempt(model=entry.model, code=entry.status, buckets={}, tier="", cost=0, estimated=False)
    if entry.bill is not None:
        cost = pico(entry.bill)
        assert entry.counted is not None
        assert cost is not None
        return Attempt(model=entry.model, code=200, buckets=entry.counted, tier=entry.tier, cost=cost, estimated=False)
    if not low <= pieces <= entry.sent:
        raise Different(f"of output it says {pieces}: {low} were delivered, and {entry.sent} sent")
    read = {"input": estimated_input(case)} if entry.counted is None else entry.counted
    buckets = {**read, "output": pieces}
    # OpenAI's events and answers tell their tier beside the usage, Anthropic's within it.
    tier = entry.tier if entry.counted is not None or (entry.model not in ANTHROPIC and entry.sent) else ""
    cost = pico(bill(entry.model, buckets, tier))
    assert cost is not None
    code = 0 if entry.ended == "left" and not entry.sent else 200
    return Attempt(model=entry.model, code=code, buckets=buckets, tier=tier, cost=cost, estimated=True)


def _group(caller: Caller, model: int, end: str) -> Group:
    return (*caller.account, requested(model), provider(model), end)
