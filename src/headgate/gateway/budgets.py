"""Budgets as people set them: made, listed, changed and ended, with what has been spent of each.

A budget that is made counts what the ledger already has of its window. Its unit, window and subject stay as they are:
another budget is a budget of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from headgate.core.errors import Conflict, NotFound, detail
from headgate.core.principal import Principal
from headgate.core.subject import SPENDERS, Subject, SubjectKind
from headgate.gateway.allowance import Allowance
from headgate.gateway.budget_book import Budget, Running
from headgate.gateway.budget_ledger import BudgetLedger
from headgate.gateway.grant import organization_of
from headgate.gateway.ledger_store import Count
from headgate.gateway.pages import Page, newest_first
from headgate.gateway.spenders import Spenders, demand_governor, demand_setter, sees
from headgate.gateway.tenancy import Change, Tenancy, refuse
from headgate.ledger.budget import OnExceeded, Terms

MOST: Final = 20
"""Budgets of one subject. Each of its calls holds in all of them while everybody else's wait, and each of its rows is
counted in all."""


class BudgetStore(Protocol):
    """Where budgets are kept. Methods run on the writer thread, or before there is an event loop."""

    def all(self) -> list[Budget]:
        """In the order of creation."""

    def put(self, budget: Budget) -> None: ...

    def drop(self, budget_id: str) -> None: ...


class BudgetChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about a budget. `amount` is in its unit."""

    name: str | UnsetType = UNSET
    amount: int | UnsetType = UNSET
    hard: bool | UnsetType = UNSET
    on_exceeded: OnExceeded | UnsetType | None = UNSET


class Budgets:
    """The use cases of `/admin/v1/budgets`."""

    def __init__(self, tenancy: Tenancy, allowance: Allowance, *, store: BudgetStore, ledger: BudgetLedger) -> None:
        self._tenancy = tenancy
        self._book = allowance.budgets
        self._bindings = allowance.bindings
        self._store = store
        self._ledger = ledger
        self._spenders = Spenders(tenancy.directory)

    def list(self, by: Principal, *, organization: str | None, offset: int, limit: int) -> Page[Running]:
        """Those of an organization, for a platform administrator all unless told. Forbidden, NotFound."""
        whose = self._spenders.whose(by, organization)
        every = (each for each in self._book.all() if whose in (None, each.budget.subject.organization))
        return newest_first(list(every), offset=offset, limit=limit)

    def get(self, by: Principal, budget_id: str) -> Running:
        """NotFound also for one of another organization."""
        demand_governor(by)
        found = self._book.get(budget_id)
        if found is None or not sees(by, found.budget.subject):
            raise NotFound(f"budget {budget_id!r} does not exist")
        return found

    async def create(self, by: Principal, kind: SubjectKind, *, subject: str, terms: Terms) -> Running:
        """Forbidden, NotFound, InvalidBody, Conflict; StoreUnavailable if the ledger cannot tell what has been
        spent."""
        if kind not in SPENDERS:
            words = ", ".join(each.value for each in SPENDERS)
            refuse([detail("subject_kind", f"{words} are accepted, not {kind.value!r}")])
        if kind is not SubjectKind.ORGANIZATION:
            organization_of(by)
        now = self._tenancy.now()
        running = Running(
            Budget(
                id=self._tenancy.new_id(),
                subject=self._spenders.named(by, kind, name=subject),
                terms=terms,
                by_platform=by.platform_admin,
                created_at=now,
                created_by=by.id,
                updated_at=now,
            )
        )
        _demand_room(len(self._book.of(running.budget.subject)) + 1)
        try:
            counted = await self._ledger.count(running, lambda: self._put(running))
        except BaseException:
            self._abandon(running)
            raise
        await self._keep(running, counted)
        return running

    async def update(self, by: Principal, budget_id: str, *, change: BudgetChange) -> Running:
        """Forbidden, NotFound."""
        changed: list[Running] = []

        def decide() -> Change:
            running = self._settable(by, budget_id)
            changed.append(running)
            given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
            after = msgspec.structs.replace(
                running.budget,
                terms=msgspec.structs.replace(running.budget.terms, **given),
                updated_at=self._tenancy.now(),
            )

            def then() -> None:
                running.become(after)
                self._book.warn(running)

            return Change(lambda: self._store.put(after), then)

        await self._tenancy.changes.make(decide)
        return changed[0]

    async def delete(self, by: Principal, budget_id: str) -> Running:
        """Forbidden, NotFound."""
        gone: list[Running] = []

        def decide() -> Change:
            running = self._settable(by, budget_id)
            gone.append(running)
            return Change(lambda: self._store.drop(budget_id), lambda: self._abandon(running))

        await self._tenancy.changes.make(decide)
        return gone[0]

    def ended(self, subject: Subject) -> None:
        """A subject is no more, and neither are its budgets; with an organization go those of everybody in it."""
        if subject.kind is SubjectKind.ORGANIZATION:
            found = [each for each in self._book.all() if each.budget.subject.organization == subject.organization]
        else:
            found = list(self._book.of(subject))
        for running in found:
            self._abandon(running)

    async def _keep(self, running: Running, counted: Mapping[int, Count]) -> None:
        decided = False

        def decide() -> Change:
            nonlocal decided
            subject = running.budget.subject
            if not self._spenders.exists(subject):
                raise NotFound(f"{subject.kind} {subject.id!r} does not exist")
            # Others may have been made meanwhile; this one is among them.
            _demand_room(len(self._book.of(subject)))
            decided = True
            return Change(lambda: self._store.put(running.budget), lambda: self._begin(running, counted))

        try:
            await self._tenancy.changes.make(decide)
        except BaseException as error:
            # Once it is decided it is written, even if nobody waits for it any more.
            if not (decided and isinstance(error, asyncio.CancelledError)):
                self._abandon(running)
            raise

    def _begin(self, running: Running, counted: Mapping[int, Count]) -> None:
        running.add(counted, wall=self._tenancy.now())
        running.tally.tell_again()
        self._book.warn(running)

    def _settable(self, by: Principal, budget_id: str) -> Running:
        found = self.get(by, budget_id)
        demand_setter(by, by_platform=found.budget.by_platform)
        return found

    def _put(self, running: Running) -> None:
        self._book.put(running)
        self._bindings.changed(running.budget.subject)

    def _abandon(self, running: Running) -> None:
        self._book.drop(running)
        self._bindings.changed(running.budget.subject)
        self._ledger.forget(running.budget.id)


def _demand_room(count: int) -> None:
    if count > MOST:
        raise Conflict(f"there are {MOST} budgets of this subject, and at most as many")
