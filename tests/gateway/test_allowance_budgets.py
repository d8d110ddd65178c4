"""What budgets let through, and that nothing which was held stays behind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.core.errors import BudgetExceeded, LedgerUnavailable, PriceMissing
from headgate.core.overlay import Overlay, QuotaPolicy
from headgate.core.subject import SubjectKind
from headgate.gateway.allowance import Admitted, Allowance, Claim, FreeClaim
from headgate.gateway.bindings import Bindings
from headgate.gateway.budget_book import BudgetBook, Running
from headgate.gateway.ledger_store import Count
from headgate.ledger.budget import OnExceeded, Period, Unit, Window
from headgate.ledger.records import Account
from tests.gateway.purse import KEY, MIA, Purse, Told
from tests.gateway.town import NOW

HOUR = Window(period=Period.HOUR)


@pytest.fixture
def purse() -> Purse:
    return Purse()


def state(running: Running) -> tuple[int, int]:
    return running.tally.used, running.tally.held


# Holds


def test_of_500_parallel_calls_those_pass_that_the_budget_pays_for(purse: Purse) -> None:
    running = purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=1_000)
    passed: list[tuple[Admitted, Claim | FreeClaim]] = []
    refused = 0
    for _ in range(500):
        admitted = purse.admit()
        try:
            passed.append((admitted, purse.claim(admitted, amount=100)))
        except BudgetExceeded:
            refused += 1
            admitted.release()
    for admitted, claim in passed:
        claim.settle(cost=100, exposure=0, tokens=0, now=purse.now)
        admitted.release()

    assert (len(passed), refused, state(running)) == (10, 490, (1_000, 0))


def test_where_the_hold_is_larger_than_the_cost_as_many_pass_one_after_another(purse: Purse) -> None:
    running = purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=1_099)
    passed = 0
    for _ in range(500):
        try:
            purse.call(cost=100, hold=199)
        except BudgetExceeded:
            continue
        passed += 1

    assert (passed, state(running)) == (10, (1_000, 0))


def test_all_budgets_of_an_account_bind_however_they_are_attached(purse: Purse) -> None:
    subjects = [
        (SubjectKind.ORGANIZATION, "o-acme"),
        (SubjectKind.PROJECT, "p-web"),
        (SubjectKind.USER, "u-mia"),
    ]
    all_ = [purse.budget(kind, subject, amount=1_000) for kind, subject in subjects]
    twice = purse.budget(SubjectKind.USER, "u-mia", amount=50)
    others = [
        purse.budget(SubjectKind.PROJECT, "p-api", amount=1),
        purse.budget(SubjectKind.USER, "u-ann", amount=1),
        purse.budget(SubjectKind.KEY, "k-ci", amount=1),
        purse.budget(SubjectKind.USER, "u-mia", amount=1, organization="o-globex"),
    ]
    purse.call(cost=50)

    assert [state(each) for each in (*all_, twice)] == [(50, 0)] * 4
    assert [state(each) for each in others] == [(0, 0)] * 4
    with pytest.raises(BudgetExceeded, match="budget of the user"):
        purse.call(cost=1)
    assert [state(each) for each in all_] == [(50, 0)] * 3


def test_a_refusal_by_one_budget_gives_back_what_the_others_hold(purse: Purse) -> None:
    first = purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=1_000)
    purse.budget(SubjectKind.USER, "u-mia", amount=10)
    purse.limit(SubjectKind.USER, "u-mia", tpm=100)
    with pytest.raises(BudgetExceeded):
        purse.claim(purse.admit(), amount=11, tokens=60)

    assert state(first) == (0, 0)
    purse.claim(purse.admit(), amount=10, tokens=100)


def test_tokens_are_counted_where_a_budget_is_in_tokens(purse: Purse) -> None:
    running = purse.budget(SubjectKind.KEY, "k-ci", amount=1_000, unit=Unit.TOKENS)
    claim = purse.claim(purse.admit(KEY), amount=10**12, tokens=900, priced=False)
    with pytest.raises(BudgetExceeded):
        purse.claim(purse.admit(KEY), tokens=101)
    claim.settle(cost=0, exposure=10**12, tokens=250, now=purse.now)

    assert state(running) == (250, 0)


def test_what_may_have_been_spent_counts(purse: Purse) -> None:
    running = purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=100)
    claim = purse.claim(purse.admit(), amount=60)
    claim.settle(cost=0, exposure=60, tokens=0, now=purse.now)

    assert (running.tally.view(int(purse.now)).exposure, state(running)) == (60, (60, 0))
    with pytest.raises(BudgetExceeded):
        purse.call(cost=41)


def test_a_soft_budget_refuses_nothing(purse: Purse) -> None:
    running = purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=100, hard=False)
    purse.call(cost=500)
    purse.claim(purse.admit(), priced=False)

    assert state(running) == (500, 0)


def test_a_hard_budget_in_usd_refuses_what_has_no_price(purse: Purse) -> None:
    running = purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=100)
    with pytest.raises(PriceMissing, match="'gpt-4o' has no price"):
        purse.claim(purse.admit(), priced=False)

    assert state(running) == (0, 0)


def test_what_is_free_passes_a_budget_that_is_spent(purse: Purse) -> None:
    purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=100)
    purse.call(cost=120, hold=100)

    purse.call(cost=0)
    with pytest.raises(BudgetExceeded):
        purse.call(cost=1)


# Refusals


@pytest.mark.parametrize(
    ("said", "policy", "becomes"),
    [
        (None, None, "refused"),
        (None, QuotaPolicy.DOWNGRADE, "downgraded"),
        (OnExceeded.REFUSE, QuotaPolicy.DOWNGRADE, "refused"),
        (OnExceeded.DOWNGRADE, QuotaPolicy.BLOCK, "downgraded"),
    ],
)
def test_the_budget_and_then_the_organization_say_what_becomes_of_a_refused_call(
    purse: Purse, said: OnExceeded | None, policy: QuotaPolicy | None, becomes: str
) -> None:
    purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=1, on_exceeded=said)
    admitted = purse.admit(overlay=None if policy is None else Overlay(quota_policy=policy))
    with pytest.raises(BudgetExceeded) as refused:
        purse.claim(admitted, amount=2)

    assert refused.value.downgrade == (becomes == "downgraded")


def test_a_refusal_says_when_the_window_ends(purse: Purse) -> None:
    purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=1, window=HOUR)
    purse.now = NOW - NOW % 3600 + 3590.5
    with pytest.raises(BudgetExceeded) as refused:
        purse.claim(purse.admit(), amount=2)

    assert refused.value.retry_after == 10


def test_a_refusal_for_what_others_hold_says_to_come_back_soon(purse: Purse) -> None:
    purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=10, window=HOUR)
    purse.claim(purse.admit(), amount=8)
    with pytest.raises(BudgetExceeded, match="the hour's budget of the organization has left while other") as refused:
        purse.claim(purse.admit(), amount=10)

    assert refused.value.retry_after == 1


def test_until_it_is_known_what_was_spent_nothing_that_a_budget_binds_passes(purse: Purse) -> None:
    running = purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=100, hard=False)
    book = BudgetBook(Told(), [running.budget])
    bindings = Bindings(book, purse.limits, directory=purse.town.directory)
    purse.allowance = Allowance(bindings)
    with pytest.raises(LedgerUnavailable):
        purse.claim(purse.admit())
    purse.claim(purse.admit(Account("o-globex", "", "u-gus", "")))

    book.load({("b-1", 0): Count(spent=40, exposure=2, tokens=9)}, wall=purse.now)
    purse.claim(purse.admit())
    found = book.get("b-1")
    assert found is not None
    assert found.tally.used == 42


# Nothing leaks


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["claim", "settle", "cancel", "release", "refuse", "wait"])),
    max_size=60,
)


@settings(max_examples=200)
@given(STEPS)
def test_nothing_is_left_whatever_happens_in_whatever_order(steps: list[tuple[int, str]]) -> None:
    purse = Purse()
    budgets = [
        purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=10**6, window=Window(rolling=60)),
        purse.budget(SubjectKind.USER, "u-mia", amount=10**6, unit=Unit.TOKENS),
    ]
    purse.limit(SubjectKind.USER, "u-mia", rpm=10**6, tpm=10**9, parallel=4)
    requests = [purse.admit() for _ in range(4)]
    claims: list[list[Claim | FreeClaim]] = [[] for _ in requests]
    spent = 0
    for which, step in steps:
        request = requests[which]
        match step:
            case "claim":
                claims[which].append(purse.claim(request, amount=50, tokens=500))
            case "settle" if claims[which]:
                claim = claims[which][-1]
                spent += 7 if claim.is_open else 0
                claim.settle(cost=7, exposure=0, tokens=70, now=purse.now)
            case "cancel" if claims[which]:
                claims[which][0].cancel(now=purse.now)
            case "release":
                request.release()
            case "refuse":
                request.refuse()
            case _:
                purse.now += 0.25
    for each in (claim for several in claims for claim in several):
        each.cancel(now=purse.now)
    for request in requests:
        request.release()

    assert [each.tally.held for each in budgets] == [0, 0]
    assert [each.tally.used for each in budgets] == [spent, 10 * spent]
    assert [each.between for each in budgets] == [0, 0]
    bound = purse.bindings.of(MIA, purse.now)
    assert [slots.taken for slots in bound.slots] == [0]


# What the ledger's writer is told


def test_the_writer_counts_in_the_same_budgets_and_windows(purse: Purse) -> None:
    purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=1, window=HOUR)
    purse.budget(SubjectKind.USER, "u-mia", amount=1, unit=Unit.TOKENS)
    start = int(NOW - NOW % 3600)

    found = purse.budgets.counting(MIA, int(NOW * 1_000_000))

    assert list(found) == [("b-1", start), ("b-2", 0)]
    assert list(purse.budgets.counting(Account("", "", "u-mia", ""), int(NOW * 1_000_000))) == []
