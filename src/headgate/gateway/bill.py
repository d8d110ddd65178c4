"""What one answer used and cost, and how the caller is told."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from headgate.catalogue.carbon import estimate
from headgate.catalogue.offer import Offer
from headgate.core.clock import Clock
from headgate.core.json import encode
from headgate.core.money import MoneyOutOfRange, usd_with_parts
from headgate.core.usage import Usage
from headgate.ledger.cost import Cost, cost, plus


class Bill(msgspec.Struct):
    """The bill of one attempt, of a call that began at `started`. `usage` and `cost` are None until it is settled,
    `cost` also without a price; `shown` is the cost in USD once `extra` was asked. `before` is what the call spent
    before, and is part of the cost."""

    offer: Offer
    clock: Clock
    started: float
    usage: Usage | None = None
    cost: Cost | None = None
    shown: bytes = b""
    before: Bill | None = None

    def settle(self, usage: Usage) -> None:
        """Take the usage; without a price, or beyond what can be written down, the cost stays unknown.

        A price of tokens says nothing of seconds.
        """
        self.usage, self.cost = usage, None
        price = self.offer.price
        if price is not None and not usage.seconds:
            try:
                self.cost = cost(usage, price)
            except MoneyOutOfRange:
                self.cost = None
        if self.before is not None:
            self._add(self.before)

    def _add(self, before: Bill) -> None:
        if before.cost is None or self.cost is None:
            self.cost = None
            return
        try:
            self.cost = plus(self.cost, before.cost)
        except MoneyOutOfRange:
            self.cost = None

    def extra(self, usage: Usage) -> bytes:
        """Our own members of the usage object: cost and its parts in USD, null if unknown; milliseconds; carbon."""
        self.settle(usage)
        milliseconds = int((self.clock.now() - self.started) * 1000)
        cost = self.cost
        if cost is None:
            members = b'"cost":null,"cost_details":null,"duration_ms":%d' % milliseconds
        else:
            shown, inward, outward = usd_with_parts(cost.input, cost.output)
            self.shown = shown
            members = b'"cost":%b,"cost_details":{"input_cost":%b,"output_cost":%b},"duration_ms":%d' % (
                shown,
                inward,
                outward,
                milliseconds,
            )
        carbon = self.offer.carbon
        return members if carbon is None else b'%b,"carbon":%b' % (members, encode(estimate(carbon, usage)))


def summed(usages: Iterable[Usage]) -> Usage:
    """The usage of several answers together: estimated as soon as one is."""
    total = Usage()
    for usage in usages:
        total = Usage(
            input=total.input + usage.input,
            cached_input=total.cached_input + usage.cached_input,
            cache_write=total.cache_write + usage.cache_write,
            output=total.output + usage.output,
            reasoning=total.reasoning + usage.reasoning,
            estimated=total.estimated or usage.estimated,
            seconds=total.seconds + usage.seconds,
        )
    return total
