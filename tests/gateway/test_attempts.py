"""Tries are limited for each word, and what is remembered of them is bounded."""

from __future__ import annotations

import pytest

from headgate.access.rate import Rate
from headgate.core.errors import RateLimited
from headgate.gateway.attempts import Attempts
from tests.gateway.town import SetClock


def test_each_word_has_a_limit_of_its_own() -> None:
    attempts = Attempts(Rate(2, 60.0), SetClock())
    attempts.take("mia")
    attempts.take("mia")

    with pytest.raises(RateLimited):
        attempts.take("mia")
    attempts.take("ann")


def test_a_try_that_is_given_back_was_none() -> None:
    attempts = Attempts(Rate(1, 60.0), SetClock())

    for _ in range(3):
        attempts.take("mia")
        attempts.give_back("mia")


def test_a_flood_of_words_does_not_make_the_one_forgotten_that_has_used_up_its_limit() -> None:
    attempts = Attempts(Rate(3, 60.0), SetClock(), kept=8)
    for _ in range(3):
        attempts.take("mia")

    for number in range(100):
        attempts.take(f"word {number}")

    assert len(attempts) <= 8
    with pytest.raises(RateLimited):
        attempts.take("mia")


def test_what_is_unused_again_is_forgotten_first() -> None:
    clock = SetClock()
    attempts = Attempts(Rate(1, 60.0), clock, kept=4)
    for word in "abcd":
        attempts.take(word)
    clock.time += 61

    attempts.take("e")

    assert len(attempts) == 1
