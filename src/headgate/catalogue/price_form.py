"""Price lists as people write and read them: USD for a million tokens, or for one of anything else.

Inside, all amounts are picodollars of one unit. Both forms are exact, so a list that was read can be written back, and
what cannot be said exactly is refused with its path.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.price import PriceFrom, PriceList, PriceTier, Rates
from headgate.catalogue.values import INTEGER_LIMIT, PRICE_LIMIT, as_decimal, found, integer, price, text_fault
from headgate.core.errors import detail
from headgate.core.json import Json, JsonObject
from headgate.core.money import PRICE_DECIMALS, Picodollars

LISTS_LIMIT: Final = 100
TIERS_LIMIT: Final = 20
SERVICE_TIER_LIMIT: Final = 64
UNIT_LIMIT: Final = 10_000
"""USD for one picture, request, search, use of a tool or second: whatever is above is a slip of the pen."""
UNIT_DECIMALS: Final = 12

TOKEN_RATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "input": "input_per_1m_tokens",
        "cached_input": "cached_input_per_1m_tokens",
        "cache_write": "cache_write_per_1m_tokens",
        "cache_write_1h": "cache_write_1h_per_1m_tokens",
        "output": "output_per_1m_tokens",
        "reasoning": "reasoning_per_1m_tokens",
        "audio_input": "audio_input_per_1m_tokens",
        "audio_output": "audio_output_per_1m_tokens",
        "image_input": "image_input_per_1m_tokens",
    }
)
UNIT_RATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image": "per_image",
        "request": "per_request",
        "search": "per_search",
        "tool": "per_tool_call",
        "second": "per_second",
    }
)
RATES: Final[Mapping[str, str]] = MappingProxyType({**TOKEN_RATES, **UNIT_RATES})
"""By field of `Rates`, in the order in which they are shown."""
ABOVE: Final = "above_tokens"
SERVICE_TIER: Final = "service_tier"
TIERS: Final = "tiers"

_FIELDS: Final = MappingProxyType({name: field for field, name in RATES.items()})
_MOST: Final = MappingProxyType(
    {
        **dict.fromkeys(TOKEN_RATES, PRICE_LIMIT * 10**PRICE_DECIMALS),
        **dict.fromkeys(UNIT_RATES, UNIT_LIMIT * 10**UNIT_DECIMALS),
    }
)
"""Picodollars that each rate is at most."""

Faults = list[Mapping[str, str]]


def trimmed(amount: Decimal) -> Decimal:
    """Without zeros at its end and without an exponent, so that equal prices are written alike."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize()


def in_usd(field: str, rate: Picodollars) -> Decimal:
    """A rate as the amount that people write."""
    return trimmed(Decimal(rate).scaleb(-(UNIT_DECIMALS if field in UNIT_RATES else PRICE_DECIMALS)))


def shown_rates(rates: Rates) -> JsonObject:
    """The rates that are said, in USD."""
    said = ((field, name, getattr(rates, field)) for field, name in RATES.items())
    return {name: in_usd(field, rate) for field, name, rate in said if rate is not None}


def shown_list(prices: PriceList) -> JsonObject:
    """A list as `read_list` takes it."""
    shown = shown_rates(prices.rates)
    if prices.tiers:
        shown[TIERS] = [_shown_tier(tier) for tier in prices.tiers]
    return shown


def read_list(given: Mapping[str, Json], *, path: str = "") -> tuple[PriceList, Faults]:
    """What a JSON object says a price is, and everything that is wrong with it. `path` is where the object stands."""
    faults: Faults = []
    at = f"{path}." if path else ""
    rates = _read_rates({name: value for name, value in given.items() if name != TIERS}, at, faults)
    if not faults and rates == Rates():
        faults.append(detail(path, f"a price says at least one of {', '.join(RATES.values())}"))
    return PriceList(rates=rates, tiers=_read_tiers(given.get(TIERS), f"{at}{TIERS}", faults)), faults


def lists_problem(value: Json) -> str | None:
    """What is wrong with the dated price lists of a document."""
    if not isinstance(value, list | tuple) or not all(isinstance(each, PriceFrom) for each in value):
        return f"a list of dated price lists, not {found(value)}"
    if len(value) > LISTS_LIMIT:
        return f"at most {LISTS_LIMIT} price lists, not {len(value)}"
    last = -math.inf
    for index, each in enumerate(value):
        if not last < each.effective_at < math.inf:
            return f"price lists that count from ascending times, unlike item {index}"
        last = each.effective_at
        if (wrong := _list_problem(each.prices)) is not None:
            return f"item {index}: {wrong}"
    return None


def _shown_tier(tier: PriceTier) -> JsonObject:
    shown: JsonObject = {}
    if tier.above:
        shown[ABOVE] = tier.above
    if tier.service_tier:
        shown[SERVICE_TIER] = tier.service_tier
    return {**shown, **shown_rates(tier.rates)}


def _read_rates(given: Mapping[str, Json], at: str, faults: Faults, *, besides: Collection[str] = ()) -> Rates:
    said: dict[str, Picodollars] = {}
    for name, value in given.items():
        field = _FIELDS.get(name)
        if field is None:
            accepted = ", ".join((*besides, *_FIELDS, *(() if besides else (TIERS,))))
            faults.append(detail(f"{at}{name}", f"unknown field; accepted: {accepted}"))
        elif value is not None:
            wrong = price(value) if field in TOKEN_RATES else _unit_price(value)
            if wrong is None:
                said[field] = _picodollars(field, value)
            else:
                faults.append(detail(f"{at}{name}", f"'{at}{name}' takes {wrong}"))
    return Rates(**said)


def _read_tiers(value: Json, path: str, faults: Faults) -> tuple[PriceTier, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > TIERS_LIMIT:
        shown = len(value) if isinstance(value, list) else found(value)
        faults.append(detail(path, f"{path!r} takes a list of at most {TIERS_LIMIT} tiers, not {shown}"))
        return ()
    tiers: list[PriceTier] = []
    for index, given in enumerate(value):
        at = f"{path}[{index}]"
        if not isinstance(given, dict):
            faults.append(detail(at, f"{at!r} takes an object, not {found(given)}"))
            continue
        sound = len(faults)
        tier = _read_tier(given, f"{at}.", faults)
        if len(faults) == sound and (wrong := _tier_problem(tier, tiers)) is not None:
            faults.append(detail(at, f"{at!r} takes {wrong}"))
        tiers.append(tier)
    return tuple(tiers)


def _read_tier(given: Mapping[str, Json], at: str, faults: Faults) -> PriceTier:
    above, service_tier = given.get(ABOVE), given.get(SERVICE_TIER)
    if above is not None and (wrong := integer(above)) is not None:
        faults.append(detail(f"{at}{ABOVE}", f"'{at}{ABOVE}' takes {wrong}"))
        above = None
    if service_tier is not None and (wrong := _service_tier_problem(service_tier)) is not None:
        faults.append(detail(f"{at}{SERVICE_TIER}", f"'{at}{SERVICE_TIER}' takes {wrong}"))
        service_tier = None
    rest = {name: value for name, value in given.items() if name not in (ABOVE, SERVICE_TIER)}
    rates = _read_rates(rest, at, faults, besides=(ABOVE, SERVICE_TIER))
    return PriceTier(service_tier=service_tier or "", above=above or 0, rates=rates)


def _list_problem(prices: PriceList) -> str | None:
    if prices.rates == Rates():
        return "a price of something"
    if len(prices.tiers) > TIERS_LIMIT:
        return f"at most {TIERS_LIMIT} tiers, not {len(prices.tiers)}"
    for number, tier in enumerate(prices.tiers):
        if (wrong := _tier_problem(tier, prices.tiers[:number])) is not None:
            return f"{TIERS}[{number}]: {wrong}"
    for rates in (prices.rates, *(tier.rates for tier in prices.tiers)):
        for field, rate in msgspec.structs.asdict(rates).items():
            if rate is not None and not 0 <= rate <= _MOST[field]:
                return f"{RATES[field]!r} from 0 to {in_usd(field, _MOST[field])}, not {in_usd(field, rate)}"
    return None


def _tier_problem(tier: PriceTier, others: Iterable[PriceTier]) -> str | None:
    if not tier.above and not tier.service_tier:
        return f"{ABOVE!r} above 0, {SERVICE_TIER!r}, or both"
    if not 0 <= tier.above <= INTEGER_LIMIT:
        return f"{ABOVE!r} from 0 to {INTEGER_LIMIT}, not {found(tier.above)}"
    if tier.service_tier and (wrong := _service_tier_problem(tier.service_tier)) is not None:
        return f"{SERVICE_TIER!r} as {wrong}"
    if tier.rates == Rates():
        return f"at least one of {', '.join(RATES.values())}"
    if any((each.service_tier, each.above) == (tier.service_tier, tier.above) for each in others):
        return "another length or service tier than the tiers before it"
    return None


def _service_tier_problem(value: Json) -> str | None:
    wanted = f"a service tier of 1 to {SERVICE_TIER_LIMIT} printable characters"
    if not isinstance(value, str) or not 1 <= len(value) <= SERVICE_TIER_LIMIT:
        return f"{wanted}, not {found(value)}"
    return None if value.isprintable() and text_fault(value) is None else f"{wanted}, not {found(value)}"


def _unit_price(value: Json) -> str | None:
    amount = as_decimal(value)
    if amount is None or not 0 <= amount <= UNIT_LIMIT or amount != amount.quantize(Decimal(1).scaleb(-UNIT_DECIMALS)):
        return f"a number from 0 to {UNIT_LIMIT} with at most {UNIT_DECIMALS} decimals, not {found(value)}"
    return None


def _picodollars(field: str, value: Json) -> Picodollars:
    amount = as_decimal(value)
    assert amount is not None, "checked"
    return int(amount.scaleb(UNIT_DECIMALS if field in UNIT_RATES else PRICE_DECIMALS))
