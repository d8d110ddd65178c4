"""The most that an attempt may cost: what is reserved before it is sent.

Every byte of text counts as a token at the input price, pictures and sound as the most that they may be, and the
longest answer as often as it is asked for. Of several tiers the dearest counts that can be reached, because which one
answers is known only afterwards. It is reckoned for every attempt, so it looks at nothing twice.
"""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price, Rate
from headgate.catalogue.upstream import RERANK, Route
from headgate.core.json import Json
from headgate.core.money import MAX_COST, Picodollars
from headgate.dialects.counting import MOST, SOUND_TOKENS
from headgate.dialects.exchange import Extent, Inbound

MOST_OUTPUT: Final = 4_096
"""Output tokens of an answer that neither the request nor the entry limits."""
MOST_OF_PICTURE: Final = 5_000
"""Tokens of a picture that is sent. Anthropic, "Vision": at most 4,784; OpenAI's larger models count fewer."""

_EMBEDDING: Final = Kind.EMBEDDING
_RERANK: Final = Kind.RERANK
_ORDERING: Final = frozenset({RERANK, "mock"})
"""The dialects of upstreams that order documents themselves. Another is asked as a chat model, which writes."""


class Hold(msgspec.Struct, frozen=True, gc=False):
    """What is reserved: picodollars, 0 without a price, and tokens."""

    amount: Picodollars
    tokens: int


def hold(offer: Offer, request: Inbound, *, price: Price | None) -> Hold:
    """What an attempt at this entry may take. An amount that no row can hold is the most that one can."""
    extent = request.extent()
    kind = offer.kind
    if kind is _EMBEDDING or (kind is _RERANK and isinstance(offer.route, Route) and offer.route.dialect in _ORDERING):
        output = 0
    else:
        output = extent.output or _most_output(offer)
        if extent.times != 1:
            output *= extent.times
    prompt = extent.text
    if extent.pictures or extent.sound:
        prompt += extent.pictures * MOST_OF_PICTURE + extent.sound * SOUND_TOKENS
    tokens = prompt + output
    if price is None:
        return Hold(0, min(tokens, MOST))
    amount = _amount(price.base, extent, output)
    for _, above, rate in price.tiers:
        if prompt > above:
            amount = max(amount, _amount(rate, extent, output))
    if amount < MAX_COST and tokens < MOST:
        return Hold(amount, tokens)
    return Hold(min(amount, MAX_COST), min(tokens, MOST))


def _amount(rate: Rate, extent: Extent, output: int) -> Picodollars:
    each = rate.output
    if rate.reasoning != each:
        each = max(each, rate.reasoning)
    if extent.spoken:
        each = max(each, rate.audio_output)
    amount = extent.text * rate.input + output * each + rate.request
    if extent.pictures:
        amount += extent.pictures * MOST_OF_PICTURE * max(rate.input, rate.image_input)
    if extent.sound:
        # Sound is paid for by the token or by the second, and the other rate is nothing.
        amount += extent.sound * (SOUND_TOKENS * max(rate.input, rate.audio_input) + (rate.second or 0))
    if extent.made or extent.searches:
        amount += extent.made * (rate.image or 0) + extent.searches * (rate.search or 0)
    return amount


def _most_output(offer: Offer) -> int:
    defaults = offer.call_defaults
    if defaults:
        limits = [limit for name in ("max_completion_tokens", "max_tokens") if (limit := _limit(defaults.get(name)))]
        if limits:
            return max(limits)
    return offer.max_output_tokens or MOST_OUTPUT


def _limit(value: Json) -> int:
    """0 for what limits nothing."""
    return value if isinstance(value, int) and value > 0 else 0
