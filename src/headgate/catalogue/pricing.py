"""The prices of a document: which counts when, and what becomes of them when it is written.

A document carries a short form, which counts until the first of its dated lists begins. People see and write the short
form of the price in force: what is sent back as it was shown changes nothing, another one counts from that instant on.
What counted before is no part of the document any more: it is in the revisions.
"""

from __future__ import annotations

import math

import msgspec

from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.price import PriceFrom, PriceList, Rates
from headgate.catalogue.price_form import in_usd
from headgate.core.money import per_token


def of_short_form(pricing: Pricing | None) -> PriceList | None:
    """The list that a short form stands for; None: unpriced."""
    if pricing is None or pricing.input_per_1m_tokens is None or pricing.output_per_1m_tokens is None:
        return None
    return PriceList(
        rates=Rates(input=per_token(pricing.input_per_1m_tokens), output=per_token(pricing.output_per_1m_tokens))
    )


def short_form_of(prices: PriceList | None) -> Pricing | None:
    """What a list says of input and output; None if it says nothing of either."""
    rates = prices.rates if prices is not None else Rates()
    if rates.input is None and rates.output is None:
        return None
    return Pricing(in_usd("input", rates.input or 0), in_usd("output", rates.output or 0))


def in_force(document: Document, wall: float) -> PriceFrom | None:
    """The price at a Unix time; None if the document has none then. The short form has always counted."""
    found = None
    for each in document.prices:
        if each.effective_at > wall:
            break
        found = each
    if found is not None:
        return found
    first = of_short_form(document.pricing)
    return None if first is None else PriceFrom(effective_at=-math.inf, prices=first)


def short_form(document: Document, wall: float) -> Pricing | None:
    """What is shown as the price at a Unix time."""
    if not document.prices or document.prices[0].effective_at > wall:
        return document.pricing
    found = in_force(document, wall)
    return short_form_of(found.prices if found is not None else None)


def planned(document: Document, wall: float) -> tuple[PriceFrom, ...]:
    """The lists that count from a later time."""
    return tuple(each for each in document.prices if each.effective_at > wall)


def as_shown(document: Document, wall: float) -> Document:
    """The document as people see it at a Unix time, and write it back."""
    shown = short_form(document, wall)
    return document if shown == document.pricing else msgspec.structs.replace(document, pricing=shown)


def rewritten(before: Document, after: Document, *, wall: float) -> Document:
    """What is stored of `after`, which a write at `wall` made of `before` as it was shown."""
    if after.prices != before.prices:
        # Whole lists were written, by somebody who knows of the short form.
        return after
    if after.pricing == short_form(before, wall):
        return after if after.pricing == before.pricing else msgspec.structs.replace(after, pricing=before.pricing)
    return msgspec.structs.replace(after, prices=planned(before, wall)) if before.prices else after


def with_list(shown: Document, added: PriceFrom, *, wall: float) -> Document:
    """A document, as shown at `wall`, with another list. It takes the place of one that counts from the same instant;
    what it ends by counting at once is left to the revisions."""
    later = tuple(each for each in planned(shown, wall) if each.effective_at != added.effective_at)
    if added.effective_at <= wall:
        return msgspec.structs.replace(shown, pricing=short_form_of(added.prices), prices=(added, *later))
    held = tuple(each for each in shown.prices if each.effective_at <= wall)[-1:]
    lists = sorted((*later, added), key=lambda each: each.effective_at)
    return msgspec.structs.replace(shown, prices=(*held, *lists))


def without_list(shown: Document, effective_at: float) -> Document:
    """A document without the list that counts from an instant."""
    return msgspec.structs.replace(
        shown, prices=tuple(each for each in shown.prices if each.effective_at != effective_at)
    )
