"""What binds a caller: the budgets and limits of its organization, project, user and key, found once and remembered.

Where nothing is configured for an organization its callers are not remembered at all, so a million keys without limits
cost nothing; where only some keys have limits of their own, the others share what is remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from headgate.access.limits import Metric, SetLimits, effective
from headgate.access.rate import Bucket, Slots
from headgate.catalogue.offer import Capacity, Offer
from headgate.core.subject import Subject, SubjectKind
from headgate.gateway.budget_book import BudgetBook, Running
from headgate.gateway.directory import Directory
from headgate.gateway.limit_book import LimitBook
from headgate.ledger.records import Account

_REMEMBERED: Final = 16_384
_ENTRY: Final = "entry"


class Bound(msgspec.Struct, frozen=True, gc=False):
    """What binds one caller."""

    requests: tuple[Bucket, ...] = ()
    tokens: tuple[Bucket, ...] = ()
    slots: tuple[Slots, ...] = ()
    budgets: tuple[Running, ...] = ()


class BoundEntry(msgspec.Struct, frozen=True, gc=False):
    """What all callers together may ask of one entry."""

    capacity: Capacity
    requests: Bucket | None
    tokens: Bucket | None
    slots: Slots | None


NOTHING: Final = Bound()


class _Configured:
    """For whom of an organization anything is configured. `each_user`: something is said of users by role or plan."""

    __slots__ = ("each_user", "keys", "projects", "users", "whole")

    def __init__(self) -> None:
        self.whole = False
        self.each_user: set[str] = set()
        self.projects: set[str] = set()
        self.users: set[str] = set()
        self.keys: set[str] = set()

    def mark(self, subject: Subject, *, has: bool) -> None:
        match subject.kind:
            case SubjectKind.ORGANIZATION:
                self.whole = has
                return
            case SubjectKind.PROJECT:
                named = self.projects
            case SubjectKind.USER:
                named = self.users
            case SubjectKind.KEY:
                named = self.keys
            case _:
                named = self.each_user
        if has:
            named.add(subject.id)
        else:
            named.discard(subject.id)

    def __bool__(self) -> bool:
        return self.whole or bool(self.each_user or self.projects or self.users or self.keys)


class Bindings:
    """It belongs to the event loop. Whoever changes one of the books says so.

    `configured` has the organizations for which anything is, `everywhere` the users whom the platform limits in all of
    them: an account that is in neither is bound by nothing.
    """

    def __init__(self, budgets: BudgetBook, limits: LimitBook, *, directory: Directory) -> None:
        self.budgets = budgets
        self.limits = limits
        self._directory = directory
        self._generation = directory.generation
        self.configured: dict[str, _Configured] = {}
        self.everywhere: set[str] = set()
        self._bound: dict[tuple[str, str, str, str], Bound] = {}
        self._entries: dict[str, BoundEntry] = {}
        for running in budgets.all():
            self.changed(running.budget.subject)
        for each in limits.all():
            self.changed(each.subject)

    def changed(self, subject: Subject) -> None:
        """A subject has other budgets or limits than before."""
        has = bool(self.budgets.of(subject)) or self.limits.get(subject) is not None
        organization = subject.organization
        found = self.configured.setdefault(organization, _Configured())
        found.mark(subject, has=has)
        if not found:
            del self.configured[organization]
        if not organization:
            (self.everywhere.add if has else self.everywhere.discard)(subject.id)
        self._bound = {}

    def of(self, account: Account, now: float) -> Bound:
        """What binds an account."""
        organization, user = account.organization, account.user
        here = self.configured.get(organization)
        if here is None and user not in self.everywhere:
            return NOTHING
        if self._directory.generation != self._generation:
            # Somebody may have another role.
            self._generation = self._directory.generation
            self._bound = {}
        if here is None:
            key = (organization, "", user, "")
        else:
            project, one = account.project, account.key
            apart = here.each_user or user in here.users or user in self.everywhere
            key = (
                organization,
                project if project in here.projects else "",
                user if apart else "",
                one if one in here.keys else "",
            )
        return self._bound.get(key) or self._bind(Account(*key), now)

    def entry(self, offer: Offer, capacity: Capacity, *, now: float) -> BoundEntry:
        """What binds all callers of an entry."""
        found = self._entries.get(offer.uid)
        if found is not None and found.capacity is capacity:
            return found
        self._turn(now)
        rpm, tpm, parallel, limits = capacity.rpm, capacity.tpm, capacity.parallel, self.limits
        place = ("", _ENTRY, offer.uid)
        found = self._entries[offer.uid] = BoundEntry(
            capacity,
            limits.bucket((*place, Metric.RPM), rpm) if rpm else None,
            limits.bucket((*place, Metric.TPM), tpm) if tpm else None,
            limits.slots((*place, Metric.PARALLEL), parallel) if parallel else None,
        )
        return found

    def _bind(self, account: Account, now: float) -> Bound:
        self._turn(now)
        requests: list[Bucket] = []
        tokens: list[Bucket] = []
        slots: list[Slots] = []
        taken = set()
        for subject, chain in self._chains(account):
            for metric, (count, source) in effective(chain).items():
                key = (_shared_in(source, subject), subject.kind.value, subject.id, metric)
                if key in taken:
                    continue
                taken.add(key)
                match metric:
                    case Metric.RPM:
                        requests.append(self.limits.bucket(key, count))
                    case Metric.TPM:
                        tokens.append(self.limits.bucket(key, count))
                    case Metric.PARALLEL:
                        slots.append(self.limits.slots(key, count))
        bound = Bound(tuple(requests), tuple(tokens), tuple(slots), self.budgets.binding(account))
        if len(self._bound) >= _REMEMBERED:
            self._bound = {}
        self._bound[_words(account)] = bound
        return bound

    def _chains(self, account: Account) -> Iterator[tuple[Subject, list[SetLimits]]]:
        """The subjects that an account is made of, each with the limits that stand in for each other there."""
        organization = account.organization
        if organization:
            yield self._own(Subject(organization, SubjectKind.ORGANIZATION, organization))
        if account.project:
            yield self._own(Subject(organization, SubjectKind.PROJECT, account.project))
        if account.user:
            membership = self._directory.membership(account.user, organization)
            role = "" if membership is None else membership.role.value
            chain = self.limits.of_user(organization, account.user, role=role)
            user = Subject(organization, SubjectKind.USER, account.user)
            yield user, chain
            # An organization may say less of a person than the platform does, but not lift that.
            yield user, [each for each in chain if not each.subject.organization]
        if account.key:
            yield self._own(Subject(organization, SubjectKind.KEY, account.key))

    def _own(self, subject: Subject) -> tuple[Subject, list[SetLimits]]:
        found = self.limits.get(subject)
        return subject, [] if found is None else [found]

    def _turn(self, now: float) -> None:
        if self.limits.turns(now):
            # Who is active asks again, and so is not forgotten at the next turn.
            self._bound = {}
            self._entries = {}


def _shared_in(source: SetLimits, subject: Subject) -> str:
    """Where a limit counts: what the platform says of a person is one limit over all organizations."""
    return source.subject.organization if source.subject.kind is SubjectKind.USER else subject.organization


def _words(account: Account) -> tuple[str, str, str, str]:
    return (account.organization, account.project, account.user, account.key)
