"""Who has set a price, and for whose money that counts.

An entry without a key of its own is paid with one of a wider scope, while its own people write its price. So a price
list carries who has set it, as the widest kind of scope around the entry's own that the writer administers: "" is
whoever may write the entry. Nothing but writing a list gives it more than it has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.entry import Document
from headgate.catalogue.price import PriceFrom
from headgate.catalogue.pricing import in_force, planned
from headgate.catalogue.scope import Scope, ScopeKind

OWN: Final = ""
ORGANIZATION: Final = ScopeKind.ORGANIZATION.value
PLATFORM: Final = ScopeKind.PLATFORM.value
BUNDLED: Final = "bundled"
"""A price of the server's data set, which nobody can write."""

_WIDTHS: Final = MappingProxyType({OWN: 0, ORGANIZATION: 1, PLATFORM: 2})
_EVERY: Final = frozenset({OWN, ORGANIZATION, PLATFORM, BUNDLED})
_LENT: Final[Mapping[ScopeKind, frozenset[str]]] = MappingProxyType(
    {ScopeKind.ORGANIZATION: frozenset({ORGANIZATION, PLATFORM}), ScopeKind.PLATFORM: frozenset({PLATFORM})}
)


def is_wider(one: str, than: str) -> bool:
    """Whether one who sets prices is above another."""
    return _WIDTHS[one] > _WIDTHS[than]


def standing(price: PriceFrom | None, scope: Scope) -> str:
    """What a list of an entry of a scope is worth; None: the short form. The platform's own entries are paid with
    nobody else's money."""
    if scope.kind is ScopeKind.PLATFORM:
        return PLATFORM
    if price is None:
        return OWN
    return BUNDLED if price.source == BUNDLED else price.set_by


def counting(lender: ScopeKind | None, *, of_its_provider: bool) -> frozenset[str]:
    """The standings that count for calls with a key of `lender`; None: one that the entry has for itself, or none.

    What the data set says of one provider says nothing of calls with the key of another: `of_its_provider`.
    """
    if lender is None:
        return _EVERY
    return _LENT[lender] | {BUNDLED} if of_its_provider else _LENT[lender]


def signed(before: Document | None, after: Document, *, by: str, wall: float) -> Document:
    """A document with a short form that was written at `wall` as a dated list, if it was set by more than its own
    people. One that stood before is left as it is: whoever sends it back has not set it."""
    found = in_force(after, wall)
    if by == OWN or found is None or found.effective_at > -math.inf:
        return after
    if before is not None and in_force(before, wall) == found:
        return after
    # In milliseconds, as instants are written.
    made = PriceFrom(effective_at=math.floor(wall * 1000) / 1000, prices=found.prices, set_by=by)
    return msgspec.structs.replace(after, prices=(made, *after.prices))


def bounded(before: Document | None, after: Document, *, by: str) -> Document:
    """`after` without any list that claims to be set by more than who writes it, but for those that stood in
    `before`: None where that was of another model, or there was nothing."""
    stood = before.prices if before is not None else ()
    prices = tuple(
        msgspec.structs.replace(each, set_by=by) if is_wider(each.set_by, by) and each not in stood else each
        for each in after.prices
    )
    return after if prices == after.prices else msgspec.structs.replace(after, prices=prices)


def taken_back(before: Document, after: Document, *, by: str, wall: float) -> PriceFrom | None:
    """A planned list that `after` lacks and that was set by more than who writes it."""
    left = {(each.effective_at, each.prices, each.set_by) for each in after.prices}
    for each in planned(before, wall):
        if is_wider(each.set_by, by) and (each.effective_at, each.prices, each.set_by) not in left:
            return each
    return None
