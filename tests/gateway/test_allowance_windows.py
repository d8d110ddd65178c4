"""Where calls count: in the window of their admission, and in budgets that come and go while they are under way."""

from __future__ import annotations

import pytest

from headgate.core.errors import BudgetExceeded
from headgate.core.subject import SubjectKind
from headgate.gateway.allowance import Admitted, Claim, FreeClaim
from headgate.gateway.budget_book import BudgetBook, Running
from headgate.gateway.ledger_store import Count
from headgate.ledger.budget import Period, Window
from tests.gateway.purse import MIA, Purse, Told
from tests.gateway.town import NOW

HOUR = Window(period=Period.HOUR)


@pytest.fixture
def purse() -> Purse:
    return Purse()


def state(running: Running) -> tuple[int, int]:
    return running.tally.used, running.tally.held


# Windows


def test_a_hold_counts_in_the_window_of_its_admission_however_late_it_settles(purse: Purse) -> None:
    running = purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=100, window=HOUR)
    purse.now = NOW - NOW % 3600 + 3599.0
    admitted = purse.admit()
    claim = purse.claim(admitted, amount=90)
    purse.now += 2.0
    other = purse.claim(purse.admit(), amount=100)
    claim.settle(cost=80, exposure=0, tokens=0, now=purse.now)

    assert state(running) == (0, 100)
    assert running.tally.view(int(purse.now) - 3600).spent == 80
    other.cancel(now=purse.now)
    assert state(running) == (0, 0)


def test_a_hundred_thousand_calls_across_a_rollover_come_to_what_was_spent(purse: Purse) -> None:
    running = purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=10**9, window=HOUR)
    rollover = NOW - NOW % 3600 + 3600
    purse.now = rollover - 50.0
    live: list[tuple[Admitted, Claim | FreeClaim, int]] = []
    spent = {True: 0, False: 0}
    for number in range(100_000):
        purse.now = rollover - 50.0 + number / 1_000
        admitted, cost = purse.admit(), number % 97
        live.append((admitted, purse.claim(admitted, amount=100), cost))
        spent[purse.now < rollover] += cost
        if len(live) > 200:
            over, claim, came_to = live.pop(number * 31 % 200)
            claim.settle(cost=came_to, exposure=0, tokens=0, now=purse.now)
            over.release()
    for admitted, claim, cost in live:
        claim.settle(cost=cost, exposure=0, tokens=0, now=purse.now)
        admitted.release()

    before = running.tally.view(int(rollover) - 1)
    assert (before.spent, before.held) == (spent[True], 0)
    assert state(running) == (spent[False], 0)


# Budgets that are made and end while calls are under way


def test_a_budget_counts_calls_that_were_under_way_when_it_was_made_once_they_end(purse: Purse) -> None:
    early, late = purse.admit(), purse.admit()
    claim, other = purse.claim(early, amount=10, tokens=5), purse.claim(late, amount=10)
    claim.settle(cost=8, exposure=0, tokens=5, now=purse.now)
    running = purse.budget(SubjectKind.USER, "u-mia", amount=1_000)
    assert state(running) == (0, 0)
    other.settle(cost=0, exposure=3, tokens=0, now=purse.now)
    early.release()
    late.release()

    assert state(running) == (11, 0)
    early.release()
    assert state(running) == (11, 0)


def test_a_call_that_is_settled_after_its_end_counts_too(purse: Purse) -> None:
    admitted = purse.admit()
    claim = purse.claim(admitted, amount=10)
    running = purse.budget(SubjectKind.USER, "u-mia", amount=1_000)
    admitted.release()
    claim.settle(cost=8, exposure=0, tokens=5, now=purse.now)

    assert state(running) == (8, 0)


def test_a_budget_that_is_not_counted_yet_refuses_nothing_and_misses_nothing(purse: Purse) -> None:
    running = purse.budget(SubjectKind.USER, "u-mia", amount=100, counted=False)
    purse.call(cost=70)
    running.add({0: Count(spent=30)}, wall=purse.now)

    assert state(running) == (100, 0)
    with pytest.raises(BudgetExceeded):
        purse.call(cost=1)


def test_a_budget_that_has_ended_binds_nobody_and_what_it_holds_does_no_harm(purse: Purse) -> None:
    running = purse.budget(SubjectKind.USER, "u-mia", amount=100)
    admitted = purse.admit()
    claim = purse.claim(admitted, amount=100)
    purse.budgets.drop(running)
    purse.bindings.changed(running.budget.subject)

    purse.call(cost=500)
    claim.settle(cost=90, exposure=0, tokens=0, now=purse.now)
    admitted.release()
    assert purse.budgets.binding(MIA) == ()


# What is told


def test_each_threshold_is_told_once_with_what_was_used(purse: Purse) -> None:
    purse.budget(SubjectKind.PROJECT, "p-web", amount=100 * 10**12, window=HOUR, hard=False)
    for cost in (79, 2, 3, 20):
        purse.call(cost=cost * 10**12)

    assert [(each["threshold"], each["used"]) for each in purse.told.events] == [(80, "81"), (95, "104"), (100, "104")]
    assert purse.told.events[0] == {
        "budget_id": "b-1",
        "organization_id": "o-acme",
        "subject_kind": "project",
        "subject_id": "p-web",
        "threshold": 80,
        "hard": False,
        "unit": "usd",
        "amount": "100",
        "used": "81",
        "window_start": int(NOW),
    }


def test_in_the_next_window_it_is_told_again(purse: Purse) -> None:
    purse.budget(SubjectKind.PROJECT, "p-web", amount=100, window=HOUR)
    purse.call(cost=80)
    purse.now += 3600
    purse.call(cost=80)

    assert [each["threshold"] for each in purse.told.events] == [80, 80]


def test_what_was_told_before_a_start_is_not_told_again(purse: Purse) -> None:
    budget = purse.budget(SubjectKind.PROJECT, "p-web", amount=100).budget
    told = Told()
    book = BudgetBook(told, [budget])
    book.load({("b-1", 0): Count(spent=90)}, wall=purse.now)
    running = book.get("b-1")
    assert running is not None
    book.charge(running, at=int(purse.now), cost=6, exposure=0, tokens=0)

    assert [each["threshold"] for each in told.events] == [95]
