"""Which entry is tried next."""

from __future__ import annotations

import pytest

from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.providers import BUNDLED
from headgate.core.failure import NOT_TRIED, Failure, FailureKind
from headgate.routing.plan import FAILS_OVER, GiveUp, Plan, Try
from tests.gateway.stage import entry

CHAIN = {name: offer(entry(name), BUNDLED) for name in ("a", "b", "c")}


def following(of: Offer) -> Offer | None:
    return {"a": CHAIN["b"], "b": CHAIN["c"]}.get(of.name)


def failure(kind: FailureKind) -> Failure:
    return Failure(kind=kind, message=kind.value)


def after(*kinds: FailureKind) -> Try | GiveUp:
    """What a plan that began with `a` says after these failures."""
    plan = Plan(CHAIN["a"], following)
    steps = [plan.failed(failure(kind)) for kind in kinds]
    return steps[-1]


@pytest.mark.parametrize("kind", sorted(FAILS_OVER - {FailureKind.STALE}))
def test_what_another_upstream_may_do_better_goes_to_the_next(kind: FailureKind) -> None:
    assert after(kind) == Try(CHAIN["b"])


@pytest.mark.parametrize("kind", sorted(set(FailureKind) - FAILS_OVER))
def test_anything_else_ends_at_the_entry_that_was_asked_for(kind: FailureKind) -> None:
    assert after(kind) == GiveUp((failure(kind),))


@pytest.mark.parametrize("kind", sorted(NOT_TRIED))
def test_a_stand_in_that_cannot_be_called_is_passed_over(kind: FailureKind) -> None:
    assert after(FailureKind.REFUSED, kind) == Try(CHAIN["c"])


def test_a_stale_connection_is_replaced_once() -> None:
    assert after(FailureKind.STALE) == Try(CHAIN["a"], fresh=True)
    assert after(FailureKind.STALE, FailureKind.STALE) == Try(CHAIN["b"])


def test_giving_up_lists_every_attempt_oldest_first() -> None:
    kinds = (FailureKind.REFUSED, FailureKind.RATE_LIMITED, FailureKind.SERVER_ERROR)

    assert after(*kinds) == GiveUp(tuple(failure(kind) for kind in kinds))


def test_a_stand_in_that_is_known_not_to_work_is_passed_over() -> None:
    plan = Plan(CHAIN["a"], following, is_out=lambda uid: uid == CHAIN["b"].uid)

    assert plan.failed(failure(FailureKind.REFUSED)) == Try(CHAIN["c"])


def test_the_entry_that_was_asked_for_is_tried_whatever_is_known_of_it() -> None:
    plan = Plan(CHAIN["a"], following, is_out=lambda _: True)

    assert plan.failed(failure(FailureKind.STALE)) == Try(CHAIN["a"], fresh=True)
    assert isinstance(plan.failed(failure(FailureKind.REFUSED)), GiveUp)


def test_a_circle_of_stand_ins_that_do_not_work_comes_to_an_end() -> None:
    plan = Plan(CHAIN["a"], lambda of: CHAIN["c" if of.name == "b" else "b"], is_out=lambda _: True)

    assert isinstance(plan.failed(failure(FailureKind.REFUSED)), GiveUp)
