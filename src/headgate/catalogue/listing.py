"""Lists of the catalogue: one row per name, the one that resolution picks, in order of the names.

A list looks at every entry, which is cheap (a tenth of a microsecond each) and keeps no index up to date. It is a
generator that gives way after every couple of thousand entries, so that whoever runs it on an event loop can let
others have their turn; its value is the page.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from operator import attrgetter
from typing import Final, TypeAlias

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.shelf import Shelf
from headgate.catalogue.snapshot import Snapshot

SLICE: Final = 2000
"""How many entries are looked at between two pauses."""
_FEW: Final = 16
"""One in so many is looked up rather than sorted in."""
_NAME: Final = attrgetter("name")

Filter: TypeAlias = Callable[[Sequence[Offer]], Sequence[Offer]]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Whose list it is.

    `scopes` are scope keys in order of resolution. `organization_slug` None: entries of any organizations. `names`
    are the only ones to be shown, none for any. Disabled entries are shown of the `writable` scopes. What is shared
    with `organization`, an id, comes behind all scopes. What is `barred` is shown only where it may be written.
    """

    scopes: tuple[str, ...]
    organization_slug: str | None
    names: frozenset[str] = frozenset()
    writable: frozenset[str] = frozenset()
    organization: str = ""
    barred: Callable[[Offer], bool] | None = None


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; None and empty ask for anything. `tags` match if an entry has any of them."""

    kinds: frozenset[Kind] = frozenset()
    enabled: bool | None = None
    model_ids: frozenset[str] | None = None
    tags: frozenset[str] = frozenset()
    visible_only: bool = False
    brand: str | None = None
    search: str | None = None
    capability: str | None = None


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the rows: `limit` of them from `offset`, behind the name `after`, or in front of `before`."""

    limit: int
    offset: int = 0
    after: str | None = None
    before: str | None = None


class Page(msgspec.Struct, frozen=True):
    """A part of the rows, how many there are in all, and whether more follow in the direction of reading."""

    rows: Sequence[Offer]
    total: int
    has_more: bool


def listing(snapshot: Snapshot, view: View, *, query: Query, window: Window) -> Generator[None, None, Page]:
    """The page, after a pause for every SLICE of entries."""
    filters = list(_filters(view, query))
    names = _only(view, query)
    rows: list[Offer] = []
    looked_at = 0
    for block in _blocks(snapshot, view) if names is None else _picked(snapshot, view, names):
        kept = block
        for each in filters:
            kept = each(kept)
        rows += kept
        looked_at += len(block)
        if looked_at >= SLICE:
            looked_at = 0
            yield
    return _page(rows, window)


def _page(rows: Sequence[Offer], window: Window) -> Page:
    if window.before is not None:
        end = bisect_left(rows, window.before, key=_NAME)
        start = max(0, end - window.limit)
        return Page(rows[start:end], len(rows), start > 0)
    start = window.offset if window.after is None else bisect_right(rows, window.after, key=_NAME)
    end = start + window.limit
    return Page(rows[start:end], len(rows), end < len(rows))


def _only(view: View, query: Query) -> frozenset[str] | None:
    """The names that can be in the list, if they are known beforehand."""
    if query.model_ids is None:
        return view.names or None
    return query.model_ids & view.names if view.names else query.model_ids


def _reachable(slug: str) -> Filter:
    return lambda offers: [offer for offer in offers if not offer.org_slugs or slug in offer.org_slugs]


def _filters(view: View, query: Query) -> Iterator[Filter]:
    """One pass over a block for each thing that is asked; the first ones leave less to the others.

    What a pass compares with is a local name of its own: looking it up for every entry would double the cost.
    """
    if query.brand is not None:
        yield _branded(query.brand)
    if query.kinds and len(query.kinds) < len(Kind):
        yield _of_kinds(query.kinds)
    if query.enabled is not None:
        yield _enabled if query.enabled else _disabled
    if query.search is not None:
        yield _searched(query.search.lower())
    if query.capability is not None:
        yield _capable(query.capability)
    if query.tags:
        yield _tagged(query.tags)
    if query.visible_only:
        yield lambda offers: [offer for offer in offers if not offer.hidden]
    if query.enabled is not True:
        yield _enabled_or_in(view.writable)
    if view.barred is not None:
        yield _open_or_in(view.writable, view.barred)


def _open_or_in(writable: frozenset[str], barred: Callable[[Offer], bool]) -> Filter:
    return lambda offers: [offer for offer in offers if offer.scope_key in writable or not barred(offer)]


def _searched(needle: str) -> Filter:
    return lambda offers: [offer for offer in offers if needle in offer.search]


def _branded(brand: str) -> Filter:
    return lambda offers: [offer for offer in offers if offer.brand == brand]


def _tagged(tags: frozenset[str]) -> Filter:
    first, second, *others = (*tags, *tags)[: max(2, len(tags))]
    if not others:
        return lambda offers: [offer for offer in offers if first in offer.tags or second in offer.tags]
    # Comparing whole sets costs three times as much as two look-ups, and spares the rest of them.
    none_of = frozenset(others).isdisjoint
    return lambda offers: [
        offer for offer in offers if first in offer.tags or second in offer.tags or not none_of(offer.tags)
    ]


def _capable(capability: str) -> Filter:
    return lambda offers: [offer for offer in offers if capability in offer.capabilities]


def _of_kinds(kinds: frozenset[Kind]) -> Filter:
    return lambda offers: [offer for offer in offers if offer.kind in kinds]


def _enabled(offers: Sequence[Offer]) -> Sequence[Offer]:
    return [offer for offer in offers if offer.enabled]


def _disabled(offers: Sequence[Offer]) -> Sequence[Offer]:
    return [offer for offer in offers if not offer.enabled]


def _enabled_or_in(writable: frozenset[str]) -> Filter:
    return lambda offers: [offer for offer in offers if offer.enabled or offer.scope_key in writable]


def _picked(snapshot: Snapshot, view: View, names: frozenset[str]) -> Iterator[Sequence[Offer]]:
    """What resolution picks for each of some names, in blocks."""
    shelves = list(_shelves(snapshot, view))
    ordered = sorted(names)
    for start in range(0, len(ordered), SLICE):
        found = (_first(shelves, name, view.organization_slug) for name in ordered[start : start + SLICE])
        yield [offer for offer in found if offer is not None]


def _shelves(snapshot: Snapshot, view: View) -> Iterator[Shelf]:
    found = [*map(snapshot.shelf, view.scopes), snapshot.shared.shelf(view.organization)]
    return (shelf for shelf in found if shelf is not None)


def _first(shelves: Sequence[Shelf], name: str, slug: str | None) -> Offer | None:
    for shelf in shelves:
        offer = shelf.get(name)
        if offer is not None and (slug is None or not offer.org_slugs or slug in offer.org_slugs):
            return offer
    return None


def _blocks(snapshot: Snapshot, view: View) -> Iterator[Sequence[Offer]]:
    """What resolution picks for every name, in blocks that follow each other by name."""
    slug = view.organization_slug
    reachable: Filter = _reachable(slug) if slug is not None else lambda offers: offers
    cursors = [_Cursor(shelf.chunks) for shelf in _shelves(snapshot, view) if len(shelf)]
    while cursors:
        bound = min(cursor.last for cursor in cursors)
        parts = [part for cursor in cursors if (part := reachable(cursor.take(bound)))]
        cursors = [cursor for cursor in cursors if cursor.more]
        if parts:
            block = parts[-1]
            for part in reversed(parts[:-1]):
                block = _overlaid(block, part)
            yield block


def _overlaid(wide: Sequence[Offer], narrow: Sequence[Offer]) -> Sequence[Offer]:
    """Both, in order of their names; of two with the same name the narrow one."""
    if len(narrow) * _FEW > len(wide):
        return sorted({offer.name: offer for offer in (*wide, *narrow)}.values(), key=_NAME)
    block = list(wide)
    for offer in narrow:
        place = bisect_left(block, offer.name, key=_NAME)
        same = place < len(block) and block[place].name == offer.name
        block[place : place + same] = [offer]
    return block


class _Cursor:
    """How far one shelf has been read. The entries of its chunk from `position` on are still to come."""

    __slots__ = ("_chunks", "_index", "_position")

    def __init__(self, chunks: Sequence[Sequence[Offer]]) -> None:
        self._chunks = chunks
        self._index = 0
        self._position = 0

    @property
    def more(self) -> bool:
        return self._index < len(self._chunks)

    @property
    def last(self) -> str:
        """The last name of the chunk."""
        return self._chunks[self._index][-1].name

    def take(self, bound: str) -> Sequence[Offer]:
        """The entries of the chunk whose names are not behind `bound`."""
        chunk, start = self._chunks[self._index], self._position
        end = bisect_right(chunk, bound, start, key=_NAME)
        if end == len(chunk):
            self._index, self._position = self._index + 1, 0
        else:
            self._position = end
        return chunk if start == 0 and end == len(chunk) else chunk[start:end]
