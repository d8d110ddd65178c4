"""What one answer used and cost, and how the caller is told."""

from __future__ import annotations

from headgate.catalogue.carbon import estimate
from headgate.catalogue.offer import Offer
from headgate.core.clock import Clock
from headgate.core.json import encode
from headgate.core.money import MoneyOutOfRange, usd
from headgate.core.usage import Usage
from headgate.ledger.cost import Cost, cost


class Bill:
    """The bill of one attempt. `usage` and `cost` are None until it is settled, `cost` also without a price; `shown`
    is the cost in USD once `extra` was asked."""

    __slots__ = ("_clock", "_offer", "_started", "cost", "shown", "usage")

    def __init__(self, offer: Offer, clock: Clock, started: float) -> None:
        self._offer = offer
        self._clock = clock
        self._started = started
        self.usage: Usage | None = None
        self.cost: Cost | None = None
        self.shown = b""

    def settle(self, usage: Usage) -> None:
        """Take the usage; without a price, or beyond what can be written down, the cost stays unknown."""
        self.usage = usage
        price = self._offer.price
        if price is not None:
            try:
                self.cost = cost(usage, price)
            except MoneyOutOfRange:
                self.cost = None

    def extra(self, usage: Usage) -> bytes:
        """Our own members of the usage object: cost and its parts in USD, null if unknown; milliseconds; carbon."""
        self.settle(usage)
        milliseconds = int((self._clock.now() - self._started) * 1000)
        cost = self.cost
        if cost is None:
            members = b'"cost":null,"cost_details":null,"duration_ms":%d' % milliseconds
        else:
            inward, outward = usd(cost.input), usd(cost.output)
            shown = self.shown = usd(cost.input + cost.output)
            members = b'"cost":%b,"cost_details":{"input_cost":%b,"output_cost":%b},"duration_ms":%d' % (
                shown,
                inward,
                outward,
                milliseconds,
            )
        carbon = self._offer.carbon
        return members if carbon is None else b'%b,"carbon":%b' % (members, encode(estimate(carbon, usage)))
