"""Cost against a reference in decimals, written from the product's words about prices alone."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.price import PriceList, PriceTier, Rates, resolved
from headgate.catalogue.price_form import shown_list
from headgate.core.json import JsonObject
from headgate.core.money import MAX_COST, MoneyOutOfRange
from headgate.core.usage import Usage
from headgate.ledger.cost import Cost, cost, lines
from tests.catalogue.price_lists import BORDERS, SERVICE_TIERS, price_lists

_COUNTS = st.integers(0, 10**6)
USAGES = st.builds(
    Usage,
    input=st.one_of(_COUNTS, st.sampled_from([border + step for border in BORDERS for step in (0, 1)])),
    cached_input=st.just(0) | _COUNTS,
    cache_write=st.just(0) | _COUNTS,
    cache_write_1h=st.just(0) | _COUNTS,
    output=_COUNTS,
    reasoning=st.just(0) | _COUNTS,
    audio_input=st.just(0) | _COUNTS,
    audio_output=st.just(0) | _COUNTS,
    image_input=st.just(0) | _COUNTS,
    images=st.integers(0, 5),
    searches=st.integers(0, 5),
    tools=st.integers(0, 5),
    seconds=st.integers(0, 5000),
    tier=st.sampled_from((*SERVICE_TIERS, "standard")),
)
TOKENS = {
    "input": ("input_per_1m_tokens",),
    "cached_input": ("cached_input_per_1m_tokens", "input_per_1m_tokens"),
    "cache_write": ("cache_write_per_1m_tokens", "input_per_1m_tokens"),
    "cache_write_1h": ("cache_write_1h_per_1m_tokens", "cache_write_per_1m_tokens", "input_per_1m_tokens"),
    "audio_input": ("audio_input_per_1m_tokens", "input_per_1m_tokens"),
    "image_input": ("image_input_per_1m_tokens", "input_per_1m_tokens"),
    "output": ("output_per_1m_tokens",),
    "reasoning": ("reasoning_per_1m_tokens", "output_per_1m_tokens"),
    "audio_output": ("audio_output_per_1m_tokens", "output_per_1m_tokens"),
}
"""What each bucket is paid with: the first that is said, else nothing."""
UNITS = {"images": "per_image", "searches": "per_search", "tools": "per_tool_call", "seconds": "per_second"}


def reference(usage: Usage, price: JsonObject) -> Decimal | None:
    """USD, exact; None if nobody said what something costs."""
    prompt = sum(
        getattr(usage, name)
        for name in ("input", "cached_input", "cache_write", "cache_write_1h", "audio_input", "image_input")
    )
    said: JsonObject = {name: amount for name, amount in price.items() if name != "tiers"}
    holding: list[JsonObject] = [
        tier
        for tier in price.get("tiers", [])
        if prompt > tier.get("above_tokens", 0) and tier.get("service_tier", usage.tier) == usage.tier
    ]
    if holding:
        chosen: JsonObject = max(holding, key=_rank)
        said |= chosen
    with localcontext() as context:
        context.prec = 60
        total = said.get("per_request", Decimal(0))
        for bucket, names in TOKENS.items():
            rate = next((said[name] for name in names if name in said), Decimal(0))
            total += getattr(usage, bucket) * rate / 10**6
        for bucket, name in UNITS.items():
            count = getattr(usage, bucket)
            in_tokens = bucket == "images" and usage.output + usage.reasoning + usage.audio_output > 0
            if count and name in said:
                total += count * said[name]
            elif count and not in_tokens:
                return None
        return Decimal(total)


def _rank(tier: JsonObject) -> tuple[bool, int]:
    return "service_tier" in tier, tier.get("above_tokens", 0)


def in_picodollars(usd: Decimal) -> int:
    with localcontext() as context:
        context.prec = 60
        amount = usd.scaleb(12)
        assert amount == amount.to_integral_value(), "a price has no part of a picodollar"
        return int(amount)


@given(USAGES, price_lists())
def test_cost_is_what_the_prices_say_to_the_picodollar(usage: Usage, prices: PriceList) -> None:
    expected = reference(usage, shown_list(prices))

    if expected is not None and in_picodollars(expected) > MAX_COST:
        with pytest.raises(MoneyOutOfRange):
            cost(usage, resolved(prices))
        return
    found = cost(usage, resolved(prices))
    assert (found.total if found else None) == (in_picodollars(expected) if expected is not None else None)


@given(USAGES, price_lists())
def test_the_lines_of_a_reckoning_add_up_to_its_cost(usage: Usage, prices: PriceList) -> None:
    price = resolved(prices)
    try:
        found = cost(usage, price)
    except MoneyOutOfRange:
        return

    told = lines(usage, price)
    if found is not None:
        assert sum(line.amount for line in told) == found.total
        assert found.fees >= 0
    assert all(line.amount == line.count * line.rate for line in told)


def paid(usage: Usage, *tiers: PriceTier) -> Cost:
    found = cost(usage, resolved(PriceList(rates=Rates(input=1, output=10, request=0), tiers=tiers)))
    assert found is not None
    return found


LONG = PriceTier(above=100, rates=Rates(input=2))
LONGER = PriceTier(above=200, rates=Rates(input=4))
BATCH = PriceTier(service_tier="batch", rates=Rates(input=0, output=5))
LONG_BATCH = PriceTier(service_tier="batch", above=100, rates=Rates(input=3))


@pytest.mark.parametrize(
    ("usage", "total"),
    [
        pytest.param(Usage(input=100), 100, id="at the border the shorter tier"),
        pytest.param(Usage(input=101), 202, id="above it the longer one, for all of the prompt"),
        pytest.param(Usage(input=1, cached_input=100), 202, id="what was cached is part of the length"),
        pytest.param(Usage(input=201), 804, id="the longest that holds"),
        pytest.param(Usage(input=1, output=500), 5001, id="the answer is no part of the length"),
        pytest.param(Usage(input=50, output=1, tier="batch"), 5, id="the tier that answered"),
        pytest.param(Usage(input=201, output=1, tier="batch"), 613, id="its own lengths go before anybody's"),
        pytest.param(Usage(input=50, output=1, tier="flex"), 60, id="one that has no price of its own"),
    ],
)
def test_a_tier_holds_for_the_whole_answer(usage: Usage, total: int) -> None:
    assert paid(usage, LONGER, BATCH, LONG, LONG_BATCH).total == total


def test_the_most_that_a_row_can_hold_is_reckoned_and_one_more_is_an_error() -> None:
    price = resolved(PriceList(rates=Rates(input=1, output=MAX_COST)))

    found = cost(Usage(output=1), price)

    assert found is not None
    assert found.total == MAX_COST
    with pytest.raises(MoneyOutOfRange):
        cost(Usage(input=1, output=1), price)


@pytest.mark.parametrize("used", [Usage(seconds=1), Usage(searches=1), Usage(tools=1), Usage(images=1)])
def test_what_nobody_put_a_price_on_has_no_cost(used: Usage) -> None:
    assert cost(used, resolved(PriceList(rates=Rates(input=1, output=1)))) is None


def test_pictures_that_are_told_in_tokens_are_paid_in_tokens() -> None:
    price = resolved(PriceList(rates=Rates(input=1, output=2)))

    assert cost(Usage(input=5, output=7, images=1), price) == Cost(19, 5, 14)
