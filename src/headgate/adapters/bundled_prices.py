"""The prices of the bundled data set, genai-prices, as price lists of ours.

The data set is loaded when it is first asked, on the thread that asks, because it takes a fifth of a second and 20 MB.
Either all that it says of a model is told exactly, or nothing is: an amount that is no whole number of picodollars, a
price that depends on the hour of the day or on what no answer tells, a unit that has no bucket of its own and another
price than the bucket that its units stand in. Only fees may be left out, because usage that has them has no cost then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from headgate.catalogue.price import PriceFrom, PriceList, PriceTier, Rates
from headgate.core.money import MAX_COST, PICODOLLARS_PER_USD, Picodollars

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

    _Amount = Decimal | TieredPrices
    _Prices = Mapping[str, _Amount]

DATA_SET: Final = "genai-prices"

PROVIDERS: Final = MappingProxyType(
    {
        "openai": "openai",
        "azure": "azure",
        "claude": "anthropic",
        "gemini": "google",
        "vertex": "google",
        "bedrock": "aws",
        "cohere": "cohere",
        "mistral": "mistral",
        "groq": "groq",
        "deepseek": "deepseek",
        "openrouter": "openrouter",
        "together": "together",
        "fireworks": "fireworks",
        "xai": "x-ai",
        "zhipu": "zhipuai",
    }
)
"""The data set's names of our providers. Plans that are paid by the month are not among them."""

_MILLION: Final = 10**6
_UNITS: Final = MappingProxyType(
    {
        "input_mtok": ("input", _MILLION),
        "output_mtok": ("output", _MILLION),
        "cache_read_mtok": ("cached_input", _MILLION),
        "cache_write_mtok": ("cache_write", _MILLION),
        "cache_write_1h_mtok": ("cache_write_1h", _MILLION),
        "output_reasoning_mtok": ("reasoning", _MILLION),
        "input_audio_mtok": ("audio_input", _MILLION),
        "output_audio_mtok": ("audio_output", _MILLION),
        "input_image_mtok": ("image_input", _MILLION),
        "requests_kcount": ("request", 1000),
        "web_searches_kcount": ("search", 1000),
        "audio_hours": ("second", 3600),
    }
)
"""Our rate for each price of the data set, and how many of our units that price is for."""

_WITHIN: Final = MappingProxyType(
    {
        "input_text_mtok": "input_mtok",
        "input_video_mtok": "input_mtok",
        "output_text_mtok": "output_mtok",
        "output_image_mtok": "output_mtok",
        "output_video_mtok": "output_mtok",
        "cache_text_read_mtok": "cache_read_mtok",
        "cache_audio_read_mtok": "cache_read_mtok",
        "cache_image_read_mtok": "cache_read_mtok",
        "cache_video_read_mtok": "cache_read_mtok",
        "cache_write_5m_mtok": "cache_write_mtok",
        "input_audio_hours": "audio_hours",
    }
)
"""Prices of units that stand in a bucket with others, and the price of that bucket."""

_FEES: Final = frozenset({"storage_searches_kcount"})
"""Which of the provider's own tools was used is not told apart, so none of them has a price from here."""
_NOTHING: Final[Mapping[str, Decimal]] = MappingProxyType({})
_ROUNDED_UP: Final = frozenset({"groq"})
"""Who bills at least so many seconds for each request: seconds alone do not say what it costs."""


def bundled_price(provider: str, model: str, /, *, wall: float) -> PriceFrom | None:
    """What the data set says that a model costs from `wall` on, by our provider's id and the provider's model name.
    None if it does not know it, or says what cannot be told exactly."""
    theirs = PROVIDERS.get(provider)
    found = _model(theirs, model) if theirs is not None else None
    if found is None:
        return None
    info, own = found
    prices = _price_list(info, datetime.fromtimestamp(wall, UTC), variants=own)
    if prices is None or (theirs in _ROUNDED_UP and prices.rates.second is not None):
        return None
    return PriceFrom(effective_at=wall, prices=prices, source="bundled", version=f"{DATA_SET} {version(DATA_SET)}")


def _model(provider: str, name: str) -> tuple[ModelInfo, bool] | None:
    """A model, and whether the provider's own rows have it: the prices of another's that it resells are the plain
    ones."""
    from genai_prices.data import providers  # noqa: PLC0415 - see above

    row = next((each for each in providers if each.id == provider), None)
    info = row.find_model(name, all_providers=providers) if row is not None else None
    return (info, any(info is each for each in row.models)) if row is not None and info is not None else None


def _price_list(info: ModelInfo, at: datetime, *, variants: bool) -> PriceList | None:
    plain = _plain(info, at)
    base = _rates(plain, 0) if plain is not None else None
    by_tier = _by_service_tier(info, at) if variants else {}
    if plain is None or not base or by_tier is None:
        return None
    tiers: list[PriceTier] = []
    for service_tier, special in [("", _NOTHING), *by_tier.items()]:
        prices = {**plain, **special}
        starts = _starts(prices)
        for above in starts if service_tier == "" else (0, *starts):
            rates = _rates(prices, above)
            if rates is None:
                return None
            # A tier that is like the list itself still comes before the tiers of any service tier.
            different = {name: amount for name, amount in rates.items() if base.get(name) != amount} or rates
            tiers.append(PriceTier(service_tier=service_tier, above=above, rates=Rates(**different)))
    return PriceList(rates=Rates(**base), tiers=tuple(tiers))


def _plain(info: ModelInfo, at: datetime) -> _Prices | None:
    """The prices in force of a request that asks for nothing special; None if they change with the hour."""
    from genai_prices.types import ModelPrice, TimeOfDateConstraint  # noqa: PLC0415 - see above

    if isinstance(info.prices, ModelPrice):
        return _said(info.prices)
    for each in reversed(info.prices):
        if isinstance(each.constraint, TimeOfDateConstraint):
            return None
        if each.constraint is None or each.constraint.active(at):
            return _said(each.prices)
    return None


def _by_service_tier(info: ModelInfo, at: datetime) -> dict[str, _Prices] | None:
    """What differs by the service tier that an answer tells, the speed that it was made with among them. None if a
    price depends on anything else; batches are never asked for."""
    from genai_prices.types import TimeOfDateConstraint  # noqa: PLC0415 - see above

    found: dict[str, _Prices] = {}
    for variant in info.price_variants or ():
        [(what, word), *more] = variant.when.items()
        if what == "processing":
            continue
        if more or what not in ("service_tier", "speed") or isinstance(variant.constraint, TimeOfDateConstraint):
            return None
        if variant.constraint is None or variant.constraint.active(at):
            found[word] = {**_said(variant.prices), **found.get(word, {})}
    return {word: prices for word, prices in found.items() if prices}


def _said(prices: ModelPrice) -> _Prices:
    return {key: amount for key, amount in vars(prices).items() if amount is not None}


def _starts(prices: _Prices) -> list[int]:
    """The lengths of context above which something costs something else."""
    tiered = (amount for amount in prices.values() if not isinstance(amount, Decimal))
    return sorted({tier.start for amount in tiered for tier in amount.tiers if tier.start > 0})


def _rates(prices: _Prices, above: int) -> dict[str, Picodollars] | None:
    """The rates for prompts longer than `above`, None if they cannot be told exactly."""
    rates = dict(_exact(prices, above))
    if None in rates.values() or (rates.keys() - {"request", "search", "second"} and "input" not in rates):
        return None
    return {name: amount for name, amount in rates.items() if amount is not None}


def _exact(prices: _Prices, above: int) -> Iterator[tuple[str, Picodollars | None]]:
    for key, amount in prices.items():
        if key in _UNITS:
            name, units = _UNITS[key]
            yield name, _picodollars(_at(amount, above), units)
        elif key in _WITHIN:
            bucket = prices.get(_WITHIN[key])
            if bucket is None or _at(bucket, above) != _at(amount, above):
                yield key, None
        elif key not in _FEES:
            yield key, None


def _at(amount: _Amount, above: int) -> Decimal:
    if isinstance(amount, Decimal):
        return amount
    return next((tier.price for tier in reversed(amount.tiers) if tier.start <= above), amount.base)


def _picodollars(usd: Decimal, units: int) -> Picodollars | None:
    exact = Fraction(usd) * PICODOLLARS_PER_USD / units if usd.is_finite() else Fraction(-1)
    return exact.numerator if exact.denominator == 1 and 0 <= exact <= MAX_COST else None
