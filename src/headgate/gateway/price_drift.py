"""How the prices in force differ from what the bundled data set says by now: told, accepted or left alone, and never
applied by themselves.

Prices are compared by what they charge, not by what they say: a rate that is not said counts as the one that stands in
for it. Tiers are compared as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from headgate.access.entries import authority_over, may_write
from headgate.catalogue.entry import Document
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import FALLBACKS, PriceFrom, PriceList, PriceTier, Rate, Rates, resolved
from headgate.catalogue.price_form import RATES, TIERS, in_usd, shown_list
from headgate.catalogue.pricing import in_force, with_list
from headgate.catalogue.scope import Scope, parse
from headgate.catalogue.upstream import Route
from headgate.core.errors import Conflict, Forbidden, InvalidBody, detail
from headgate.core.json import Json, encode
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Write
from headgate.gateway.administer_desk import Desk, target
from headgate.gateway.price_lists import counting_from

FIELDS: Final = (*RATES.values(), TIERS)
"""What a difference may be about, by the names in which people write prices."""
_BY_NAME: Final = {name: field for field, name in RATES.items()}


class Difference(msgspec.Struct, frozen=True, gc=False):
    """One field of a price: what it is here and what the data set says, as people write it; None: nothing."""

    field: str
    ours: Json
    theirs: Json

    @property
    def said(self) -> str:
        """What the data set says, for comparing."""
        return encode(self.theirs).decode()


class Drift(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An entry's price in force (None: unpriced) and how it differs from the data set's."""

    offer: Offer
    ours: PriceList | None
    theirs: PriceFrom
    fields: tuple[Difference, ...]


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """A difference that is left alone for as long as the data set says just this. Time in Unix seconds."""

    uid: str
    field: str
    said: str
    at: float
    by: str


class IgnoredStore(Protocol):
    """Keeps what is left alone, by entry and field. It ends with the entry."""

    def ignored(self) -> Iterable[Ignored]: ...

    def put(self, ignored: Sequence[Ignored]) -> None:
        """Add or replace by entry and field."""


class PriceDrift:
    """The use cases. They ask the data set: on any thread but the event loop's, `accept` and `ignore` on the
    writer's."""

    def __init__(self, desk: Desk, store: IgnoredStore, *, administer: Administer) -> None:
        self._desk = desk
        self._store = store
        self._administer = administer

    def report(self, by: Principal, *, scope: Scope | None, model: str | None = None) -> list[Drift]:
        """The entries that differ, by scope and name: of every scope that the principal resolves names in and may
        write, of one, or one entry. ModelNotFound."""
        snapshot = self._desk.snapshot
        if model is not None:
            meant = target(snapshot, by, name=model, scope=scope)
            offers: Iterable[Offer] = (meant,) if may_write(by, meant.scope) else ()
        else:
            keys = by.scopes if scope is None else (scope.key,)
            shelves = (snapshot.shelf(key) for key in keys if may_write(by, parse(key)))
            offers = (offer for shelf in shelves if shelf is not None for offer in shelf.offers())
        alone = {(each.uid, each.field): each.said for each in self._store.ignored()}
        known = self._known()
        found = (self._drift(offer, known) for offer in offers)
        left = (_besides(each, alone) for each in found if each is not None)
        return [each for each in left if each.fields]

    def accept(
        self, by: Principal, model: str, *, fields: Sequence[str], scope: Scope | None, if_match: str | None = None
    ) -> Drift:
        """Take over what the data set says of these fields, of all that differ if none is named, as a price list that
        counts from now on. The entry with what is left of the differences. Conflict for a field that does not differ,
        else what any change of the entry may raise."""
        drift = self._differing(by, model, scope=scope, fields=fields)
        now = self._desk.clock.wall()
        taken = _taken(drift, frozenset(fields))
        if taken.source != drift.theirs.source:
            taken = msgspec.structs.replace(taken, set_by=authority_over(by, drift.offer.scope))

        def change(document: Document) -> Write:
            ours = in_force(document, now)
            if (ours.prices if ours is not None else None) != drift.ours:
                raise Conflict("the price has been changed meanwhile: read the report again")
            return Write(with_list(document, _dated(taken, counting_from(None, now)), wall=now))

        made = self._administer.update(by, drift.offer.uid, change=change, scope=drift.offer.scope, if_match=if_match)
        return self._now(made.offer, drift)

    def ignore(self, by: Principal, model: str, *, fields: Sequence[str], scope: Scope | None) -> Drift:
        """Leave these fields alone, all that differ if none is named, until the data set says something else. The
        entry with what is left of the differences. ModelNotFound, Forbidden, Conflict for a field that does not
        differ."""
        drift = self._differing(by, model, scope=scope, fields=fields)
        now = self._desk.clock.wall()
        wanted = [each for each in drift.fields if not fields or each.field in fields]
        self._store.put(
            [Ignored(uid=drift.offer.uid, field=each.field, said=each.said, at=now, by=by.id) for each in wanted]
        )
        return self._now(drift.offer, drift)

    def _differing(self, by: Principal, model: str, *, scope: Scope | None, fields: Sequence[str]) -> Drift:
        """The entry with all of its differences, those that are left alone among them."""
        self._desk.catch_up()
        offer = target(self._desk.snapshot, by, name=model, scope=scope)
        if not may_write(by, offer.scope):
            raise Forbidden(f"the entries of {offer.scope_key!r} are not yours to write")
        _demand_known(fields)
        drift = self._drift(offer, self._known())
        differing = {each.field for each in drift.fields} if drift is not None else set()
        agreeing = [field for field in fields if field not in differing]
        if drift is None or agreeing or not differing:
            what = ", ".join(map(repr, agreeing)) or "the price"
            raise Conflict(f"{what} does not differ from what the data set says")
        return drift

    def _now(self, offer: Offer, before: Drift) -> Drift:
        drift = self._drift(offer, self._known())
        if drift is None:
            return msgspec.structs.replace(before, offer=offer, fields=())
        return _besides(drift, {(each.uid, each.field): each.said for each in self._store.ignored()})

    def _drift(self, offer: Offer, known: Callable[[Route], PriceFrom | None]) -> Drift | None:
        """None if the data set knows nothing of the entry's model."""
        theirs = known(offer.route) if isinstance(offer.route, Route) else None
        if theirs is None:
            return None
        price = offer.price_at(self._desk.clock.wall())
        ours = price.source if price is not None else None
        return Drift(offer=offer, ours=ours, theirs=theirs, fields=tuple(_differences(ours, theirs.prices)))

    def _known(self) -> Callable[[Route], PriceFrom | None]:
        """The data set, asked once for each model: many entries may call the same."""
        wall = self._desk.clock.wall()
        held: dict[tuple[str, str], PriceFrom | None] = {}

        def known(route: Route) -> PriceFrom | None:
            key = (route.provider.id, route.model)
            if key not in held:
                held[key] = self._desk.bundled(*key, wall=wall)
            return held[key]

        return known


def _besides(drift: Drift, alone: Mapping[tuple[str, str], str]) -> Drift:
    left = tuple(each for each in drift.fields if alone.get((drift.offer.uid, each.field)) != each.said)
    return msgspec.structs.replace(drift, fields=left)


def _demand_known(fields: Sequence[str]) -> None:
    faults = [
        detail(f"fields[{index}]", f"one of {', '.join(FIELDS)} is accepted, not {field[:64]!r}")
        for index, field in enumerate(fields)
        if field not in FIELDS
    ]
    if faults:
        raise InvalidBody("; ".join(f"{each['path']}: {each['message']}" for each in faults), details=faults)


def _differences(ours: PriceList | None, theirs: PriceList) -> Iterator[Difference]:
    if ours == theirs:
        # Of most entries, and there may be very many.
        return
    mine, other = resolved(ours or PriceList(rates=Rates())).base, resolved(theirs).base
    for field, name in RATES.items():
        said = (ours is not None and getattr(ours.rates, field) is not None, getattr(theirs.rates, field) is not None)
        one = None if ours is None else getattr(mine, field)
        two = getattr(other, field)
        if any(said) and one != two:
            yield Difference(
                name, None if one is None else in_usd(field, one), None if two is None else in_usd(field, two)
            )
    if ours is None or _plain(ours, mine) != _plain(theirs, other):
        one, two = (_tiers(each) for each in (ours, theirs))
        if one or two:
            yield Difference(TIERS, one, two)


def _plain(prices: PriceList, base: Rate) -> Mapping[tuple[str, int], Rates]:
    """The tiers without what is like the list itself."""
    return {
        (tier.service_tier, tier.above): Rates(
            **{
                field: rate
                for field, rate in msgspec.structs.asdict(tier.rates).items()
                if rate is not None and rate != getattr(base, field)
            }
        )
        for tier in prices.tiers
    }


def _tiers(prices: PriceList | None) -> Json:
    return shown_list(prices).get(TIERS) if prices is not None else None


def _taken(drift: Drift, fields: frozenset[str]) -> PriceFrom:
    """The price in force with these fields as the data set has them."""
    ours, theirs = drift.ours, drift.theirs
    if not fields or fields >= {each.field for each in drift.fields}:
        return theirs
    if ours is None:
        message = "an entry without a price takes over all of it: name no 'fields'"
        raise InvalidBody(message, details=[detail("fields", message)])
    mine, other = resolved(ours).base, resolved(theirs.prices).base
    accepted = {_BY_NAME[name] for name in fields - {TIERS}}
    rates = msgspec.structs.replace(ours.rates, **{field: getattr(other, field) for field in accepted})
    # A difference that was not accepted stays one, also where it stood behind a rate that was.
    moved = resolved(PriceList(rates=rates)).base
    left = {_BY_NAME[each.field] for each in drift.fields if each.field != TIERS} - accepted
    kept = {field: getattr(mine, field) for field in left & FALLBACKS.keys()}
    rates = msgspec.structs.replace(
        rates, **{field: rate for field, rate in kept.items() if rate != getattr(moved, field)}
    )
    tiers: tuple[PriceTier, ...] = theirs.prices.tiers if TIERS in fields else ours.tiers
    return PriceFrom(effective_at=theirs.effective_at, prices=PriceList(rates=rates, tiers=tiers))


def _dated(price: PriceFrom, effective_at: float) -> PriceFrom:
    return msgspec.structs.replace(price, effective_at=effective_at)
