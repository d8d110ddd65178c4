"""Dictionaries and sorted lists that are changed by making another, which shares what did not change.

A catalogue may hold 100,000 entries, and copying a dictionary of that size keeps every thread waiting for
milliseconds. So a dictionary is kept in shards by the hash of the key, a sorted list in chunks, and a change copies
the few that it touches. What is small stays one shard and one chunk.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Final, Generic, TypeVar

from headgate.catalogue.offer import Offer

V = TypeVar("V")

CHUNK: Final = 1024
_NAME: Final = attrgetter("name")


class Shards(Generic[V]):
    """An immutable mapping with string keys. A look-up is one in a list and one in a dictionary, whatever the size."""

    __slots__ = ("_mask", "_shards", "_size")

    def __init__(self, shards: Sequence[dict[str, V]], size: int) -> None:
        self._shards = shards
        self._mask = len(shards) - 1
        self._size = size

    @classmethod
    def of(cls, items: Mapping[str, V]) -> Shards[V]:
        count = 1
        while count * CHUNK < len(items):
            count *= 2
        shards: list[dict[str, V]] = [{} for _ in range(count)]
        for key, value in items.items():
            shards[hash(key) & (count - 1)][key] = value
        return cls(shards, len(items))

    def __len__(self) -> int:
        return self._size

    def get(self, key: str) -> V | None:
        return self._shards[hash(key) & self._mask].get(key)

    def values(self) -> Iterator[V]:
        return chain.from_iterable(shard.values() for shard in self._shards)

    def changed(self, gone: Iterable[str], come: Mapping[str, V]) -> Shards[V]:
        """This mapping without the keys of `gone` and with the items of `come`. A key may be in both."""
        shards, size, copied = list(self._shards), self._size, set[int]()

        def opened(key: str) -> dict[str, V]:
            index = hash(key) & self._mask
            if index not in copied:
                copied.add(index)
                shards[index] = dict(shards[index])
            return shards[index]

        for key in gone:
            del opened(key)[key]
            size -= 1
        for key, value in come.items():
            shard = opened(key)
            size += key not in shard
            shard[key] = value
        if size > 2 * CHUNK * len(shards):
            return Shards.of({key: value for shard in shards for key, value in shard.items()})
        return Shards(shards, size)


class Shelf:
    """The entries of one scope, by name and in order of their names."""

    __slots__ = ("_by_name", "_firsts", "chunks")

    def __init__(self, by_name: Shards[Offer], chunks: Sequence[Sequence[Offer]]) -> None:
        self._by_name = by_name
        self.chunks = chunks
        """The entries in order of their names, in pieces that are never empty."""
        self._firsts = [chunk[0].name for chunk in chunks]

    @classmethod
    def of(cls, offers: Iterable[Offer]) -> Shelf:
        by_name = {offer.name: offer for offer in offers}
        return cls(Shards.of(by_name), list(_pieces(sorted(by_name.values(), key=_NAME))))

    def __len__(self) -> int:
        return len(self._by_name)

    def get(self, name: str) -> Offer | None:
        return self._by_name.get(name)

    def offers(self) -> Iterator[Offer]:
        """The entries in order of their names."""
        return chain.from_iterable(self.chunks)

    def changed(self, gone: Sequence[Offer], come: Sequence[Offer]) -> Shelf:
        """This shelf without the offers of `gone` and with those of `come`."""
        by_name = self._by_name.changed((offer.name for offer in gone), {offer.name: offer for offer in come})
        if not self.chunks:
            return Shelf(by_name, list(_pieces(sorted(come, key=_NAME))))
        edits: dict[int, tuple[set[str], list[Offer]]] = {}
        for offer in gone:
            edits.setdefault(self._place(offer.name), (set(), []))[0].add(offer.name)
        for offer in come:
            edits.setdefault(self._place(offer.name), (set(), []))[1].append(offer)
        chunks = list(self.chunks)
        for place in sorted(edits, reverse=True):
            without, added = edits[place]
            kept = [offer for offer in chunks[place] if offer.name not in without]
            chunks[place : place + 1] = _pieces(sorted([*kept, *added], key=_NAME))
        return Shelf(by_name, chunks)

    def _place(self, name: str) -> int:
        """The chunk that holds a name, or would."""
        return max(bisect_right(self._firsts, name) - 1, 0)


def _pieces(offers: Sequence[Offer]) -> Iterator[Sequence[Offer]]:
    """A sorted list in chunks: one, unless it has grown to twice the size."""
    if len(offers) <= 2 * CHUNK:
        if offers:
            yield offers
        return
    for start in range(0, len(offers), CHUNK):
        yield offers[start : start + CHUNK]
