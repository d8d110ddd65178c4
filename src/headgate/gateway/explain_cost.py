"""Between which bounds the cost of a request lies, before it is sent."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price
from headgate.core.money import Picodollars
from headgate.dialects.exchange import Inbound
from headgate.gateway.hold import hold

_WITHOUT_OUTPUT: Final = frozenset({Kind.EMBEDDING, Kind.RERANK})


class CostRange(msgspec.Struct, frozen=True):
    """Picodollars. `most` is what would be held for the request."""

    least: Picodollars
    most: Picodollars


def cost_range(offer: Offer, request: Inbound, *, price: Price | None) -> CostRange | None:
    """Least: the estimate of the input, and one token of output. None without a price."""
    if price is None:
        return None
    rate, output = price.base, 0 if offer.kind in _WITHOUT_OUTPUT else 1
    least = request.estimate(0).prompt * rate.input + output * rate.output + rate.request
    return CostRange(least, hold(offer, request, price=price).amount)
