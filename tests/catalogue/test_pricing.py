"""Which price of a document counts when, and what becomes of its prices when it is written."""

from __future__ import annotations

import math
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import schedule
from headgate.catalogue.price import PriceFrom, PriceList, Rates, timed_at
from headgate.catalogue.pricing import as_shown, in_force, planned, rewritten, short_form, with_list, without_list
from headgate.catalogue.scope import PLATFORM
from tests.catalogue.price_lists import price_lists

SHORT, OTHER = Pricing(Decimal(2), Decimal(8)), Pricing(Decimal(3), Decimal("0.25"))
PRICINGS = st.sampled_from([None, SHORT, OTHER, Pricing(Decimal(0), Decimal(0))])
INSTANTS = st.integers(-1, 11).map(float)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    instants = sorted(draw(st.sets(st.integers(0, 10), max_size=4)))
    lists = tuple(PriceFrom(effective_at=float(each), prices=draw(price_lists(most_tiers=1))) for each in instants)
    return Document(name="m", kind=Kind.CHAT, pricing=draw(PRICINGS), prices=lists)


@given(documents(), INSTANTS)
def test_the_price_in_force_is_what_requests_are_reckoned_with(document: Document, wall: float) -> None:
    found, running = in_force(document, wall), timed_at(schedule(document, PLATFORM), wall).price

    assert (found.prices.id if found else None) == (running.id if running else None)


@given(documents(), INSTANTS)
def test_a_document_that_is_sent_back_as_shown_is_what_it_was(document: Document, wall: float) -> None:
    shown = as_shown(document, wall)

    assert shown.pricing == short_form(document, wall)
    assert rewritten(document, shown, wall=wall) == document


@given(documents(), INSTANTS)
def test_a_write_of_something_else_leaves_every_price(document: Document, wall: float) -> None:
    after = rewritten(document, msgspec.structs.replace(as_shown(document, wall), region="eu"), wall=wall)

    assert (after.pricing, after.prices, after.region) == (document.pricing, document.prices, "eu")


@given(documents(), PRICINGS, INSTANTS)
def test_another_short_form_counts_until_what_is_planned(
    document: Document, pricing: Pricing | None, wall: float
) -> None:
    if pricing == short_form(document, wall):
        return
    after = rewritten(document, msgspec.structs.replace(as_shown(document, wall), pricing=pricing), wall=wall)

    assert (after.pricing, after.prices) == (pricing, planned(document, wall))
    assert short_form(after, wall) == pricing


@given(documents(), price_lists(), INSTANTS, INSTANTS)
def test_a_list_counts_from_its_instant_and_nothing_else_changes(
    document: Document, prices: PriceList, wall: float, instant: float
) -> None:
    added = PriceFrom(effective_at=max(instant, wall), prices=prices)

    after = rewritten(document, with_list(as_shown(document, wall), added, wall=wall), wall=wall)

    assert in_force(after, added.effective_at) == added
    for later in range(math.ceil(wall), 12):
        held = in_force(document, later)
        if later < added.effective_at or (held is not None and held.effective_at > added.effective_at):
            running = in_force(after, later)
            assert (running.prices if running else None) == (held.prices if held else None)


@given(documents(), price_lists(), INSTANTS)
def test_a_list_that_is_withdrawn_leaves_what_was(document: Document, prices: PriceList, wall: float) -> None:
    added = PriceFrom(effective_at=20.0, prices=prices)

    planned_ = with_list(as_shown(document, wall), added, wall=wall)
    after = without_list(planned_, 20.0)

    for instant in range(math.ceil(wall), 22):
        one, other = in_force(after, instant), in_force(document, instant)
        assert (one.prices if one else None) == (other.prices if other else None)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        pytest.param(Rates(input=2_500_000, output=10_000_000), Pricing(Decimal("2.5"), Decimal(10)), id="both"),
        pytest.param(Rates(input=20_000), Pricing(Decimal("0.02"), Decimal(0)), id="of input alone"),
        pytest.param(Rates(image=1), None, id="of no tokens"),
    ],
)
def test_the_short_form_of_a_list(rates: Rates, expected: Pricing | None) -> None:
    document = Document(name="m", kind=Kind.CHAT, prices=(PriceFrom(effective_at=1.0, prices=PriceList(rates=rates)),))

    assert (short_form(document, 0.5), short_form(document, 1.0)) == (None, expected)
