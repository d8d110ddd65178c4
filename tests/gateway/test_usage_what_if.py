"""The same usage at other prices: what tier it would have been in is not known, so the answer is a range."""

from __future__ import annotations

from headgate.catalogue.price import Price, PriceList, PriceTier, Rates, resolved
from headgate.gateway.usage_store import BUCKETS, Sums
from headgate.gateway.usage_what_if import Priced, what_if


def sums(**buckets: int) -> Sums:
    return Sums(
        requests=4,
        attempts=5,
        estimated=0,
        unknown=0,
        cost=1,
        exposure=0,
        duration=0,
        buckets={**dict.fromkeys(BUCKETS, 0), **buckets},
    )


def price(*tiers: PriceTier, **rates: int) -> Price:
    return resolved(PriceList(rates=Rates(**rates), tiers=tiers))


def test_everything_lies_between_the_lowest_and_the_highest_rate() -> None:
    long, batch = PriceTier(above=1000, rates=Rates(input=6)), PriceTier(service_tier="batch", rates=Rates(output=5))

    found = what_if(sums(input=10, output=2), price(long, batch, input=3, output=15))

    assert found.lines == [Priced("input", 10, 3, 6), Priced("output", 2, 5, 15)]
    assert (found.least, found.most) == (10 * 3 + 2 * 5, 10 * 6 + 2 * 15)


def test_a_bucket_that_the_price_does_not_tell_of_follows_what_stands_in_for_it() -> None:
    found = what_if(sums(cached_input=7, reasoning=3), price(input=2, output=4))

    assert (found.least, found.most) == (7 * 2 + 3 * 4, 7 * 2 + 3 * 4)


def test_the_fee_of_a_request_counts_for_each_request() -> None:
    found = what_if(sums(input=1), price(input=2, output=4, request=100))

    assert found.lines[-1] == Priced("request", 4, 100, 100)
    assert found.least == 2 + 4 * 100


def test_what_the_price_says_nothing_of_is_no_cost_of_zero() -> None:
    found = what_if(sums(input=1, searches=2), price(input=2, output=4))

    assert (found.least, found.most, found.unpriced) == (None, None, ["searches"])
    assert found.lines == [Priced("input", 1, 2, 2)]


def test_without_a_price_nothing_is_known() -> None:
    found = what_if(sums(input=1, output=1), None)

    assert (found.least, found.most, found.unpriced) == (None, None, ("input", "output"))


def test_pictures_that_are_told_in_tokens_are_paid_for_in_tokens() -> None:
    assert what_if(sums(images=1, output=10), price(input=2, output=4)).least == 40
    assert what_if(sums(images=1), price(input=2, output=4)).least is None


def test_free_is_free() -> None:
    found = what_if(sums(input=10, output=10), price(input=0, output=0))

    assert (found.least, found.most) == (0, 0)
