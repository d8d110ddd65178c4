"""Usage times price."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.price import PriceList, Rates, resolved
from headgate.core.money import MoneyOutOfRange
from headgate.core.usage import Usage
from headgate.ledger.cost import Cost, cost

PRICE = resolved(PriceList(rates=Rates(input=3_000_000, output=15_000_000)))


def paid(usage: Usage) -> Cost:
    found = cost(usage, PRICE)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("usage", "total"),
    [
        pytest.param(Usage(input=1_000_000), 3 * 10**12, id="a million in"),
        pytest.param(Usage(output=1), 15_000_000, id="one token out"),
        pytest.param(Usage(cached_input=1, cache_write=1, reasoning=1), 21_000_000, id="every bucket is paid for"),
        pytest.param(Usage(), 0, id="nothing used costs nothing"),
    ],
)
def test_cost(usage: Usage, total: int) -> None:
    assert paid(usage).total == total


tokens = st.integers(0, 10**7)


@given(tokens, tokens, tokens, tokens)
def test_the_cost_of_two_answers_is_the_sum_of_their_costs(a: int, b: int, c: int, d: int) -> None:
    apart = paid(Usage(input=a, output=b)).total + paid(Usage(input=c, output=d)).total

    assert paid(Usage(input=a + c, output=b + d)).total == apart


def test_a_cost_that_cannot_be_written_down_is_an_error_and_not_zero() -> None:
    with pytest.raises(MoneyOutOfRange):
        cost(Usage(input=2**40), resolved(PriceList(rates=Rates(input=2**40, output=0))))
