"""The BudgetStore and LimitStore contracts, and what ends with whom it was set for."""

from __future__ import annotations

import msgspec
import pytest

from headgate.access.identity import Membership, Organization, OrganizationKey, Project, Role, User
from headgate.access.limits import Limits, SetLimits
from headgate.adapters.sql.audit import SqlAudit
from headgate.adapters.sql.budgets import SqlBudgets
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.rate_limits import SqlRateLimits
from headgate.core.subject import PLAN_ID, Subject, SubjectKind
from headgate.gateway.audit import AuditFilter
from headgate.gateway.budget_book import Budget
from headgate.gateway.budgets import BudgetStore
from headgate.gateway.limits import LimitStore
from headgate.gateway.stores import DirectoryStore
from headgate.ledger.budget import OnExceeded, Period, Terms, Unit, Window

KEY = OrganizationKey(
    id="k",
    organization="o",
    project="p",
    name="ci",
    digest=b"d",
    last4="last",
    permissions=(),
    scopes=(),
    created_at=1.0,
    created_by="user:u",
)
ACME = Organization(id="o", slug="o", name="o", created_at=1.0)
WEB = Project(id="p", organization="o", slug="p", name="p", created_at=1.0)
MEMBER = Membership(user="u", organization="o", role=Role.MEMBER, created_at=1.0)
SUBJECTS = (
    Subject("o", SubjectKind.ORGANIZATION, "o"),
    Subject("o", SubjectKind.PROJECT, "p"),
    Subject("o", SubjectKind.USER, "u"),
    Subject("o", SubjectKind.KEY, "k"),
)


@pytest.fixture(autouse=True)
def tenants(directory: DirectoryStore) -> None:
    directory.put_user(User(id="u", name="u", created_at=1.0))
    directory.put_organization(ACME)
    directory.put_organization(Organization(id="other", slug="other", name="other", created_at=1.0))
    directory.put_project(WEB)
    directory.put_membership(MEMBER)
    directory.put_key(KEY)


@pytest.fixture
def budgets(database: Database) -> BudgetStore:
    return SqlBudgets(database)


@pytest.fixture
def limits(database: Database) -> LimitStore:
    return SqlRateLimits(database)


def budget(name: str, subject: Subject, terms: Terms, *, at: float = 1.5) -> Budget:
    return Budget(
        id=name,
        subject=subject,
        terms=terms,
        by_platform=False,
        created_at=at,
        created_by="user:u",
        updated_at=at,
    )


def limit(subject: Subject, *, at: float = 1.5, **said: int) -> SetLimits:
    given = Limits(rpm=said.get("rpm"), tpm=said.get("tpm"), parallel=said.get("parallel"))
    return SetLimits(subject=subject, limits=given, by_platform=True, created_at=at, created_by="user:u", updated_at=at)


PLAIN = Terms(unit=Unit.USD, amount=1)


def test_budgets_come_back_as_they_were_in_the_order_of_creation(budgets: BudgetStore) -> None:
    terms = (
        Terms(
            name="all",
            unit=Unit.USD,
            amount=5 * 10**21 + 1,
            window=Window(period=Period.WEEK),
            hard=False,
            on_exceeded=OnExceeded.DOWNGRADE,
        ),
        Terms(unit=Unit.TOKENS, amount=10**12, window=Window(rolling=3600)),
        PLAIN,
    )
    stored = [budget(f"b{n}", SUBJECTS[n], each, at=9.0 - n) for n, each in enumerate(terms)]
    for each in stored:
        budgets.put(each)

    assert budgets.all() == stored[::-1]


def test_a_budget_is_replaced_by_its_id_and_dropped(budgets: BudgetStore) -> None:
    first, other = budget("b1", SUBJECTS[0], PLAIN), budget("b2", SUBJECTS[0], PLAIN)
    changed = msgspec.structs.replace(first, terms=Terms(unit=Unit.USD, amount=2), updated_at=3.0)
    for each in (first, other, changed):
        budgets.put(each)
    budgets.drop("b2")
    budgets.drop("unknown")

    assert budgets.all() == [changed]


def test_limits_come_back_as_they_were_one_for_each_subject(limits: LimitStore) -> None:
    nowhere = limit(Subject("", SubjectKind.USER, "u"), rpm=1)
    plan = limit(Subject("o", SubjectKind.PLAN, PLAN_ID), tpm=0, at=2.5)
    for each in (limit(plan.subject, rpm=9, at=2.5), nowhere, plan):
        limits.put(each)
    assert limits.all() == [nowhere, plan]
    limits.drop(nowhere.subject)

    assert limits.all() == [plan]


@pytest.mark.parametrize("ends", ["key", "member", "project", "organization"])
def test_what_was_set_for_somebody_ends_with_them(
    directory: DirectoryStore, budgets: BudgetStore, limits: LimitStore, ends: str
) -> None:
    elsewhere = Subject("other", SubjectKind.USER, "u")
    role = Subject("o", SubjectKind.ROLE, "member")
    for subject in (*SUBJECTS, elsewhere):
        budgets.put(budget(f"{subject.organization}-{subject.kind}", subject, PLAIN))
    for subject in (*SUBJECTS, elsewhere, role):
        limits.put(limit(subject, rpm=5))
    match ends:
        case "key":
            directory.put_key(msgspec.structs.replace(KEY, revoked_at=2.0))
            gone = {SubjectKind.KEY}
        case "member":
            directory.drop_membership(MEMBER)
            gone = {SubjectKind.USER}
        case "project":
            directory.drop_project(WEB)
            gone = {SubjectKind.PROJECT, SubjectKind.KEY}
        case _:
            directory.drop_project(WEB)
            directory.drop_organization(ACME)
            gone = set(SubjectKind)

    left = {elsewhere} | {each for each in SUBJECTS if each.kind not in gone}
    assert {each.subject for each in budgets.all()} == left
    assert {each.subject for each in limits.all()} == left | ({role} if SubjectKind.ROLE not in gone else set())


def test_the_trail_tells_amounts_as_people_write_them(database: Database, budgets: BudgetStore) -> None:
    first = budget("b1", SUBJECTS[1], Terms(unit=Unit.USD, amount=12_500_000_000_000))
    budgets.put(first)
    budgets.put(msgspec.structs.replace(first, terms=Terms(unit=Unit.USD, amount=20 * 10**12)))

    changed = SqlAudit(database).entries(AuditFilter(subject="budget:b1"), limit=1)[0].event
    assert (changed.action, changed.organization) == ("budget.updated", "o")
    assert msgspec.json.decode(changed.difference) == [{"path": "settings.amount", "before": "12.5", "after": "20"}]
