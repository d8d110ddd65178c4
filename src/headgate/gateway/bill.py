"""What one answer used and cost, and how the caller is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

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
        """Take the usage; without a price, or beyond what can be written down, the cost stays unknown."""
        self.usage, self.cost = usage, None
        price = self.offer.price_at(self.clock.wall())
        if price is not None:
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
    """The usage of several answers together: estimated as soon as one is, of a tier if all are of the same."""
    total, tiers = dict.fromkeys(_COUNTS, 0), set()
    estimated = False
    for usage in usages:
        for name in _COUNTS:
            total[name] += getattr(usage, name)
        tiers.add(usage.tier)
        estimated = estimated or usage.estimated
    return Usage(**total, estimated=estimated, tier=tiers.pop() if len(tiers) == 1 else "")


_COUNTS: Final = tuple(name for name in Usage.__struct_fields__ if name not in ("estimated", "tier"))
