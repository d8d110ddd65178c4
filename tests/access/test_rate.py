"""Rate arithmetic against a span of time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.access.rate import UNUSED, Rate, allow

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
