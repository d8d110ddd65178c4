"""What an answer cost: usage buckets times the rates of its tier, in picodollars."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.price import Price, Rate
from headgate.core.money import MAX_COST, MoneyOutOfRange, Picodollars, checked
from headgate.core.usage import Usage


class Cost(msgspec.Struct, frozen=True, gc=False):
    """One answer's cost, and its parts; what is neither input nor output is a fee: for the request, for searches."""

    total: Picodollars
    input: Picodollars
    output: Picodollars

    @property
    def fees(self) -> Picodollars:
        return self.total - self.input - self.output


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line of the reckoning: `count` units of a bucket at `rate` picodollars each."""

    bucket: str
    count: int
    rate: Picodollars
    amount: Picodollars


def plus(one: Cost, other: Cost) -> Cost:
    """Two costs as one, or MoneyOutOfRange."""
    return Cost(checked(one.total + other.total), one.input + other.input, one.output + other.output)


def cost(usage: Usage, price: Price) -> Cost | None:
    """Exact, or MoneyOutOfRange: a cost that cannot be written down is never zero. None if the price says nothing of
    something that was used."""
    rate = price.rate(usage) if price.tiers else price.base
    paid_in = usage.input * rate.input
    if usage.cached_input or usage.cache_write or usage.cache_write_1h or usage.audio_input or usage.image_input:
        paid_in += (
            usage.cached_input * rate.cached_input
            + usage.cache_write * rate.cache_write
            + usage.cache_write_1h * rate.cache_write_1h
            + usage.audio_input * rate.audio_input
            + usage.image_input * rate.image_input
        )
    paid_out = usage.output * rate.output + usage.reasoning * rate.reasoning + usage.audio_output * rate.audio_output
    total = paid_in + paid_out + rate.request
    if usage.seconds or usage.images or usage.searches or usage.tools:
        fees = _fees(usage, rate)
        if fees is None:
            return None
        total += fees
    # No part is negative, so each fits if their sum does.
    if total > MAX_COST:
        raise MoneyOutOfRange(f"{total} picodollars do not fit one row")
    return Cost(total, paid_in, paid_out)


def lines(usage: Usage, price: Price) -> tuple[Line, ...]:
    """The reckoning of `cost`, a line for each bucket that was used; those that the price says nothing of are left
    out, and then there is no cost."""
    rate = price.rate(usage)
    found = []
    for bucket, field in _BUCKETS:
        count = 1 if bucket == "request" else getattr(usage, bucket)
        each = getattr(rate, field)
        if count and each is not None and not (bucket == "request" and each == 0):
            found.append(Line(bucket, count, each, count * each))
    return tuple(found)


def _fees(usage: Usage, rate: Rate) -> Picodollars | None:
    fees = 0
    for count, each in ((usage.seconds, rate.second), (usage.searches, rate.search), (usage.tools, rate.tool)):
        if count:
            if each is None:
                return None
            fees += count * each
    if usage.images:
        if rate.image is not None:
            fees += usage.images * rate.image
        elif not usage.completion:
            # Pictures that are told in tokens are paid for in tokens.
            return None
    return fees


_BUCKETS: Final = (
    ("input", "input"),
    ("cached_input", "cached_input"),
    ("cache_write", "cache_write"),
    ("cache_write_1h", "cache_write_1h"),
    ("audio_input", "audio_input"),
    ("image_input", "image_input"),
    ("output", "output"),
    ("reasoning", "reasoning"),
    ("audio_output", "audio_output"),
    ("images", "image"),
    ("searches", "search"),
    ("tools", "tool"),
    ("seconds", "second"),
    ("request", "request"),
)
