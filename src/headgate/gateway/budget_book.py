"""Budgets in memory: which bind an account, and what each has come to.

What was spent is counted here when an attempt settles and in the ledger when the row of its request is written, so
both come to the same as soon as nothing is between them. A budget that is made while the gateway runs counts from then
on the requests that end, and what the ledger has of those that had ended before is added when it is known; until then
it refuses nothing.

It belongs to the event loop, but for `counting`, which the ledger's writer asks on its own thread: that reads only
dictionaries whose values are never changed, only replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from headgate.core.events import EventName
from headgate.core.money import Picodollars
from headgate.core.subject import Subject, SubjectKind
from headgate.gateway.header_policies import Events
from headgate.gateway.ledger_store import Count
from headgate.ledger.budget import Tally, Terms, Unit, amount_text
from headgate.ledger.records import Account

_MICROSECONDS: Final = 1_000_000


class Budget(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a subject may spend, and who said so. `by_platform`: its organization may not change it."""

    id: str
    subject: Subject
    terms: Terms
    by_platform: bool
    created_at: float
    created_by: str
    updated_at: float


class Running:
    """A budget in use. `limit` is None where nothing is refused; `between` is how many settled attempts it counts of
    requests that have not ended."""

    __slots__ = ("between", "budget", "counts_tokens", "is_counted", "limit", "tally")

    def __init__(self, budget: Budget) -> None:
        self.tally = Tally(budget.terms.window, budget.terms.amount)
        self.between = 0
        self.is_counted = False
        self.counts_tokens = budget.terms.unit is Unit.TOKENS
        self.limit: int | None = None
        self.become(budget)

    def become(self, budget: Budget) -> None:
        """Other terms of the same unit and window."""
        self.budget = budget
        self.limit = budget.terms.amount if budget.terms.hard and self.is_counted else None
        self.tally.allow(budget.terms.amount)

    def add(self, counted: Mapping[int, Count], *, wall: float) -> None:
        """What the ledger has, which is all that was missing."""
        self.tally.add({start: self.amounts(count) for start, count in counted.items()}, at=int(wall))
        self.is_counted = True
        self.become(self.budget)

    def amounts(self, count: Count) -> tuple[int, int]:
        """Spent and exposure in the budget's unit."""
        return (count.tokens, 0) if self.counts_tokens else (count.spent, count.exposure)


class BudgetBook:
    """`generation` rises when there are other budgets than before. `is_loaded`: what the ledger has is known."""

    def __init__(self, events: Events, budgets: Iterable[Budget] = ()) -> None:
        self.generation = 0
        self.is_loaded = False
        self._events = events
        self._by_id: dict[str, Running] = {}
        self._of_subject: dict[tuple[SubjectKind, str, str], tuple[Running, ...]] = {}
        for budget in budgets:
            self.put(Running(budget))
        self._of_a_start: Sequence[Running] = tuple(self._by_id.values())

    # What there is

    def all(self) -> Sequence[Running]:
        """In the order of creation."""
        return list(self._by_id.values())

    def get(self, budget_id: str) -> Running | None:
        return self._by_id.get(budget_id)

    def of(self, subject: Subject) -> tuple[Running, ...]:
        return self._of_subject.get((subject.kind, subject.organization, subject.id), ())

    def binding(self, account: Account) -> tuple[Running, ...]:
        """Those that count what an account spends, however they are attached. The one place that says so."""
        of, organization = self._of_subject, account.organization
        if not of or not organization:
            return ()
        return (
            of.get((SubjectKind.ORGANIZATION, organization, organization), ())
            + of.get((SubjectKind.PROJECT, organization, account.project), ())
            + of.get((SubjectKind.USER, organization, account.user), ())
            + of.get((SubjectKind.KEY, organization, account.key), ())
        )

    def counting(self, account: Account, admitted: int) -> Sequence[tuple[str, int]]:
        """The same for the ledger's writer: budgets by id, each with the start of its window. `admitted` is in
        microseconds."""
        instant = admitted // _MICROSECONDS
        return [(each.budget.id, each.tally.window.start(instant)) for each in self.binding(account)]

    # Changes

    def put(self, running: Running) -> None:
        """Add, or put in the place of the one with the same id."""
        self.generation += 1
        budget = running.budget
        before = self._by_id.get(budget.id)
        self._by_id[budget.id] = running
        key = _key(budget.subject)
        others = tuple(each for each in self._of_subject.get(key, ()) if each is not before)
        self._of_subject[key] = (*others, running)

    def drop(self, running: Running) -> None:
        """Harmless if it is not there, or another in its place."""
        if self._by_id.get(running.budget.id) is not running:
            return
        self.generation += 1
        del self._by_id[running.budget.id]
        key = _key(running.budget.subject)
        left = tuple(each for each in self._of_subject.get(key, ()) if each is not running)
        if left:
            self._of_subject[key] = left
        else:
            self._of_subject.pop(key, None)

    def load(self, counters: Mapping[tuple[str, int], Count], *, wall: float) -> None:
        """What the ledger has of every budget that there was at the start; one that was made since is counted by
        who makes it. Whoever was to be told of a threshold was told before."""
        found: dict[str, dict[int, Count]] = {}
        for (budget_id, start), count in counters.items():
            found.setdefault(budget_id, {})[start] = count
        for running in self._of_a_start:
            if not running.is_counted:
                running.add(found.get(running.budget.id, {}), wall=wall)
        self._of_a_start = ()
        self.is_loaded = True

    # What happens

    def charge(self, running: Running, *, at: int, cost: Picodollars, exposure: Picodollars, tokens: int) -> None:
        """Count what was never held in this budget."""
        spent, exposed = (tokens, 0) if running.counts_tokens else (cost, exposure)
        running.tally.charge(at=at, spent=spent, exposure=exposed)
        if running.tally.used >= running.tally.warn_at:
            self.warn(running)

    def warn(self, running: Running) -> None:
        """Tell of thresholds that were reached. Nothing is told of a budget that has not been counted yet."""
        if not running.is_counted:
            return
        budget, tally = running.budget, running.tally
        terms, subject = budget.terms, budget.subject
        for threshold in tally.reached():
            self._events.tell(
                EventName.BUDGET_THRESHOLD,
                {
                    "budget_id": budget.id,
                    "organization_id": subject.organization,
                    "subject_kind": subject.kind,
                    "subject_id": subject.id,
                    "threshold": threshold,
                    "hard": terms.hard,
                    "unit": terms.unit,
                    "amount": amount_text(terms.unit, terms.amount),
                    "used": amount_text(terms.unit, tally.used),
                    "window_start": tally.since if terms.window.ends else None,
                },
            )


def _key(subject: Subject) -> tuple[SubjectKind, str, str]:
    return (subject.kind, subject.organization, subject.id)
