"""Between which bounds the cost of a request lies, before it is sent."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer, document_of
from headgate.core.json import JSON_FAULTS
from headgate.core.money import Picodollars
from headgate.dialects.exchange import Inbound
from headgate.dialects.openai_chat import ChatRequest
from headgate.dialects.openai_json import JsonRequest

MOST_OUTPUT: Final = 4_096
"""Output tokens of an answer that neither the request nor the entry limits."""

_WITHOUT_OUTPUT: Final = frozenset({Kind.EMBEDDING, Kind.RERANK})
_LIMITS: Final = ("max_completion_tokens", "max_tokens")

_count = msgspec.json.Decoder(int).decode


class CostRange(msgspec.Struct, frozen=True):
    """Picodollars. `most` is what would be held for the request."""

    least: Picodollars
    most: Picodollars


def cost_range(offer: Offer, request: Inbound) -> CostRange | None:
    """Least: the estimate of the input, and one token of output. Most: each byte of the request a token, and the
    longest answer as often as it is asked for. None without a price."""
    price = offer.price
    if price is None:
        return None
    least, most = (0, 0) if offer.kind in _WITHOUT_OUTPUT else (1, _times(request) * _most_output(offer, request))
    estimated = request.estimate(0).prompt
    return CostRange(estimated * price.input + least * price.output, request.size * price.input + most * price.output)


def _times(request: Inbound) -> int:
    return _number(request, "n") or 1


def _most_output(offer: Offer, request: Inbound) -> int:
    limits = [limit for name in _LIMITS if (limit := _number(request, name)) is not None]
    if limits:
        return max(limits)
    set_by_entry = offer.call_defaults.get("max_tokens")
    if isinstance(set_by_entry, int) and set_by_entry > 0:
        return set_by_entry
    return document_of(offer).max_output_tokens or MOST_OUTPUT


def _number(request: Inbound, name: str) -> int | None:
    """A whole number of at least 1, None if the request has none there."""
    raw = request.fields.get(name) if isinstance(request, ChatRequest | JsonRequest) else None
    try:
        value: int | None = _count(raw) if raw is not None else None
    except JSON_FAULTS:
        return None
    return value if value is not None and value > 0 else None
