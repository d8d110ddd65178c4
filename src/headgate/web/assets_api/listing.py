"""Lists of a project's models: filtered and sorted in slices, so that a large project holds nobody up."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec

from headgate.catalogue.kinds import MODES
from headgate.catalogue.offer import Offer
from headgate.core.json import Json
from headgate.gateway.stores import Verification
from headgate.web.assets_api.status import Status, status_of
from headgate.web.assets_api.view import Words, litellm_model, words_of

SLICE: Final = 500
"""How many entries are looked at between two pauses."""

Verified: TypeAlias = Callable[[str], Verification]
"""What is known of the entry of a uid."""


class Order(msgspec.Struct, frozen=True):
    """One item of `sort`."""

    field: str
    falling: bool


DEFAULT_ORDER: Final = (Order("created_at", falling=True), Order("resource_uri", falling=False))


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; None and empty ask for anything. `disabled`: whether disabled models are listed at all."""

    search: str | None = None
    status: Status | None = None
    mode: str | None = None
    tags: frozenset[str] = frozenset()
    created_by: tuple[str, ...] = ()
    order: Sequence[Order] = DEFAULT_ORDER
    disabled: bool = True


class Page(msgspec.Struct, frozen=True):
    """A part of the models that match, and how many do in all."""

    rows: Sequence[Offer]
    total: int


class _Falling:
    """A value that sorts the other way round."""

    __slots__ = ("_value",)

    def __init__(self, value: Json) -> None:
        self._value = value

    def __lt__(self, other: _Falling) -> bool:
        return bool(other._value < self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash(self._value)


class _Row:
    """An entry while a list is made; its document is read once, and only if it is asked for."""

    __slots__ = ("_verified", "_words", "offer")

    def __init__(self, offer: Offer, verified: Verified) -> None:
        self.offer = offer
        self._verified = verified
        self._words: Words | None = None

    @property
    def words(self) -> Words:
        if self._words is None:
            self._words = words_of(self.offer)
        return self._words

    @property
    def status(self) -> Status:
        offer = self.offer
        return status_of(self._verified(offer.uid), enabled=offer.enabled, deprecated=offer.deprecated)


_KEYS: Final[Mapping[str, Callable[[_Row], Json]]] = MappingProxyType(
    {
        "resource_uri": lambda row: row.offer.name,
        "name": lambda row: row.words.title or row.offer.name,
        "litellm_model": lambda row: litellm_model(row.words),
        "project_id": lambda row: row.offer.scope.project,
        "created_by": lambda row: row.offer.created_by,
        "owner_id": lambda row: row.offer.created_by,
        "created_at": lambda row: row.offer.created_at,
        "provider": lambda row: row.words.provider,
        "description": lambda row: row.words.description,
        "tags": lambda row: row.words.tags,
        "status": lambda row: row.status,
        "mode": lambda row: MODES[row.offer.kind],
    }
)
SORTABLE: Final = tuple(_KEYS)


def listing(
    offers: Iterator[Offer], query: Query, *, verified: Verified, offset: int, limit: int
) -> Generator[None, None, Page]:
    """The page, after a pause for every SLICE of entries."""
    runs: list[list[tuple[Json, _Row]]] = []
    total = 0
    while slice_ := list(islice(offers, SLICE)):
        kept = [row for row in (_Row(offer, verified) for offer in slice_) if _matches(row, query)]
        total += len(kept)
        if kept:
            runs.append(sorted(((_key(row, query.order), row) for row in kept), key=_first))
        yield
    merged = heapq.merge(*runs, key=_first)
    for start in range(0, min(offset, total), SLICE):
        for _ in islice(merged, min(SLICE, offset - start)):
            pass
        yield
    return Page([row.offer for _, row in islice(merged, limit)], total)


def _first(pair: tuple[Json, _Row]) -> Json:
    return pair[0]


def _key(row: _Row, order: Sequence[Order]) -> Json:
    """By the fields in their order, what has no value last either way; equals by their handles."""
    parts: list[Json] = []
    for each in order:
        value = _KEYS[each.field](row)
        parts.append(value is None)
        if value is not None:
            parts.append(_Falling(value) if each.falling else value)
    return (*parts, row.offer.name)


def _matches(row: _Row, query: Query) -> bool:
    offer = row.offer
    if not (offer.enabled or query.disabled):
        return False
    if query.mode is not None and MODES[offer.kind] != query.mode:
        return False
    if any(word != offer.created_by for word in query.created_by):
        return False
    if query.tags and query.tags.isdisjoint(offer.tags):
        return False
    if query.status is not None and row.status is not query.status:
        return False
    return query.search is None or _found(row, query.search)


def _found(row: _Row, needle: str) -> bool:
    """Whether name or description have the text, in any case."""
    words = row.words
    return needle in (words.title or row.offer.name).lower() or needle in (words.description or "").lower()
