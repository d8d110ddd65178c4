"""What one answer used and cost, and how the caller is told."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from headgate.catalogue.carbon import estimate
from headgate.catalogue.offer import Offer
from headgate.core.clock import Clock
from headgate.core.money import MoneyOutOfRange, usd
from headgate.core.usage import Usage
from headgate.ledger.cost import Cost, cost


class Bill:
    """The bill of one attempt. `usage` and `cost` are None until `extra` was asked, `cost` also without a price."""

    __slots__ = ("_clock", "_offer", "_started", "cost", "usage")

    def __init__(self, offer: Offer, clock: Clock, started: float) -> None:
        self._offer = offer
        self._clock = clock
        self._started = started
        self.usage: Usage | None = None
        self.cost: Cost | None = None

    def settle(self, usage: Usage) -> None:
        """Take the usage; without a price, or beyond what can be written down, the cost stays unknown."""
        self.usage = usage
        price = self._offer.price
        if price is not None:
            try:
                self.cost = cost(usage, price)
            except MoneyOutOfRange:
                self.cost = None

    def extra(self, usage: Usage) -> Mapping[str, object]:
        """Our own fields of the usage object: cost and its parts in USD, null if unknown; milliseconds; carbon."""
        self.settle(usage)
        fields: dict[str, object] = {"cost": None, "cost_details": None}
        if self.cost is not None:
            fields["cost"] = _number(self.cost.total)
            fields["cost_details"] = {
                "input_cost": _number(self.cost.input),
                "output_cost": _number(self.cost.output),
            }
        fields["duration_ms"] = int((self._clock.now() - self._started) * 1000)
        if self._offer.carbon is not None:
            fields["carbon"] = estimate(self._offer.carbon, usage)
        return fields


def _number(amount: int) -> msgspec.Raw:
    return msgspec.Raw(usd(amount).encode())
