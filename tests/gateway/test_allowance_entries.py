"""What an entry lets through of all callers together."""

from __future__ import annotations

import pytest

from headgate.catalogue.offer import Offer
from headgate.core.errors import EntryLimited
from headgate.core.subject import SubjectKind
from headgate.ledger.records import Account
from tests.catalogue.offers import made
from tests.gateway.purse import KEY, MIA, Purse

ANN = Account("o-acme", "p-web", "u-ann", "")


@pytest.fixture
def purse() -> Purse:
    return Purse()


def capacity(*, rpm: int | None = None, tpm: int | None = None) -> Offer:
    return made("gpt-4o", rpm=rpm, tpm=tpm)


def test_an_entry_has_limits_for_all_callers_together(purse: Purse) -> None:
    offer = capacity(rpm=3)
    for account in (MIA, ANN, Account("o-globex", "", "u-gus", "")):
        purse.claim(purse.admit(account), offer=offer)
    admitted = purse.admit(KEY)
    with pytest.raises(EntryLimited, match="3 requests a minute") as refused:
        purse.claim(admitted, offer=offer)

    assert (refused.value.retry_after, refused.value.headers) == (20, b"")
    purse.claim(admitted, offer=made("another", number=2))


def test_an_attempt_that_was_not_sent_costs_an_entry_nothing(purse: Purse) -> None:
    offer = made("gpt-4o", rpm=1, tpm=100, limits={"parallel": 1})
    for _ in range(5):
        purse.claim(purse.admit(), tokens=100, offer=offer).cancel(now=purse.now)
    claim = purse.claim(purse.admit(), tokens=100, offer=offer)
    with pytest.raises(EntryLimited, match="1 requests at a time"):
        purse.claim(purse.admit(), tokens=1, offer=offer)
    claim.settle(cost=0, exposure=0, tokens=40, now=purse.now)
    claim.cancel(now=purse.now)
    with pytest.raises(EntryLimited, match="1 requests a minute"):
        purse.claim(purse.admit(), tokens=1, offer=offer)


def test_what_an_entry_refuses_costs_the_caller_nothing(purse: Purse) -> None:
    purse.limit(SubjectKind.USER, "u-mia", tpm=1_000)
    running = purse.budget(SubjectKind.USER, "u-mia", amount=100)
    offer = capacity(tpm=10)
    purse.claim(purse.admit(ANN), tokens=10, offer=offer)
    with pytest.raises(EntryLimited, match="10 tokens a minute"):
        purse.claim(purse.admit(), amount=100, tokens=500, offer=offer)

    assert running.tally.held == 0
    purse.claim(purse.admit(), tokens=1_000)


def test_another_capacity_counts_at_once(purse: Purse) -> None:
    purse.claim(purse.admit(), offer=capacity(rpm=1))
    with pytest.raises(EntryLimited):
        purse.claim(purse.admit(), offer=capacity(rpm=1))

    purse.now += 30.0
    purse.claim(purse.admit(), offer=capacity(rpm=2))
