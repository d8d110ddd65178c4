"""What an answer cost: usage buckets times the price of a token, in picodollars."""

from __future__ import annotations

import msgspec

from headgate.catalogue.offer import Price
from headgate.core.money import Picodollars, checked
from headgate.core.usage import Usage


class Cost(msgspec.Struct, frozen=True, gc=False):
    """The parts of one answer's cost."""

    input: Picodollars
    output: Picodollars

    @property
    def total(self) -> Picodollars:
        return self.input + self.output


def cost(usage: Usage, price: Price) -> Cost:
    """Exact, or MoneyOutOfRange: a cost that cannot be written down is never zero."""
    whole = Cost(checked(usage.prompt * price.input), checked(usage.completion * price.output))
    checked(whole.total)
    return whole
