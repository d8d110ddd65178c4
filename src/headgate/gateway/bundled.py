"""The price that an entry has from its creation on when nobody said one: what the bundled data set knows of its model.

It is written once, as a price list of the entry like any other, and never changes by itself. What the data set says
later is for the drift report. It is about one model, and goes when calls of the entry go to another.
"""

from __future__ import annotations

import math
from typing import Final, Protocol

import msgspec

from headgate.catalogue.entry import Document
from headgate.catalogue.price import PriceFrom, PriceList, Rates
from headgate.catalogue.pricing import in_force, planned, short_form_of
from headgate.catalogue.providers import Providers
from headgate.catalogue.rules import check
from headgate.catalogue.standing import BUNDLED
from headgate.catalogue.upstream import named_provider

_FREE: Final = PriceList(rates=Rates(input=0, output=0))
_MOCK: Final = "mock"


class BundledPrices(Protocol):
    """What a data set says that models cost. It may take long to answer the first time: never ask on the event loop."""

    def __call__(self, provider: str, model: str, /, *, wall: float) -> PriceFrom | None:
        """The price of a provider's model from a Unix time on; None if it is not known exactly."""


def knows_none(_provider: str, _model: str, /, *, wall: float) -> PriceFrom | None:  # noqa: ARG001 - of the contract
    """The `BundledPrices` of no data set."""
    return None


def bundled_price(document: Document, *, providers: Providers, known: BundledPrices, wall: float) -> PriceFrom | None:
    """What the data set says of the model that calls of a document go to. What is built in costs nothing."""
    provider, model, _ = named_provider(document, providers)
    if provider is None:
        return None
    if provider.dialect == _MOCK:
        return PriceFrom(effective_at=wall, prices=_FREE, source=BUNDLED)
    return known(provider.id, model, wall=wall)


def priced(document: Document, *, providers: Providers, known: BundledPrices, wall: float) -> Document:
    """The document of a new entry, with the bundled price unless it says one itself."""
    if document.pricing is not None or document.prices:
        return document
    # In milliseconds, as instants are written.
    found = bundled_price(document, providers=providers, known=known, wall=math.floor(wall * 1000) / 1000)
    if found is None:
        return document
    made = msgspec.structs.replace(document, pricing=short_form_of(found.prices), prices=(found,))
    # The data set may know prices that the rules do not let in; an entry that nobody can change is worse than none.
    return document if check(made) else made


def repriced(document: Document, *, providers: Providers, known: BundledPrices, wall: float) -> Document:
    """The document of an entry whose calls go to another model by now: with what is known of that one where the price
    in force was known of the former. What people have planned stays."""
    held = in_force(document, wall)
    written = tuple(each for each in document.prices if each.source != BUNDLED)
    if held is None or held.source != BUNDLED:
        return msgspec.structs.replace(document, prices=written)
    bare = msgspec.structs.replace(document, pricing=None, prices=())
    made = priced(bare, providers=providers, known=known, wall=wall)
    later = tuple(each for each in planned(document, wall) if each.source != BUNDLED)
    return msgspec.structs.replace(made, prices=(*made.prices, *later))
