"""What limits let through, whom they bind, and what callers are told of them."""

from __future__ import annotations

import gc

import pytest

from headgate.access.identity import Membership, Role
from headgate.core.errors import RateLimited
from headgate.core.subject import PLAN_ID, SubjectKind
from headgate.gateway.bindings import NOTHING
from headgate.ledger.records import Account
from tests.gateway.purse import KEY, MIA, Purse
from tests.gateway.town import NOW

ANN = Account("o-acme", "p-web", "u-ann", "")
ALONE = Account("", "", "u-mia", "")


@pytest.fixture
def purse() -> Purse:
    return Purse()


def passes(purse: Purse, account: Account, *, most: int = 50, tokens: int = 0) -> int:
    """How many requests in a row are let through."""
    for number in range(most):
        try:
            purse.claim(purse.admit(account), tokens=tokens)
        except RateLimited:
            return number
    return most


# Whom they bind


def test_where_nothing_is_set_there_is_no_limit_and_nothing_is_remembered(purse: Purse) -> None:
    assert passes(purse, MIA) == 50
    assert purse.admit().headers == b""
    assert (purse.bindings.of(MIA, NOW), len(purse.limits)) == (NOTHING, 0)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [(SubjectKind.ORGANIZATION, "o-acme"), (SubjectKind.PROJECT, "p-web"), (SubjectKind.USER, "u-mia")],
)
def test_a_limit_binds_those_whom_it_is_set_for(purse: Purse, kind: SubjectKind, subject: str) -> None:
    purse.limit(kind, subject, rpm=3)

    assert passes(purse, MIA) == 3
    assert passes(purse, Account("o-globex", "p-main", "u-mia", "")) == 50
    assert passes(purse, ANN) == (50 if kind is SubjectKind.USER else 0)


def test_a_key_without_a_user_has_its_own_limits_and_those_of_its_organization_and_project(purse: Purse) -> None:
    purse.limit(SubjectKind.PLAN, PLAN_ID, rpm=1)
    purse.limit(SubjectKind.KEY, "k-ci", rpm=5)
    purse.limit(SubjectKind.ORGANIZATION, "o-acme", rpm=8)

    assert passes(purse, KEY) == 5
    assert passes(purse, Account("o-acme", "", "", "k-other")) == 3


def test_a_plan_is_a_limit_for_each_user_and_not_for_all_together(purse: Purse) -> None:
    purse.limit(SubjectKind.PLAN, PLAN_ID, rpm=2)

    assert (passes(purse, MIA), passes(purse, ANN), passes(purse, MIA)) == (2, 2, 0)


def test_a_user_goes_before_a_role_and_a_role_before_the_plan(purse: Purse) -> None:
    purse.limit(SubjectKind.PLAN, PLAN_ID, rpm=2)
    purse.limit(SubjectKind.ROLE, "member", rpm=4)
    purse.limit(SubjectKind.USER, "u-ann", rpm=6)

    assert (passes(purse, MIA), passes(purse, ANN)) == (4, 6)
    assert passes(purse, Account("o-acme", "", "u-vic", "")) == 2


def test_another_role_has_another_limit_of_which_the_same_share_is_used(purse: Purse) -> None:
    purse.limit(SubjectKind.ROLE, "member", rpm=4)
    purse.limit(SubjectKind.ROLE, "admin", rpm=6)
    assert passes(purse, MIA) == 4
    purse.town.directory.put_membership(
        Membership(user="u-mia", organization="o-acme", role=Role.ADMIN, created_at=NOW)
    )

    assert passes(purse, MIA) == 0
    purse.now += 30.0
    assert passes(purse, MIA) == 3


def test_what_the_platform_says_of_a_user_holds_in_no_organization_and_in_all_together(purse: Purse) -> None:
    purse.limit(SubjectKind.USER, "u-mia", organization="", rpm=6)

    assert passes(purse, ALONE, most=2) == 2
    assert passes(purse, MIA, most=3) == 3
    assert passes(purse, Account("o-globex", "p-main", "u-mia", "")) == 1
    assert passes(purse, ANN) == 50


@pytest.mark.parametrize(("rpm", "tpm"), [(50, None), (None, 5000), (None, 0)])
def test_an_organization_cannot_lift_what_the_platform_says_of_a_user(
    purse: Purse, rpm: int | None, tpm: int | None
) -> None:
    purse.limit(SubjectKind.USER, "u-mia", organization="", rpm=6 if rpm else None, tpm=None if rpm else 6)
    purse.limit(SubjectKind.USER, "u-mia", rpm=rpm, tpm=tpm)

    assert passes(purse, MIA, tokens=1) == 6
    assert passes(purse, ALONE, tokens=1) == 0


def test_what_the_platform_says_of_a_user_counts_once_where_the_organization_says_something_else(purse: Purse) -> None:
    purse.limit(SubjectKind.USER, "u-mia", organization="", rpm=6)
    purse.limit(SubjectKind.USER, "u-mia", parallel=50)

    assert passes(purse, MIA) == 6


def test_limits_of_an_organization_do_not_bind_who_is_in_none(purse: Purse) -> None:
    purse.limit(SubjectKind.PLAN, PLAN_ID, rpm=1)
    purse.limit(SubjectKind.ORGANIZATION, "o-acme", rpm=1)

    assert passes(purse, ALONE) == 50


# How they count


def test_a_refused_request_is_not_counted_anywhere(purse: Purse) -> None:
    purse.limit(SubjectKind.ORGANIZATION, "o-acme", rpm=10)
    purse.limit(SubjectKind.PROJECT, "p-web", rpm=10)
    purse.limit(SubjectKind.USER, "u-mia", rpm=3)
    assert passes(purse, MIA) == 3
    for _ in range(20):
        with pytest.raises(RateLimited):
            purse.admit()

    assert passes(purse, ANN) == 7


def test_a_request_that_was_never_sent_does_not_count(purse: Purse) -> None:
    purse.limit(SubjectKind.USER, "u-mia", rpm=1, parallel=1)
    for _ in range(5):
        admitted = purse.admit()
        admitted.refuse()
        admitted.refuse()
        admitted.release()

    assert passes(purse, MIA) == 1


def test_requests_at_a_time_are_given_back_once(purse: Purse) -> None:
    purse.limit(SubjectKind.PROJECT, "p-web", parallel=2)
    first, _ = purse.admit(), purse.admit()
    with pytest.raises(RateLimited, match="2 requests at a time of the project") as refused:
        purse.admit()
    assert refused.value.retry_after == 1
    first.release()
    first.release()

    purse.admit()
    with pytest.raises(RateLimited):
        purse.admit()


def test_tokens_are_reserved_by_estimate_and_corrected(purse: Purse) -> None:
    purse.limit(SubjectKind.USER, "u-mia", tpm=1_000)
    claim = purse.claim(purse.admit(), tokens=900)
    with pytest.raises(RateLimited, match="1000 tokens a minute of the user") as refused:
        purse.claim(purse.admit(), tokens=200)
    assert refused.value.retry_after == 6
    claim.settle(cost=0, exposure=0, tokens=100, now=purse.now)

    purse.claim(purse.admit(), tokens=900)


def test_tokens_of_an_attempt_that_was_not_sent_are_given_back(purse: Purse) -> None:
    purse.limit(SubjectKind.USER, "u-mia", tpm=1_000)
    for _ in range(5):
        purse.claim(purse.admit(), tokens=1_000).cancel(now=purse.now)


def test_a_changed_limit_counts_at_once_and_keeps_the_share_that_was_used(purse: Purse) -> None:
    purse.limit(SubjectKind.USER, "u-mia", rpm=4)
    assert passes(purse, MIA) == 4
    subject = purse.limit(SubjectKind.USER, "u-mia", rpm=8)
    assert passes(purse, MIA) == 0
    purse.now += 30.0
    assert passes(purse, MIA) == 4
    purse.limits.drop(subject)
    purse.bindings.changed(subject)

    assert passes(purse, MIA) == 50


# What is remembered


def test_limits_are_forgotten_when_they_are_full_again(purse: Purse) -> None:
    purse.limit(SubjectKind.PLAN, PLAN_ID, rpm=5, tpm=1_000)
    for number in range(1_000):
        purse.admit(Account("o-acme", "", f"u-{number}", ""))
    assert len(purse.limits) == 2_000
    for _ in range(3):
        purse.now += 61.0
        purse.admit(Account("o-acme", "", f"u-late-{purse.now}", ""))
    gc.collect()

    assert len(purse.limits) <= 6


def test_what_is_in_use_is_not_forgotten_however_long_it_takes(purse: Purse) -> None:
    purse.limit(SubjectKind.PLAN, PLAN_ID, parallel=1, tpm=1_000)
    admitted = purse.admit()
    claim = purse.claim(admitted, tokens=10)
    for _ in range(10):
        purse.now += 61.0
        with pytest.raises(RateLimited):
            purse.admit()
        purse.admit(ANN).release()
    claim.settle(cost=0, exposure=0, tokens=100_000, now=purse.now)
    admitted.release()

    with pytest.raises(RateLimited, match="tokens"):
        purse.claim(purse.admit(), tokens=1)


def test_what_is_owed_is_not_forgotten(purse: Purse) -> None:
    purse.limit(SubjectKind.PLAN, PLAN_ID, tpm=1_000)
    admitted = purse.admit()
    purse.claim(admitted, tokens=10).settle(cost=0, exposure=0, tokens=10_000, now=purse.now)
    admitted.release()
    for _ in range(8):
        purse.now += 61.0
        purse.admit(ANN).release()
        gc.collect()

    with pytest.raises(RateLimited, match="tokens"):
        purse.claim(purse.admit(), tokens=1_000)
    purse.now += 120.0
    purse.claim(purse.admit(), tokens=1_000)


# What callers are told


def test_answers_tell_the_tightest_limit_of_each_kind(purse: Purse) -> None:
    purse.limit(SubjectKind.ORGANIZATION, "o-acme", rpm=100, tpm=5_000)
    purse.limit(SubjectKind.USER, "u-mia", rpm=60, tpm=100_000)
    admitted = purse.admit()
    claim = purse.claim(admitted, tokens=2_500)
    assert admitted.headers == (
        b"x-ratelimit-limit-requests: 60\r\nx-ratelimit-remaining-requests: 59\r\nx-ratelimit-reset-requests: 1s\r\n"
        b"x-ratelimit-limit-tokens: 5000\r\nx-ratelimit-remaining-tokens: 2500\r\nx-ratelimit-reset-tokens: 30s\r\n"
    )
    claim.settle(cost=0, exposure=0, tokens=500, now=purse.now)

    assert b"x-ratelimit-remaining-tokens: 4500\r\n" in admitted.headers


def test_a_refusal_tells_the_same(purse: Purse) -> None:
    purse.limit(SubjectKind.USER, "u-mia", rpm=2)
    passes(purse, MIA)
    with pytest.raises(RateLimited, match="2 requests a minute of the user") as refused:
        purse.admit()

    assert refused.value.retry_after == 30
    assert refused.value.headers == (
        b"x-ratelimit-limit-requests: 2\r\nx-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 60s\r\n"
    )
