"""Whole price lists of an entry: reading them as of an instant, and writing them, to count at once or later.

A price is a part of the entry's document, so that writing one is a change of the catalogue like any other, and what
counted when is told by the revisions, which nobody can write again. For the same reason nothing is priced backwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from headgate.access.entries import authority_over, may_write
from headgate.catalogue.entry import Document
from headgate.catalogue.offer import Offer, document_of
from headgate.catalogue.price import PriceFrom, PriceList
from headgate.catalogue.pricing import in_force, planned, with_list, without_list
from headgate.catalogue.revision import Revision
from headgate.catalogue.scope import Scope
from headgate.catalogue.standing import is_wider
from headgate.core.errors import Conflict, InvalidBody, NotFound, detail
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Write, Written
from headgate.gateway.administer_desk import Desk, target

GRACE: Final = 5.0
"""Seconds by which an instant may lie in the past and still mean now: clocks differ."""
LAST: Final = 253_402_300_799.0
"""The end of the year 9999, the last that a time can be written in."""

_EFFECTIVE_AT: Final = "effective_at"
_WITHIN: Final = 0.000_999
_SCANNED: Final = 100
"""Revisions of an entry that are looked through at a time for those that changed its prices."""


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A revision that changed an entry's prices, and what it left: what counted from then on, and what was planned."""

    revision: Revision
    price: PriceFrom | None
    planned: tuple[PriceFrom, ...]


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of an entry at `at`: in force (None: unpriced), and known then to come. `history` is newest first."""

    offer: Offer
    at: float
    price: PriceFrom | None
    planned: tuple[PriceFrom, ...]
    history: tuple[PriceChange, ...]


class PriceLists:
    """The use cases about whole price lists. `read` may run on any thread but the event loop's, the rest on the
    writer's."""

    def __init__(self, desk: Desk, administer: Administer) -> None:
        self._desk = desk
        self._administer = administer

    def read(
        self,
        by: Principal,
        name: str,
        *,
        scope: Scope | None,
        as_of: float | None = None,
        before: int | None = None,
        limit: int = _SCANNED,
    ) -> Sheet:
        """The prices as of an instant, now unless told, with up to `limit` changes below revision `before`.

        For whoever sees the entry. ModelNotFound, ModelNotAllowed.
        """
        snapshot = self._desk.snapshot
        offer = target(snapshot, by, name=name, scope=scope)
        if not may_write(by, offer.scope):
            snapshot.resolve(by, offer.uid)
        now = self._desk.clock.wall()
        at = now if as_of is None else as_of
        # Instants are shown in milliseconds: one that was read from an answer means all of its millisecond.
        until = at + _WITHIN
        document = document_of(offer) if at >= now else self._document_at(offer, until)
        last = next(self._changes(offer, until=until, before=None), None)
        price = _dated(in_force(document, at), last.revision.at if last else at) if document is not None else None
        return Sheet(
            offer=offer,
            at=at,
            price=price,
            planned=planned(document, at) if document is not None else (),
            history=tuple(islice(self._changes(offer, until=until, before=before), limit)),
        )

    def add(
        self,
        by: Principal,
        name: str,
        *,
        prices: PriceList,
        effective_at: float | None,
        scope: Scope | None,
        if_match: str | None = None,
    ) -> Written:
        """A list that counts from an instant on, now unless told; it takes the place of one that was to count from
        the same. InvalidBody for an instant in the past, else what any change of the entry may raise."""
        self._desk.catch_up()
        by_whom = authority_over(by, target(self._desk.snapshot, by, name=name, scope=scope).scope)
        now = self._desk.clock.wall()
        added = PriceFrom(effective_at=counting_from(effective_at, now), prices=prices, set_by=by_whom)

        def change(document: Document) -> Write:
            held = in_force(document, now) if added.effective_at <= now else None
            if held is not None and _adds_nothing(added, held):
                return Write(document)
            return Write(with_list(document, added, wall=now))

        return self._administer.update(by, name, change=change, scope=scope, if_match=if_match)

    def withdraw(
        self, by: Principal, name: str, *, effective_at: float, scope: Scope | None, if_match: str | None = None
    ) -> Written:
        """Take back the list that was to count from an instant. NotFound, Conflict for one that counts already, else
        what any change of the entry may raise."""
        now = self._desk.clock.wall()

        def change(document: Document) -> Write:
            if not any(each.effective_at == effective_at for each in document.prices):
                raise NotFound("no price is planned for that time")
            if effective_at <= now:
                raise Conflict("this price counts already, and calls may have been charged it: write another one")
            return Write(without_list(document, effective_at))

        return self._administer.update(by, name, change=change, scope=scope, if_match=if_match)

    def _document_at(self, offer: Offer, until: float) -> Document | None:
        last = self._desk.store.revisions_of(offer.scope, offer.uid, before=None, limit=1, until=until)
        after = last[0].changes[0].after if last else None
        return after.document if after is not None else None

    def _changes(self, offer: Offer, *, until: float, before: int | None) -> Iterator[PriceChange]:
        while True:
            found = self._desk.store.revisions_of(offer.scope, offer.uid, before=before, limit=_SCANNED, until=until)
            for revision in found:
                change = revision.changes[0]
                old = change.before.document if change.before is not None else None
                new = change.after.document if change.after is not None else None
                if _said(old) != _said(new):
                    yield PriceChange(
                        revision=revision,
                        price=_dated(in_force(new, revision.at), revision.at) if new is not None else None,
                        planned=planned(new, revision.at) if new is not None else (),
                    )
            if len(found) < _SCANNED:
                return
            before = found[-1].number


def _dated(price: PriceFrom | None, written_at: float) -> PriceFrom | None:
    """The price with when it counts from: a short form from when it was written."""
    if price is None or price.effective_at > -math.inf:
        return price
    return msgspec.structs.replace(price, effective_at=written_at)


def _adds_nothing(added: PriceFrom, held: PriceFrom) -> bool:
    """Whether the price in force says the same, and counts for as much."""
    return (held.prices, held.source) == (added.prices, added.source) and not is_wider(added.set_by, held.set_by)


def _said(document: Document | None) -> tuple[object, ...]:
    return (document.pricing, document.prices) if document is not None else (None, ())


def counting_from(effective_at: float | None, now: float) -> float:
    """When a list counts from: an instant to come, or now. In milliseconds, as instants are written."""
    if effective_at is None or now - GRACE <= effective_at <= now:
        return math.floor(now * 1000) / 1000
    message = f"{_EFFECTIVE_AT!r} takes a time to come, or nothing to count at once"
    if effective_at < now:
        raise InvalidBody(
            f"{message}: backdating would change what was charged", details=[detail(_EFFECTIVE_AT, message)]
        )
    if effective_at > LAST:
        raise InvalidBody(message, details=[detail(_EFFECTIVE_AT, f"{message}, until the end of the year 9999")])
    return round(effective_at * 1000) / 1000
