"""The entries of a first start."""

from __future__ import annotations

import pytest

from headgate.catalogue.entry import Document
from headgate.catalogue.merge import written
from headgate.catalogue.offer import document_of
from headgate.catalogue.price import PriceList, Rates, resolved
from headgate.catalogue.rules import check
from headgate.catalogue.scope import PLATFORM
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.first_entries import FIRST_ENTRIES, make_first_entries
from tests.gateway.writing import CALLER, ROOT, change, names


def test_they_are_free_entries_of_the_platform_that_everybody_may_call(desk: Desk, administer: Administer) -> None:
    make_first_entries(administer)

    assert names(desk, PLATFORM) == ["mock", "mock-embedding", "mock-slow"]
    for name in names(desk, PLATFORM):
        offer = desk.snapshot.resolve(CALLER, name)
        assert offer.price_at(0) == resolved(PriceList(rates=Rates(input=0, output=0)))
        assert desk.book.applicable(offer) is None


@pytest.mark.parametrize("document", FIRST_ENTRIES, ids=lambda document: document.name)
def test_they_follow_the_rules_and_read_like_written_ones(document: Document) -> None:
    assert check(document) == []
    assert written(document, {"title": document.title}) == document


def test_making_them_again_leaves_what_was_changed(desk: Desk, administer: Administer) -> None:
    make_first_entries(administer)
    changed = administer.update(ROOT, "mock", change=change(title="Mine")).offer

    make_first_entries(administer)

    assert desk.snapshot.at(PLATFORM, "mock") is changed
    assert document_of(changed).title == "Mine"
