"""What an entry costs: price lists with effective dates, and the form of one that a request is reckoned with.

A price list is immutable and named by its content, so that a ledger row that pins its id can be reckoned again by
anybody who has the list. All amounts are picodollars of one unit: a token, a picture, a request, a second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from headgate.core.money import Picodollars
from headgate.core.usage import Usage


class Rates(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Picodollars of one unit of each bucket of `Usage`; `request` is for each attempt that is billed. None: not
    said, and `FALLBACKS` tell what counts instead."""

    input: Picodollars | None = None
    cached_input: Picodollars | None = None
    cache_write: Picodollars | None = None
    cache_write_1h: Picodollars | None = None
    output: Picodollars | None = None
    reasoning: Picodollars | None = None
    audio_input: Picodollars | None = None
    audio_output: Picodollars | None = None
    image_input: Picodollars | None = None
    image: Picodollars | None = None
    request: Picodollars | None = None
    search: Picodollars | None = None
    tool: Picodollars | None = None
    second: Picodollars | None = None


FALLBACKS: Final = {
    "cached_input": "input",
    "cache_write": "input",
    "cache_write_1h": "cache_write",
    "reasoning": "output",
    "audio_input": "input",
    "audio_output": "output",
    "image_input": "input",
}
"""The rate that stands in for one that is not said. `request` is nothing then; of pictures, searches, tools and
seconds nothing is known, and usage that has them has no cost."""


class PriceTier(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Rates that count instead of the list's own where they are said: for an answer by `service_tier` ("": any), whose
    prompt is longer than `above` tokens. They hold for all of the answer, not for what lies above."""

    service_tier: str = ""
    above: int = 0
    rates: Rates


class PriceList(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All that one price says. Of the tiers that an answer falls into, one of its own service tier goes before one of
    any, then the longest context."""

    rates: Rates
    tiers: tuple[PriceTier, ...] = ()

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits that stand for the content."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


class PriceFrom(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A price list and the Unix time from which it counts. `source` is where it came from: `manual`, or `bundled` with
    the data set's version in `version`. `set_by` is the widest kind of scope around that of the entry that whoever set
    it administers, "" for who may write the entry and no more. `set_for` is the provider and the upstream model that a
    list was set for which does not stand in the entry's document.
    """

    effective_at: float
    prices: PriceList
    source: str = "manual"
    version: str = ""
    set_by: str = ""
    set_for: tuple[str, str] | None = None


class Rate(msgspec.Struct, frozen=True, gc=False):
    """The rates of one tier, fallbacks resolved. None where nothing is known of a bucket."""

    input: Picodollars
    output: Picodollars
    cached_input: Picodollars
    cache_write: Picodollars
    cache_write_1h: Picodollars
    reasoning: Picodollars
    audio_input: Picodollars
    audio_output: Picodollars
    image_input: Picodollars
    request: Picodollars = 0
    image: Picodollars | None = None
    search: Picodollars | None = None
    tool: Picodollars | None = None
    second: Picodollars | None = None


class Price(msgspec.Struct, frozen=True, gc=False):
    """A price list as requests are reckoned with. `tiers` are in the order in which they are tried; `source` is the
    list itself."""

    id: str
    base: Rate
    source: PriceList
    tiers: tuple[tuple[str, int, Rate], ...] = ()

    def rate(self, usage: Usage) -> Rate:
        """The rates of the tier that an answer falls into."""
        if self.tiers:
            prompt = usage.prompt
            for service_tier, above, rate in self.tiers:
                if prompt > above and service_tier in ("", usage.tier):
                    return rate
        return self.base


class Timed(msgspec.Struct, frozen=True, gc=False):
    """A price from an instant on; None: unpriced from then on. `standing` says for whose money it counts, `set_for` of
    which provider and upstream model, if that is not what the entry says."""

    effective_at: float
    price: Price | None
    standing: str = ""
    set_for: tuple[str, str] | None = None


Schedule = tuple[Timed, ...]
"""The prices of an entry, oldest first."""


def resolved(prices: PriceList) -> Price:
    """The running form of a price list. Without a rate of input or output it takes zero for it: `PriceList`s that
    price neither tokens nor anything else are refused where they are written."""
    tiers = sorted(prices.tiers, key=lambda tier: (tier.service_tier == "", -tier.above))
    return Price(
        prices.id,
        _rate(prices.rates),
        prices,
        tuple((tier.service_tier, tier.above, _rate(_laid(prices.rates, tier.rates))) for tier in tiers),
    )


def timed_at(schedule: Sequence[Timed], wall: float) -> Timed:
    """What is in force at an instant, at which the first counts already."""
    found = schedule[0]
    for timed in schedule:
        if timed.effective_at > wall:
            break
        found = timed
    return found


def _laid(below: Rates, above: Rates) -> Rates:
    said = {name: value for name, value in msgspec.structs.asdict(above).items() if value is not None}
    return msgspec.structs.replace(below, **said)


def _rate(rates: Rates) -> Rate:
    said = msgspec.structs.asdict(rates)
    for name, instead in FALLBACKS.items():
        if said[name] is None:
            said[name] = said[instead]
    for name in ("input", "output", "request", *FALLBACKS):
        if said[name] is None:
            said[name] = 0
    return Rate(**said)
