"""How the caller is told what an answer used and cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from headgate.catalogue.carbon import estimate
from headgate.catalogue.offer import Offer
from headgate.core.json import encode
from headgate.core.money import MoneyOutOfRange, usd, usd_with_parts
from headgate.core.usage import Usage
from headgate.ledger.cost import Cost, plus


def told(cost: Cost | None, usage: Usage, *, offer: Offer, milliseconds: int) -> tuple[bytes, bytes]:
    """The cost in USD, b"" if it is unknown, and the members of a usage object that we add."""
    shown = b""
    if cost is None:
        members = b'"cost":null,"cost_details":null,"duration_ms":%d' % milliseconds
    else:
        fees = cost.fees
        shown, inward, outward = usd_with_parts(cost.input, cost.output)
        if fees:
            shown = usd(cost.total)
        members = b'"cost":%b,"cost_details":{"input_cost":%b,"output_cost":%b%b},"duration_ms":%d' % (
            shown,
            inward,
            outward,
            b',"fees_cost":%b' % usd(fees) if fees else b"",
            milliseconds,
        )
    carbon = offer.carbon
    return shown, members if carbon is None else b'%b,"carbon":%b' % (members, encode(estimate(carbon, usage)))


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


def both(one: Cost | None, other: Cost | None) -> Cost | None:
    """Two costs as one; None if one is unknown, or both are more than a row can hold."""
    if one is None or other is None:
        return None
    try:
        return plus(one, other)
    except MoneyOutOfRange:
        return None


_COUNTS: Final = tuple(name for name in Usage.__struct_fields__ if name not in ("estimated", "tier"))
