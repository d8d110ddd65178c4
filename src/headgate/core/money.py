"""Money is an integer number of picodollars (10^-12 USD).

A price of x dollars per million tokens with at most six decimals is exactly x * 10^6 picodollars a token, so a cost
is an integer multiplication. JSON carries USD; `usd` writes an integer's exact decimal digits.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

Picodollars = int

PICODOLLARS_PER_USD: Final = 10**12
MAX_COST: Final = 2**63 - 1
PRICE_DECIMALS: Final = 6


class MoneyOutOfRange(ArithmeticError):
    """An amount that a checked 64-bit integer cannot hold."""


def checked(amount: int) -> Picodollars:
    """`amount` if one ledger row can hold it, else MoneyOutOfRange."""
    if -MAX_COST <= amount <= MAX_COST:
        return amount
    raise MoneyOutOfRange(f"{amount} picodollars do not fit one row")


def per_token(usd_per_million: Decimal) -> Picodollars:
    """Picodollars a token of a price in USD per million tokens. ValueError below zero or beyond six decimals."""
    if not usd_per_million.is_finite() or usd_per_million < 0:
        raise ValueError(f"a price is a number of at least 0, not {usd_per_million}")
    amount = usd_per_million.scaleb(PRICE_DECIMALS)
    if amount != amount.to_integral_value():
        raise ValueError(f"a price has at most {PRICE_DECIMALS} decimals, not {usd_per_million}")
    return checked(int(amount))


def usd(amount: Picodollars) -> bytes:
    """An amount in USD as a JSON number, with a digit for every picodollar: `0.000002500000`, `-0.500000000000`."""
    if 0 <= amount < PICODOLLARS_PER_USD:
        return b"0.%012d" % amount
    whole, rest = divmod(abs(amount), PICODOLLARS_PER_USD)
    return b"%b%d.%012d" % (b"-" if amount < 0 else b"", whole, rest)


def usd_with_parts(one: Picodollars, other: Picodollars) -> tuple[bytes, bytes, bytes]:
    """The sum of two amounts, and the two, as `usd` writes them. Every answer with a price is shown these three."""
    both = one + other
    if one >= 0 and other >= 0 and both < PICODOLLARS_PER_USD:
        return b"0.%012d" % both, b"0.%012d" % one, b"0.%012d" % other
    return usd(both), usd(one), usd(other)
