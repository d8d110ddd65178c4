"""Rate arithmetic against a span of time."""

from __future__ import annotations

import math
from fractions import Fraction
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from headgate.access.rate import UNUSED, Bucket, Rate, allow

FIVE_AN_HOUR = Rate(5, 3600)


def ask(rate: Rate, *times: float) -> list[bool]:
    state, answers = UNUSED, []
    for time in times:
        verdict = allow(rate, state, now=time)
        state = verdict.state
        answers.append(verdict.allowed)
    return answers


def test_as_many_calls_as_the_limit_may_come_at_once() -> None:
    assert ask(FIVE_AN_HOUR, *[1000.0] * 6) == [True] * 5 + [False]


def test_a_refusal_says_when_the_next_call_may_come() -> None:
    state = UNUSED
    for _ in range(5):
        state = allow(FIVE_AN_HOUR, state, now=0.0).state

    refused = allow(FIVE_AN_HOUR, state, now=0.0)

    assert (refused.allowed, refused.retry_after) == (False, 720)
    assert not allow(FIVE_AN_HOUR, state, now=719.0).allowed
    assert allow(FIVE_AN_HOUR, state, now=720.0).allowed


def test_a_refused_call_costs_nothing() -> None:
    state = UNUSED
    for _ in range(5):
        state = allow(FIVE_AN_HOUR, state, now=0.0).state

    assert allow(FIVE_AN_HOUR, state, now=1.0).state == state


def test_after_the_period_the_bucket_is_full_again() -> None:
    assert ask(FIVE_AN_HOUR, *[0.0] * 5, *[3600.0] * 6) == [True] * 10 + [False]


def test_idle_time_is_not_saved_beyond_the_limit() -> None:
    assert ask(FIVE_AN_HOUR, 0.0, *[1e6] * 6) == [True] * 6 + [False]


def test_the_wait_is_in_whole_seconds_and_never_zero() -> None:
    rate = Rate(10, 1)
    state = UNUSED
    for _ in range(10):
        state = allow(rate, state, now=5.0).state

    assert allow(rate, state, now=5.0).retry_after == 1


@given(
    st.integers(1, 50),
    st.floats(0.5, 1e5),
    st.lists(st.floats(0, 1e4), min_size=1, max_size=80),
    st.floats(0, 2e9),
)
def test_no_span_of_time_sees_more_than_the_limit_and_what_came_back_in_it(
    count: int, period: float, gaps: list[float], start: float
) -> None:
    rate, state, now = Rate(count, period), UNUSED, start
    granted: list[float] = []
    for gap in gaps:
        now += gap
        verdict = allow(rate, state, now=now)
        state = verdict.state
        if verdict.allowed:
            granted.append(now)

    for first in range(len(granted)):
        for last in range(first, len(granted)):
            span = granted[last] - granted[first]
            assert last - first + 1 <= count + span * count / period + 1e-2


@given(st.integers(1, 50), st.floats(0.5, 1e5), st.integers(0, 200), st.floats(0, 2e9))
def test_who_waits_as_told_is_let_through(count: int, period: float, calls: int, start: float) -> None:
    rate, state = Rate(count, period), UNUSED
    for _ in range(calls):
        state = allow(rate, state, now=start).state
    refused = allow(rate, state, now=start)

    assert refused.allowed or allow(rate, refused.state, now=start + refused.retry_after).allowed


@pytest.mark.parametrize("count", [1, 3, 7])
def test_a_steady_caller_at_the_allowed_pace_is_never_refused(count: int) -> None:
    pace = 60 / count

    assert all(ask(Rate(count, 60), *(1.7e9 + step * pace for step in range(500))))


# Quantities, against a model in exact numbers and another project's limiter


class Model:
    """The algorithm as it is defined, in fractions."""

    def __init__(self, count: int, period: int) -> None:
        self.count = count
        self.interval = Fraction(period, count)
        self.period = period
        self.arrival = Fraction(-(10**9))

    def take(self, quantity: int, now: Fraction) -> bool:
        arrival = max(self.arrival, now) + min(quantity, self.count) * self.interval
        if arrival > now + self.period:
            return False
        self.arrival = arrival
        return True

    def correct(self, taken: int, real: int, *, until: Fraction, now: Fraction) -> None:
        taken = min(taken, self.count)
        if real > taken:
            self.arrival = max(self.arrival, now) + (real - taken) * self.interval
        else:
            self.arrival -= min((taken - real) * self.interval, max(Fraction(0), until - now))

    def remaining(self, now: Fraction) -> int:
        return max(0, math.floor((self.period - max(Fraction(0), self.arrival - now)) / self.interval))


STEPS = st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 40), st.integers(0, 80), st.booleans()), max_size=60)


@given(st.sampled_from([1, 2, 4, 16, 64]), STEPS)
def test_a_bucket_does_what_the_model_does(count: int, steps: list[tuple[int, int, int, bool]]) -> None:
    # Powers of two, so that what is exact in fractions is exact in the machine's numbers too.
    bucket, model, ticks = Bucket(Rate(count, 64.0)), Model(count, 64), 0
    taken: list[tuple[int, float, Fraction]] = []
    for gap, quantity, real, corrects in steps:
        ticks += gap
        now, exact = ticks / 64, Fraction(ticks, 64)
        if corrects and taken:
            asked, until, exactly = taken.pop()
            bucket.correct(asked, real, until=until, now=now)
            model.correct(asked, real, until=exactly, now=exact)
        else:
            allowed = bucket.take(quantity, now)
            assert allowed == model.take(quantity, exact)
            if allowed:
                taken.append((quantity, bucket.arrival, model.arrival))
        assert bucket.remaining(now) == model.remaining(exact)


@given(st.integers(1, 50), st.lists(st.tuples(st.floats(0, 100), st.integers(1, 60)), max_size=60))
def test_a_bucket_does_what_allow_does(count: int, steps: list[tuple[float, int]]) -> None:
    rate, state, now = Rate(count, 60.0), UNUSED, 1e6
    bucket = Bucket(rate)
    for gap, quantity in steps:
        now += gap
        verdict = allow(rate, state, now=now, quantity=quantity)
        state = verdict.state
        wait = bucket.wait(quantity, now)
        assert bucket.take(quantity, now) == verdict.allowed
        assert bucket.arrival == pytest.approx(state)
        assert verdict.allowed or wait == verdict.retry_after


@given(st.integers(1, 20), st.lists(st.tuples(st.integers(1, 40), st.integers(60, 500)), min_size=1, max_size=8))
def test_bursts_after_a_pause_get_what_a_moving_window_gives_them(count: int, bursts: list[tuple[int, int]]) -> None:
    # Between bursts the two differ by design: a moving window gives everything back at once. Out of a pause of a whole
    # period both start from a full limit, which is where another limiter is a second opinion.
    item, bucket, now = RateLimitItemPerMinute(count), Bucket(Rate(count, 60.0)), 1_700_000_000.0
    with patch("limits.storage.memory.time.time", lambda: now):
        other = MovingWindowRateLimiter(MemoryStorage())
        for calls, pause in bursts:
            for _ in range(calls):
                assert bucket.take(1, now) == other.hit(item)
            # The window of the other is open at its far end.
            now += pause + 1


def test_what_is_given_back_is_never_more_than_is_still_missing() -> None:
    bucket = Bucket(Rate(60, 60.0))
    assert bucket.take(60, 0.0)
    until = bucket.arrival
    assert bucket.take(60, 60.0)

    bucket.correct(60, 0, until=until, now=60.0)

    assert bucket.remaining(60.0) == 0


def test_what_was_used_beyond_the_estimate_is_owed() -> None:
    bucket = Bucket(Rate(60, 60.0))
    assert bucket.take(10, 0.0)
    bucket.correct(10, 130, until=bucket.arrival, now=0.0)

    assert (bucket.remaining(0.0), bucket.reset(0.0), bucket.wait(1, 0.0)) == (0, 130, 71)
    assert not bucket.take(1, 70.0)
    assert bucket.take(1, 71.0)


def test_more_than_the_whole_limit_passes_when_the_bucket_is_full() -> None:
    bucket = Bucket(Rate(60, 60.0))

    assert bucket.take(1_000, 0.0)
    assert not bucket.take(1_000, 59.0)
    assert bucket.take(1_000, 60.0)


def test_another_limit_keeps_the_share_that_was_used() -> None:
    bucket = Bucket(Rate(60, 60.0))
    assert bucket.take(30, 0.0)
    bucket.become(Rate(120, 60.0))

    assert bucket.remaining(0.0) == 60
