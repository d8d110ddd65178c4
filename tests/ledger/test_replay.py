"""Whole requests are made of frames, each exactly once."""

from __future__ import annotations

from collections.abc import Iterable

from headgate.core.usage import Usage
from headgate.ledger.records import Closed, End, Ended, Finished, Frame, Listed, Status
from headgate.ledger.replay import CRASHED, Replay
from tests.ledger.framing import HOLD, OTHER_PRICE, PRICE, closed, ended, opened, settled

LISTED = Listed(PRICE.id, PRICE.source)


def replayed(*frames: Frame) -> list[Finished]:
    replay = Replay()
    return [*replay.ended(frames), *replay.crashed()]


def requests(found: Iterable[Finished]) -> list[str]:
    return [each.ended.request for each in found]


def test_a_request_is_its_attempts_and_its_end() -> None:
    assert replayed(LISTED, opened("a"), closed("a"), opened("a", 2), settled("a", 2)) == [
        Finished((opened("a"), opened("a", 2)), (closed("a"), closed("a", 2)), ended("a"), (PRICE,))
    ]


def test_an_end_of_its_own_is_an_end() -> None:
    assert replayed(LISTED, opened("a"), closed("a"), ended("a")) == replayed(LISTED, opened("a"), settled("a"))


def test_an_attempt_that_was_never_closed_may_have_cost_its_hold() -> None:
    (found,) = replayed(LISTED, opened("a"))
    assert found.closed == (
        Closed("a", 1, Status.UNKNOWN, Usage(), cost=None, exposure=HOLD, outcome=CRASHED, code=0, ended=1_000_001),
    )
    assert found.ended == Ended("a", End.CRASH, code=0, ended=1_000_001, duration=1)


def test_without_a_price_a_crash_exposes_nothing() -> None:
    (found,) = replayed(opened("a", price=""))
    assert (found.closed[0].exposure, found.closed[0].cost, found.prices) == (0, None, ())


def test_what_was_closed_before_a_crash_keeps_its_cost() -> None:
    (found,) = replayed(LISTED, opened("a"), closed("a"), opened("a", 2))
    assert [each.status for each in found.closed] == [Status.SETTLED, Status.UNKNOWN]
    assert (found.ended.end, found.ended.ended) == (End.CRASH, 2_000_000)


def test_several_attempts_at_once_are_told_apart() -> None:
    (found,) = replayed(opened("a", 2), opened("a", 1), closed("a", 2), settled("a", 1))
    assert [each.number for each in found.opened] == [each.number for each in found.closed] == [1, 2]


def test_what_is_told_again_says_nothing_new() -> None:
    repeated = (LISTED, opened("a"), closed("a"))
    assert replayed(*repeated, *repeated, ended("a")) == replayed(*repeated, ended("a"))


def test_ends_come_in_their_order_and_crashes_after_them() -> None:
    assert requests(replayed(opened("x"), opened("a"), opened("b"), settled("b"), settled("a"))) == ["b", "a", "x"]


def test_a_request_has_the_prices_that_it_names_and_no_others() -> None:
    other = Listed(OTHER_PRICE.id, OTHER_PRICE.source)
    found = replayed(LISTED, other, opened("a", price=OTHER_PRICE.id), opened("b"), settled("a"), settled("b"))
    assert [each.prices for each in found] == [(OTHER_PRICE,), (PRICE,)]


def test_what_closes_nothing_is_set_aside() -> None:
    replay = Replay()
    assert list(replay.ended([closed("a"), settled("b"), opened("c"), closed("c", 2)])) == []
    assert replay.strays == ["a", "b", "b", "c"]


def test_what_is_told_of_a_crash_does_not_depend_on_when_it_is_read() -> None:
    frames = (LISTED, opened("a"), closed("a"), opened("a", 2), opened("b"))
    assert replayed(*frames) == replayed(*frames)
