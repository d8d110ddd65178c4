"""What the same usage would have cost at another entry.

Which tier an answer would have fallen into is lost in sums, so the answer is a range: everything at the lowest rate
that the price list has for a bucket, and everything at the highest. It says nothing about how many tokens another
model would have made of the same text, and cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price, Rate
from headgate.core.errors import ModelNotFound
from headgate.core.money import Picodollars
from headgate.core.principal import Principal
from headgate.gateway.administer import Desk
from headgate.gateway.usage_store import BUCKETS, Sums

_RATES: Final = {"images": "image", "searches": "search", "tools": "tool", "seconds": "second"}
"""What the rate of a bucket is called where it is not called like the bucket."""


class Priced(msgspec.Struct, frozen=True):
    """One bucket at another price: `count` units, each between `least` and `most` picodollars."""

    bucket: str
    count: int
    least: Picodollars
    most: Picodollars


class WhatIf(msgspec.Struct, frozen=True):
    """`least` and `most` are what everything would have cost, None without a price or where one says nothing of
    something that was used: `unpriced` names that."""

    lines: Sequence[Priced]
    unpriced: Sequence[str]
    least: Picodollars | None
    most: Picodollars | None


def other_entry(
    desk: Desk, by: Principal, *, model: str, organization: str | None = None
) -> tuple[Offer, Price | None]:
    """The entry that a name or uid means for the principal, and what it costs an organization now, its own unless
    told. ModelNotFound."""
    offer = desk.snapshot.find(by, model)
    if offer is None:
        raise ModelNotFound(model)
    return offer, desk.prices.price(offer, organization=organization or by.organization, wall=desk.clock.wall())


def what_if(sums: Sums, price: Price | None) -> WhatIf:
    """The sums at a price. Of each request one attempt counts as billed."""
    used = {bucket: sums.buckets[bucket] for bucket in BUCKETS if sums.buckets[bucket]}
    if price is None:
        return WhatIf((), tuple(used), None, None)
    rates = (price.base, *(rate for _, _, rate in price.tiers))
    lines, unpriced = [], []
    for bucket, count in {**used, "request": sums.requests}.items():
        range_ = _range(rates, bucket)
        if range_ is None:
            # Pictures that are told in tokens are paid for in tokens.
            if bucket != "images" or not sums.tokens_out:
                unpriced.append(bucket)
        elif bucket != "request" or range_ != (0, 0):
            lines.append(Priced(bucket, count, *range_))
    if unpriced:
        return WhatIf(lines, unpriced, None, None)
    least = sum(line.count * line.least for line in lines)
    return WhatIf(lines, (), least, sum(line.count * line.most for line in lines))


def _range(rates: Sequence[Rate], bucket: str) -> tuple[Picodollars, Picodollars] | None:
    """The lowest and the highest rate of a bucket, None if a tier says nothing of it."""
    found: list[Picodollars | None] = [getattr(rate, _RATES.get(bucket, bucket)) for rate in rates]
    known = [each for each in found if each is not None]
    return (min(known), max(known)) if len(known) == len(found) else None
