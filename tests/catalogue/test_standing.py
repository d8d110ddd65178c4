"""Who has set a price, and for whose money it counts."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import schedule
from headgate.catalogue.price import PriceFrom, PriceList, Rates
from headgate.catalogue.scope import PLATFORM as EVERYBODYS
from headgate.catalogue.scope import Scope, ScopeKind, organization, project, user
from headgate.catalogue.standing import (
    BUNDLED,
    ORGANIZATION,
    OWN,
    PLATFORM,
    bounded,
    counting,
    is_wider,
    signed,
    taken_back,
)

SHORT, OTHER = Pricing(Decimal(2), Decimal(8)), Pricing(Decimal(0), Decimal(0))
NOW = 100.0


def listed(instant: float, set_by: str = OWN, *, source: str = "manual", amount: int = 1) -> PriceFrom:
    prices = PriceList(rates=Rates(input=amount, output=amount))
    return PriceFrom(effective_at=instant, prices=prices, source=source, set_by=set_by)


def document(*prices: PriceFrom, pricing: Pricing | None = None) -> Document:
    return Document(name="m", kind=Kind.CHAT, pricing=pricing, prices=prices)


@pytest.mark.parametrize(
    ("lender", "expected"),
    [
        (None, {OWN, ORGANIZATION, PLATFORM, BUNDLED}),
        (ScopeKind.ORGANIZATION, {ORGANIZATION, PLATFORM, BUNDLED}),
        (ScopeKind.PLATFORM, {PLATFORM, BUNDLED}),
    ],
)
def test_what_the_payer_or_somebody_above_it_has_set_counts_and_so_does_the_data_set(
    lender: ScopeKind | None, expected: set[str]
) -> None:
    assert counting(lender, of_its_provider=True) == expected


@pytest.mark.parametrize("lender", [ScopeKind.ORGANIZATION, ScopeKind.PLATFORM])
def test_the_data_set_says_nothing_of_the_key_of_another_provider(lender: ScopeKind) -> None:
    assert counting(lender, of_its_provider=False) == counting(lender, of_its_provider=True) - {BUNDLED}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (EVERYBODYS, [PLATFORM, PLATFORM, PLATFORM]),
        (organization("a"), [OWN, BUNDLED, ORGANIZATION]),
        (project("a", "p"), [OWN, BUNDLED, ORGANIZATION]),
        (user("a", "u"), [OWN, BUNDLED, ORGANIZATION]),
    ],
)
def test_all_prices_of_the_platforms_own_entries_are_the_platforms(scope: Scope, expected: list[str]) -> None:
    held = document(listed(1, source=BUNDLED), listed(2, ORGANIZATION), pricing=SHORT)

    assert [each.standing for each in schedule(held, scope)] == expected


def test_a_short_form_that_is_written_from_above_is_a_list_that_says_so() -> None:
    made = signed(document(listed(200)), document(listed(200), pricing=SHORT), by=ORGANIZATION, wall=NOW + 0.0005)

    assert [(each.effective_at, each.set_by) for each in made.prices] == [(NOW, ORGANIZATION), (200, OWN)]
    assert made.pricing == SHORT


@pytest.mark.parametrize(
    ("before", "after", "by"),
    [
        pytest.param(None, document(pricing=SHORT), OWN, id="written by its own people"),
        pytest.param(document(pricing=SHORT), document(pricing=SHORT), PLATFORM, id="sent back as it was"),
        pytest.param(None, document(), PLATFORM, id="no price"),
        pytest.param(None, document(listed(NOW), pricing=SHORT), PLATFORM, id="a list counts already"),
    ],
)
def test_any_other_short_form_stays_what_it_is(before: Document | None, after: Document, by: str) -> None:
    assert signed(before, after, by=by, wall=NOW) == after


def test_a_list_that_stood_before_keeps_who_has_set_it() -> None:
    held = document(listed(1, PLATFORM), listed(200, ORGANIZATION))

    assert bounded(held, held, by=OWN) == held


@pytest.mark.parametrize(
    ("before", "after", "by", "expected"),
    [
        pytest.param(None, [listed(1, PLATFORM)], OWN, [OWN], id="of nothing, by its own people"),
        pytest.param(None, [listed(1, PLATFORM)], ORGANIZATION, [ORGANIZATION], id="of nothing, by somebody between"),
        pytest.param(None, [listed(1, PLATFORM)], PLATFORM, [PLATFORM], id="of nothing, by who has set it"),
        pytest.param(None, [listed(1, OWN)], PLATFORM, [OWN], id="it is never worth more than it was"),
        pytest.param([listed(1, OWN)], [listed(1, PLATFORM)], OWN, [OWN], id="as the same was worth less"),
        pytest.param([listed(2, PLATFORM)], [listed(1, PLATFORM)], OWN, [OWN], id="as another was worth"),
        pytest.param(None, [listed(1, source=BUNDLED)], OWN, [OWN], id="of the data set"),
    ],
)
def test_no_list_claims_to_be_set_by_more_than_who_writes_it(
    before: list[PriceFrom] | None, after: list[PriceFrom], by: str, expected: list[str]
) -> None:
    made = bounded(document(*before) if before is not None else None, document(*after), by=by)

    assert [each.set_by for each in made.prices] == expected
    assert [each.prices for each in made.prices] == [each.prices for each in after]


@pytest.mark.parametrize("set_by", [OWN, ORGANIZATION, PLATFORM])
@pytest.mark.parametrize("by", [OWN, ORGANIZATION, PLATFORM])
@pytest.mark.parametrize(
    "after",
    [
        pytest.param([], id="gone"),
        pytest.param([listed(200, amount=2)], id="replaced by another"),
        pytest.param([listed(200, "forged")], id="replaced by the same of somebody else"),
        pytest.param([listed(300)], id="moved"),
    ],
)
def test_a_planned_list_of_somebody_above_is_not_taken_back(set_by: str, by: str, after: list[PriceFrom]) -> None:
    planned = listed(200, set_by)

    found = taken_back(document(planned), document(*after), by=by, wall=NOW)

    assert found == (planned if is_wider(set_by, by) else None)


def test_what_is_still_planned_or_counts_already_is_not_taken_back() -> None:
    held = document(listed(NOW, PLATFORM), listed(200, PLATFORM))

    assert taken_back(held, document(listed(200, PLATFORM)), by=OWN, wall=NOW) is None


def test_the_id_of_a_list_says_nothing_of_who_has_set_it() -> None:
    plain = listed(1)

    assert msgspec.structs.replace(plain, set_by=PLATFORM, set_for=("openai", "m")).prices.id == plain.prices.id
    assert b"set_by" not in msgspec.json.encode(plain)
