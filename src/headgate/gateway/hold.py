"""The most that an attempt may cost: what is reserved before it is sent.

Every byte of the request counts as a token at the input price, and the longest answer as often as it is asked for. Of
several tiers the dearest counts, because which one answers is known only afterwards.
"""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price, Rate
from headgate.core.json import JSON_FAULTS
from headgate.core.money import MAX_COST, Picodollars
from headgate.dialects.exchange import Inbound
from headgate.dialects.openai_chat import ChatRequest
from headgate.dialects.openai_json import JsonRequest

MOST_OUTPUT: Final = 4_096
"""Output tokens of an answer that neither the request nor the entry limits."""

_WITHOUT_OUTPUT: Final = frozenset({Kind.EMBEDDING, Kind.RERANK})
_LIMITS: Final = ("max_completion_tokens", "max_tokens")

_count = msgspec.json.Decoder(int).decode


class Hold(msgspec.Struct, frozen=True, gc=False):
    """What is reserved: picodollars, 0 without a price, and tokens."""

    amount: Picodollars
    tokens: int


def hold(offer: Offer, request: Inbound, *, price: Price | None) -> Hold:
    """What an attempt at this entry may take. An amount that no row can hold is the most that one can."""
    times = _times(request)
    output = 0 if offer.kind in _WITHOUT_OUTPUT else times * _most_output(offer, request)
    tokens = request.size + output
    if price is None:
        return Hold(0, tokens)
    if price.tiers:
        amount = max(_amount(rate, request.size, output, times) for rate in (price.base, *(t[2] for t in price.tiers)))
    else:
        amount = _amount(price.base, request.size, output, times)
    return Hold(min(amount, MAX_COST), tokens)


def _amount(rate: Rate, size: int, output: int, times: int) -> Picodollars:
    amount = size * rate.input + output * max(rate.output, rate.reasoning) + rate.request
    return amount if rate.image is None else amount + times * rate.image


def _times(request: Inbound) -> int:
    return _number(request, "n") or 1


def _most_output(offer: Offer, request: Inbound) -> int:
    limits = [limit for name in _LIMITS if (limit := _number(request, name)) is not None]
    if limits:
        return max(limits)
    set_by_entry = offer.call_defaults.get("max_tokens")
    if isinstance(set_by_entry, int) and set_by_entry > 0:
        return set_by_entry
    return offer.max_output_tokens or MOST_OUTPUT


def _number(request: Inbound, name: str) -> int | None:
    """A whole number of at least 1, None if the request has none there."""
    raw = request.fields.get(name) if isinstance(request, ChatRequest | JsonRequest) else None
    try:
        value: int | None = _count(raw) if raw is not None else None
    except JSON_FAULTS:
        return None
    return value if value is not None and value > 0 else None
