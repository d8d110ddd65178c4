"""The immutable index of one revision that requests read.

A write makes the next snapshot from this one and its changes; the references are swapped, and a request keeps the one
that it took. The names of a scope stand on a shelf: a dictionary and its sorted names. Unchanged shelves are shared
between snapshots.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence

from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import Scope, wider
from headgate.core.errors import ModelNotAllowed, ModelNotFound
from headgate.core.principal import Principal


class Shelf:
    """The entries of one scope, by name and in order of their names."""

    __slots__ = ("by_name", "names")

    def __init__(self, by_name: dict[str, Offer], names: list[str]) -> None:
        self.by_name: Mapping[str, Offer] = by_name
        self.names: Sequence[str] = names


class Snapshot:
    """Every entry at one revision. `revision` is the global number of the last one it contains."""

    __slots__ = ("_by_uid", "_shelves", "revision")

    def __init__(self, revision: int, by_uid: dict[str, Offer], shelves: dict[str, Shelf]) -> None:
        self.revision = revision
        self._by_uid = by_uid
        self._shelves = shelves

    @classmethod
    def of(cls, offers: Iterable[Offer], revision: int) -> Snapshot:
        by_uid: dict[str, Offer] = {}
        scopes: dict[str, dict[str, Offer]] = {}
        for offer in offers:
            by_uid[offer.uid] = offer
            scopes.setdefault(offer.scope_key, {})[offer.name] = offer
        return cls(revision, by_uid, {key: Shelf(names, sorted(names)) for key, names in scopes.items()})

    def after(self, revision: int, gone: Iterable[Offer], come: Iterable[Offer]) -> Snapshot:
        """The snapshot of the next revision: `gone` are offers of this one, `come` replace them or are new."""
        by_uid = dict(self._by_uid)
        touched: dict[str, tuple[dict[str, Offer], list[str]]] = {}
        for offer in gone:
            del by_uid[offer.uid]
            by_name, names = self._open(offer.scope_key, touched)
            del by_name[offer.name]
            del names[bisect.bisect_left(names, offer.name)]
        for offer in come:
            by_uid[offer.uid] = offer
            by_name, names = self._open(offer.scope_key, touched)
            by_name[offer.name] = offer
            bisect.insort(names, offer.name)
        shelves = dict(self._shelves)
        shelves.update((key, Shelf(by_name, names)) for key, (by_name, names) in touched.items())
        return Snapshot(revision, by_uid, shelves)

    def _open(
        self, key: str, touched: dict[str, tuple[dict[str, Offer], list[str]]]
    ) -> tuple[dict[str, Offer], list[str]]:
        if key not in touched:
            shelf = self._shelves.get(key)
            touched[key] = (dict(shelf.by_name), list(shelf.names)) if shelf is not None else ({}, [])
        return touched[key]

    def __len__(self) -> int:
        return len(self._by_uid)

    def offers(self) -> Iterator[Offer]:
        return iter(self._by_uid.values())

    def shelf(self, scope_key: str) -> Shelf | None:
        return self._shelves.get(scope_key)

    def by_uid(self, uid: str) -> Offer | None:
        return self._by_uid.get(uid)

    def at(self, scope: Scope, name: str) -> Offer | None:
        """The entry of exactly this scope and name."""
        shelf = self._shelves.get(scope.key)
        return shelf.by_name.get(name) if shelf is not None else None

    def find(self, principal: Principal, model: str) -> Offer | None:
        """The entry that a name or uid means for the principal, whether it may be called or not; None if unseen."""
        for key in principal.scopes:
            shelf = self._shelves.get(key)
            if shelf is not None:
                offer = shelf.by_name.get(model)
                if offer is not None and offer.within_reach(principal):
                    return offer
        offer = self._by_uid.get(model)
        if offer is not None and offer.scope_key in principal.scopes and offer.within_reach(principal):
            return offer
        return None

    def resolve(self, principal: Principal, model: str) -> Offer:
        """The entry that a call of `model` goes to, or ModelNotFound, ModelNotAllowed."""
        offer = self.find(principal, model)
        if offer is None:
            raise ModelNotFound(model)
        if not offer.enabled:
            raise ModelNotAllowed(model, "the entry is disabled")
        if not principal.may_call(offer.name):
            raise ModelNotAllowed(model, "it is outside the models of this key")
        return offer

    def failover(self, principal: Principal, offer: Offer) -> Offer | None:
        """The entry that takes over from `offer`: in its own scope or a wider one, callable by the principal."""
        if offer.failover is None:
            return None
        for scope in wider(offer.scope):
            target = self.at(scope, offer.failover)
            if target is not None and target.within_reach(principal):
                return target if target.enabled and principal.may_call(target.name) else None
        return None

    def taken(self, scope: Scope, name: str, organization_slug: str) -> Offer | None:
        """The entry that keeps `name` from being used in `scope`: in it, or in a wider one callable there.

        `organization_slug` is that of the scope's organization ("" for the platform): a wider entry that does not
        reach it takes no name away, or its existence would show.
        """
        for each in wider(scope):
            offer = self.at(each, name)
            if offer is not None and (each == scope or not offer.org_slugs or organization_slug in offer.org_slugs):
                return offer
        return None
