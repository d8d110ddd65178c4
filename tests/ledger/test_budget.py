"""Windows of budgets, and what a budget comes to in them, against a model that keeps every single call."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.ledger.budget import PARTS, Part, Period, Tally, Unit, Window, amount_of, amount_text

MINUTE = Window(rolling=60)
LIFETIME = Window()
WINDOWS = [LIFETIME, MINUTE, Window(rolling=3600), *(Window(period=each) for each in Period)]


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


# Windows


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        pytest.param(Window(period=Period.HOUR), "2026-11-20T15:00:00", "2026-11-20T16:00:00", id="hour"),
        pytest.param(Window(period=Period.DAY), "2026-11-20T00:00:00", "2026-11-21T00:00:00", id="day"),
        pytest.param(Window(period=Period.WEEK), "2026-11-16T00:00:00", "2026-11-23T00:00:00", id="from Monday"),
        pytest.param(Window(period=Period.MONTH), "2026-11-01T00:00:00", "2026-12-01T00:00:00", id="month"),
        pytest.param(Window(rolling=86_400), "2026-11-20T15:36:00", "2026-11-20T16:00:00", id="a part of a day"),
    ],
)
def test_a_window_begins_and_ends(window: Window, start: str, end: str) -> None:
    found = window.start(at("2026-11-20T15:59:59"))

    assert (found, window.end(found)) == (at(start), at(end))


@given(st.sampled_from(WINDOWS), st.integers(0, 4_000_000_000))
def test_windows_lie_side_by_side(window: Window, instant: int) -> None:
    start = window.start(instant)
    end = window.end(start)

    assert start <= instant < end
    assert window.start(start) == start
    if window.ends:
        assert window.start(end) == end
        assert window.start(end - 1) == start


def test_a_rolling_window_is_its_parts() -> None:
    start = MINUTE.start(1_000_030)

    assert (start, MINUTE.first(start)) == (1_000_030, 1_000_030 - (PARTS - 1))


# Tallies


class Model:
    """Every call by itself: the part of its window, what it holds, what it came to."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.calls: list[list[int]] = []

    def total(self, instant: int) -> int:
        start = self.window.start(instant)
        return sum(held + used for part, held, used in self.calls if self.window.first(start) <= part <= start)

    def hold(self, quantity: int, instant: int, limit: int) -> int | None:
        if quantity and self.total(instant) + quantity > limit:
            return None
        self.calls.append([self.window.start(instant), quantity, 0])
        return len(self.calls) - 1

    def settle(self, number: int, used: int) -> None:
        self.calls[number][1:] = [0, used]


CALLS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(0, 45), st.integers(0, 3), st.integers(0, 5)),
    max_size=80,
)


@settings(max_examples=300)
@given(st.sampled_from([LIFETIME, MINUTE, Window(rolling=600)]), st.integers(0, 100), CALLS)
def test_a_tally_comes_to_what_the_single_calls_come_to(
    window: Window, limit: int, calls: list[tuple[int, int, int, int, int]]
) -> None:
    tally, model, now = Tally(window, limit), Model(window), 1_000_000
    pending: list[tuple[Part, int, int]] = []
    for gap, quantity, spent, settles, late in calls:
        now += gap
        admitted = now - late
        part, number = tally.hold(quantity, at=admitted, limit=limit), model.hold(quantity, admitted, limit)
        assert (part is None) == (number is None)
        if part is not None and number is not None:
            pending.append((part, quantity, number))
        for _ in range(settles):
            if pending:
                held_in, held, which = pending.pop(0)
                tally.settle(held_in, held=held, spent=spent, exposure=0)
                model.settle(which, spent)
        whole = tally.view(now)
        assert whole.spent + whole.exposure + whole.held == model.total(now)


@settings(max_examples=200)
@given(st.sampled_from(WINDOWS), st.integers(1, 50), st.lists(st.integers(0, 90_000), min_size=1, max_size=100))
def test_what_is_held_and_spent_never_exceeds_a_hard_budget(window: Window, limit: int, gaps: list[int]) -> None:
    tally, now = Tally(window, limit), 1_700_000_000
    for gap in gaps:
        now += gap
        tally.hold(gap % 7, at=now, limit=limit)
        whole = tally.view(now)
        assert whole.spent + whole.exposure + whole.held <= limit


def test_a_hundred_thousand_calls_across_a_rollover_count_where_they_were_admitted() -> None:
    window = Window(period=Period.HOUR)
    rollover = at("2026-11-20T16:00:00")
    tally = Tally(window, 10**9)
    open_: list[tuple[Part, int]] = []
    admitted = {rollover - 3600: 0, rollover: 0}
    for number in range(100_000):
        instant = rollover - 50 + number // 1_000
        part = tally.hold(10, at=instant, limit=10**9)
        assert part is not None
        open_.append((part, 7 + number % 5))
        admitted[window.start(instant)] += 7 + number % 5
        if number % 3 == 0:
            # One that began long before: some settle after the window has rolled over.
            before, spent = open_.pop(number % len(open_))
            tally.settle(before, held=10, spent=spent, exposure=0)
    for part, spent in open_:
        tally.settle(part, held=10, spent=spent, exposure=0)

    for start, spent in admitted.items():
        whole = tally.view(start)
        assert (whole.spent, whole.held) == (spent, 0)
    assert (tally.used, tally.held) == (admitted[rollover], 0)


def test_a_call_that_was_admitted_before_the_rollover_needs_room_where_it_was_admitted() -> None:
    window, rollover = Window(period=Period.HOUR), at("2026-11-20T16:00:00")
    tally = Tally(window, 10)
    full = tally.hold(10, at=rollover - 1, limit=10)
    assert full is not None
    tally.settle(full, held=10, spent=10, exposure=0)
    assert tally.hold(10, at=rollover + 1, limit=10) is not None

    assert tally.hold(1, at=rollover - 1, limit=10) is None


def test_what_costs_nothing_is_never_too_much() -> None:
    tally = Tally(LIFETIME, 10)
    part = tally.hold(5, at=0, limit=10)
    assert part is not None
    tally.settle(part, held=5, spent=12, exposure=0)

    assert tally.hold(0, at=0, limit=10) is not None
    assert tally.hold(1, at=0, limit=10) is None


def test_memory_does_not_grow_with_windows() -> None:
    tally = Tally(MINUTE, 10**9)
    for second in range(10_000):
        tally.hold(0, at=second, limit=None)

    assert len(tally) <= 2 * PARTS + 1


# Thresholds


def spend(tally: Tally, amount: int, *, at: int = 0) -> list[int]:
    tally.charge(at=at, spent=amount, exposure=0)
    return list(tally.reached()) if tally.used >= tally.warn_at else []


def test_each_threshold_is_reached_once_in_a_window() -> None:
    tally = Tally(Window(period=Period.HOUR), 100)

    assert [spend(tally, amount) for amount in (79, 1, 14, 1, 4, 1, 50)] == [[], [80], [], [95], [], [100], []]
    assert spend(tally, 100, at=3_600) == [80, 95, 100]


def test_a_threshold_of_a_rolling_window_is_reached_again_after_it_was_left() -> None:
    tally = Tally(MINUTE, 100)

    assert spend(tally, 80, at=0) == [80]
    assert spend(tally, 10, at=59) == []
    assert spend(tally, 75, at=61) == [80]


def test_a_smaller_budget_reaches_the_thresholds_that_it_has_passed() -> None:
    tally = Tally(LIFETIME, 1_000)
    spend(tally, 850)
    tally.allow(850)

    assert list(tally.reached()) == [95, 100]


def test_a_budget_of_nothing_reaches_no_threshold() -> None:
    assert spend(Tally(LIFETIME, 0), 5) == []


# Amounts


@pytest.mark.parametrize(
    ("unit", "written", "amount"),
    [
        (Unit.USD, Decimal("12.5"), 12_500_000_000_000),
        (Unit.USD, "0.000000000001", 1),
        (Unit.USD, 5_000_000_000, 5 * 10**21),
        (Unit.TOKENS, 1_000, 1_000),
        (Unit.TOKENS, Decimal("1e6"), 1_000_000),
    ],
)
def test_an_amount_is_exact(unit: Unit, written: Decimal | int | str, amount: int) -> None:
    assert amount_of(unit, written) == amount
    assert amount_of(unit, amount_text(unit, amount)) == amount


@pytest.mark.parametrize(
    ("unit", "written"),
    [
        (Unit.USD, Decimal(-1)),
        (Unit.USD, Decimal("0.0000000000001")),
        (Unit.USD, Decimal("1.0000000000000000000000000000001")),
        (Unit.USD, Decimal("NaN")),
        (Unit.USD, Decimal("1e400")),
        # More than decimals can be multiplied with, and less than they can be told from nothing.
        (Unit.USD, Decimal("1e999999999")),
        (Unit.USD, Decimal("1e-999999999")),
        (Unit.TOKENS, Decimal("0.5")),
        (Unit.USD, "much"),
    ],
)
def test_what_is_no_exact_amount_is_refused(unit: Unit, written: Decimal | str) -> None:
    with pytest.raises(ValueError, match="a number of at least 0"):
        amount_of(unit, written)


@pytest.mark.parametrize(("amount", "text"), [(10**12, "1"), (1_250_000_000_000, "1.25"), (0, "0"), (10**13, "10")])
def test_usd_are_written_in_the_fewest_digits(amount: int, text: str) -> None:
    assert amount_text(Unit.USD, amount) == text
