"""Money is exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.money import MAX_COST, MoneyOutOfRange, checked, per_token, usd


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        pytest.param(0, "0.000000000000", id="nothing"),
        pytest.param(1, "0.000000000001", id="one picodollar is not rounded away"),
        pytest.param(2_500_000, "0.000002500000", id="a token at 2.50 a million"),
        pytest.param(10**12, "1.000000000000", id="a dollar"),
        pytest.param(-500_000_000_000, "-0.500000000000", id="a correction"),
    ],
)
def test_usd_shows_every_digit(amount: int, shown: str) -> None:
    assert usd(amount).decode() == shown


@given(st.integers(-MAX_COST, MAX_COST))
def test_usd_is_exact(amount: int) -> None:
    assert Decimal(usd(amount).decode()) * 10**12 == amount


@given(st.decimals(0, 10**6, places=6))
def test_a_price_of_six_decimals_is_a_whole_number_of_picodollars(price: Decimal) -> None:
    assert Decimal(per_token(price)) == price * 10**6


@pytest.mark.parametrize("price", ["0.0000001", "-1", "NaN", "Infinity"])
def test_a_price_that_is_not_exact_is_refused(price: str) -> None:
    with pytest.raises(ValueError, match="a price"):
        per_token(Decimal(price))


@pytest.mark.parametrize("amount", [MAX_COST + 1, -MAX_COST - 1])
def test_an_amount_that_one_row_cannot_hold_is_refused(amount: int) -> None:
    with pytest.raises(MoneyOutOfRange):
        checked(amount)
