"""What an answer cost: usage buckets times the price of a token, in picodollars."""

from __future__ import annotations

import msgspec

from headgate.catalogue.offer import Price
from headgate.core.money import MAX_COST, MoneyOutOfRange, Picodollars, checked
from headgate.core.usage import Usage


class Cost(msgspec.Struct, frozen=True, gc=False):
    """One answer's cost, and its parts."""

    total: Picodollars
    input: Picodollars
    output: Picodollars


def plus(one: Cost, other: Cost) -> Cost:
    """Two costs as one, or MoneyOutOfRange."""
    return Cost(checked(one.total + other.total), one.input + other.input, one.output + other.output)


def cost(usage: Usage, price: Price) -> Cost:
    """Exact, or MoneyOutOfRange: a cost that cannot be written down is never zero."""
    paid_in = (usage.input + usage.cached_input + usage.cache_write) * price.input
    paid_out = (usage.output + usage.reasoning) * price.output
    total = paid_in + paid_out
    # Neither part is negative, so both fit if their sum does.
    if total > MAX_COST:
        raise MoneyOutOfRange(f"{total} picodollars do not fit one row")
    return Cost(total, paid_in, paid_out)
