"""Which entry an identifier in a path means, and which entries somebody sees: nothing that is not theirs to see.

An identifier is a row id if it is all digits, else a name or uid, resolved like `model`; else the name of a model at
its provider, of which the caller's own entry comes first and then the oldest. Searching looks at many entries, so it
is a generator that gives way.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import Final, TypeAlias
from urllib.parse import unquote

from headgate.access.entries import may_write, view_of
from headgate.catalogue import scope as scopes
from headgate.catalogue.listing import SLICE, Query, Window, listing
from headgate.catalogue.offer import Offer, document_of
from headgate.catalogue.scope import Scope
from headgate.catalogue.snapshot import Snapshot
from headgate.catalogue.upstream import Route
from headgate.core.errors import ModelNotFound, OrganizationMissing
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import target
from headgate.web.registry_api.view import is_own, upstream

_EVERYTHING: Final = Window(limit=2**31)

_NUMBER: Final = attrgetter("number")

Search: TypeAlias = Generator[None, None, Offer | None]


def own_scope(principal: Principal) -> Scope:
    """Where somebody's own entries are. OrganizationMissing outside of any organization."""
    if not principal.organization:
        raise OrganizationMissing
    return scopes.user(principal.organization, principal.user)


def meant(snapshot: Snapshot, principal: Principal, *, text: str, scope: Scope | None) -> Generator[None, None, Offer]:
    """The entry that an identifier means, of those in `scope` if that is given; ModelNotFound."""
    asked = text.strip().removesuffix("/")
    # Clients of the published API encode an id once more than the path itself does.
    for each in dict.fromkeys((asked, unquote(asked).strip())):
        offer = yield from numbered(snapshot, principal, text=each, scope=scope)
        offer = offer or _named(snapshot, principal, name=each, scope=scope)
        offer = offer or (yield from _known_as(snapshot, principal, model=each, scope=scope))
        if offer is not None:
            return offer
    raise ModelNotFound(asked)


def numbered(snapshot: Snapshot, principal: Principal, *, text: str, scope: Scope | None = None) -> Search:
    """The entry with this row id, if the principal sees it, and in `scope` if that is given."""
    if not (text.isascii() and text.isdigit()):
        return None

    def wanted(offer: Offer) -> bool:
        return str(offer.number) == text and scope in (None, offer.scope)

    return (yield from _first(_seen(snapshot, principal), wanted))


def visible(snapshot: Snapshot, principal: Principal, *, query: Query) -> Generator[None, None, Sequence[Offer]]:
    """What the principal can call, one entry a name, and what is disabled of what the principal writes."""
    page = yield from listing(snapshot, view_of(principal), query=query, window=_EVERYTHING)
    return page.rows


def lowest(offers: Iterable[Offer], count: int) -> Generator[None, None, list[Offer]]:
    """The `count` oldest of them, in order of row ids."""
    kept: list[Offer] = []
    remaining = iter(offers)
    while piece := list(islice(remaining, SLICE)):
        kept = sorted([*kept, *piece], key=_NUMBER)[:count]
        yield
    return kept


def _named(snapshot: Snapshot, principal: Principal, *, name: str, scope: Scope | None) -> Offer | None:
    try:
        return target(snapshot, principal, name=name, scope=scope)
    except ModelNotFound:
        return None


def _known_as(snapshot: Snapshot, principal: Principal, *, model: str, scope: Scope | None) -> Search:
    """The entry of a model of this name at its provider: the principal's own, else the oldest."""
    found: list[Offer] = []

    def note(offer: Offer) -> bool:
        if scope in (None, offer.scope) and _is_model(offer, model):
            found.append(offer)
        return False

    yield from _first(_seen(snapshot, principal), note)
    return min(found, key=lambda offer: (not is_own(offer, principal), offer.number), default=None)


def _is_model(offer: Offer, model: str) -> bool:
    route = offer.route
    return route.model == model if isinstance(route, Route) else upstream(document_of(offer))[1] == model


def _seen(snapshot: Snapshot, principal: Principal) -> Iterator[Offer]:
    """Every entry that the principal sees, those included whose name means another one."""
    for key in principal.scopes:
        shelf = snapshot.shelf(key)
        if shelf is not None:
            writes = may_write(principal, scopes.parse(key))
            yield from (offer for offer in shelf.offers() if writes or offer.within_reach(principal))
    given = snapshot.shared.offers(principal.organization)
    yield from (offer for offer in given if offer.scope_key not in principal.scopes)


def _first(offers: Iterable[Offer], wanted: Callable[[Offer], bool]) -> Search:
    remaining = iter(offers)
    while piece := list(islice(remaining, SLICE)):
        for offer in piece:
            if wanted(offer):
                return offer
        yield
    return None
