"""What the origin's models cost, and the origin's own way to reckon a bill, in decimals from beginning to end.

The lists are in the form in which `/admin/v1/prices` takes them. A bill is reckoned by what its reference says of tiers
and of what a list does not say, and by nothing of the gateway's.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

Rates = dict[str, Decimal | str | int]
List = dict[str, Decimal | list[Rates]]

PROMPT: Final = ("input", "cached_input", "cache_write", "cache_write_1h", "audio_input", "image_input")
OUTPUT: Final = ("output", "reasoning", "audio_output")
_INSTEAD: Final = {
    "cached_input": "input",
    "cache_write": "input",
    "cache_write_1h": "cache_write",
    "audio_input": "input",
    "image_input": "input",
    "reasoning": "output",
    "audio_output": "output",
}
_FEES: Final = {"searches": "per_search"}


def _rates(**rates: str) -> dict[str, Decimal]:
    return {
        name if name.startswith("per_") else f"{name}_per_1m_tokens": Decimal(amount) for name, amount in rates.items()
    }


def _tier(tier: str | None, above: int | None, **rates: str) -> Rates:
    said: Rates = {}
    if tier is not None:
        said["service_tier"] = tier
    if above is not None:
        said["above_tokens"] = above
    return {**said, **_rates(**rates)}


PRICES: Final[tuple[List, ...]] = (
    {**_rates(input="0.731579", output="2.193071")},
    {**_rates(input="2.5", cached_input="1.249999", output="10.000001", reasoning="11.3")},
    {
        **_rates(input="1.25", cached_input="0.3125", output="10", per_request="0.000001234567"),
        "tiers": [_tier(None, 200_000, input="2.500003", cached_input="0.625007", output="15.000011")],
    },
    {
        **_rates(input="1.100003", cached_input="0.275", output="4.400009"),
        "tiers": [
            _tier("flex", None, input="0.55", cached_input="0.1375", output="2.2"),
            _tier("priority", None, input="1.75", output="7", per_request="0.0005"),
        ],
    },
    {
        **_rates(input="3.000017", cache_write="3.75", output="15.000013", per_request="0.000000000001"),
        "tiers": [
            _tier(None, 128_000, input="6.000019", output="22.500007"),
            _tier(None, 200_000, input="7", output="30"),
            _tier("flex", None, input="1.5", cached_input="0.15"),
            _tier("flex", 128_000, input="2.25", output="9.000003"),
        ],
    },
    {
        **_rates(input="5", cached_input="2.5", output="20", audio_input="40.000001", audio_output="80.000003"),
        "tiers": [_tier("priority", 128_000, audio_input="60", image_input="8.5")],
    },
    {
        **_rates(
            input="3", cached_input="0.300001", cache_write="3.750003", cache_write_1h="6.000007", output="15.000009"
        ),
        "tiers": [_tier(None, 200_000, input="6", cached_input="0.6", cache_write="7.5", output="22.5")],
    },
    {
        **_rates(input="0.800001", cached_input="0.08", cache_write="1", output="4.000003", per_search="0.01"),
        "tiers": [
            _tier("priority", None, input="1.200007", output="6", per_search="0.012500000003"),
            _tier("batch", 128_000, output="2.000001", reasoning="1.999999"),
        ],
    },
)
"""By number of the model."""


def bill(model: int, buckets: Mapping[str, int], tier: str) -> Decimal:
    """USD for one answer."""
    prices = PRICES[model]
    rates = {**prices, **_reached(prices, sum(buckets.get(name, 0) for name in PROMPT), tier)}
    total = _said(rates, "per_request")
    for bucket, count in buckets.items():
        if count:
            total += count * (_said(rates, _FEES[bucket]) if bucket in _FEES else _of_token(rates, bucket))
    return total


def _reached(prices: List, prompt: int, tier: str) -> Rates:
    """The tier that an answer falls into: one of its own service tier before one of any, then the longest context."""
    tiers = prices.get("tiers", [])
    assert isinstance(tiers, list)
    found: Rates = {}
    best = (False, -1)
    for each in tiers:
        above, word = int(each.get("above_tokens", 0)), each.get("service_tier")
        rank = (word is not None, above)
        if prompt > above and word in (None, tier) and rank > best:
            found, best = each, rank
    return found


def _of_token(rates: Mapping[str, object], bucket: str) -> Decimal:
    while f"{bucket}_per_1m_tokens" not in rates:
        bucket = _INSTEAD[bucket]
    return _said(rates, f"{bucket}_per_1m_tokens").scaleb(-6)


def _said(rates: Mapping[str, object], name: str) -> Decimal:
    amount = rates.get(name, Decimal(0))
    assert isinstance(amount, Decimal), name
    return amount
