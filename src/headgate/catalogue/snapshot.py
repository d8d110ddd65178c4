"""The immutable index of one revision that requests read.

A write makes the next snapshot from this one and its changes; the references are swapped, and a request keeps the one
that it took. Each scope has a shelf; what did not change is common to the snapshots. Sharing an entry is no change of
the catalogue, so it makes another snapshot of the same revision.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Final

import msgspec

from headgate.catalogue.governance import obstacle
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import Scope, wider
from headgate.catalogue.share import NOTHING_SHARED, Share, Shared
from headgate.catalogue.shelf import Shards, Shelf
from headgate.core.errors import ModelNotAllowed, ModelNotFound
from headgate.core.principal import Principal

_REMEMBERED: Final = 16_384


class Snapshot:
    """Every entry at one revision. `revision` is the global number of the last one it contains."""

    __slots__ = ("_by_uid", "_found", "_shelves", "revision", "shared")

    def __init__(
        self, revision: int, *, by_uid: Shards[Offer], shelves: Shards[Shelf], shared: Shared = NOTHING_SHARED
    ) -> None:
        self.revision = revision
        self.shared = shared
        self._by_uid = by_uid
        self._shelves = shelves
        # What `find` found for names asked again and again. It cannot become wrong: nothing here changes.
        self._found: dict[tuple[tuple[str, ...], str, str], Offer] = {}

    @classmethod
    def of(cls, offers: Iterable[Offer], revision: int, *, shares: Iterable[Share] = ()) -> Snapshot:
        """`shares` of entries that are not among the offers are forgotten."""
        by_uid: dict[str, Offer] = {}
        scopes: dict[str, list[Offer]] = {}
        pool: dict[Hashable, Hashable] = {}
        for offer in offers:
            _share(offer, pool)
            by_uid[offer.uid] = offer
            scopes.setdefault(offer.scope_key, []).append(offer)
        shelves = {key: Shelf.of(each) for key, each in scopes.items()}
        return cls(revision, by_uid=Shards.of(by_uid), shelves=Shards.of(shelves), shared=Shared.of(shares, by_uid))

    def after(self, revision: int, *, gone: Iterable[Offer], come: Iterable[Offer]) -> Snapshot:
        """The snapshot of the next revision: `gone` are offers of this one, `come` replace them or are new."""
        leaving, coming = list(gone), list(come)
        by_uid = self._by_uid.changed((offer.uid for offer in leaving), {offer.uid: offer for offer in coming})
        shelves: dict[str, Shelf] = {}
        for key in {offer.scope_key for offer in (*leaving, *coming)}:
            shelf = self._shelves.get(key) or _EMPTY
            shelves[key] = shelf.changed(
                [offer for offer in leaving if offer.scope_key == key],
                [offer for offer in coming if offer.scope_key == key],
            )
        shared = self.shared.after(gone=leaving, come=coming)
        return Snapshot(revision, by_uid=by_uid, shelves=self._shelves.changed((), shelves), shared=shared)

    def sharing(self, share: Share) -> Snapshot:
        """This catalogue with an entry of it shared."""
        offer = self._by_uid.get(share.uid)
        assert offer is not None, "only an entry in force is shared"
        return self._sharing(self.shared.sharing(share, offer))

    def unsharing(self, uid: str) -> Snapshot:
        """This catalogue with an entry no longer shared."""
        return self._sharing(self.shared.unsharing(uid))

    def _sharing(self, shared: Shared) -> Snapshot:
        return Snapshot(self.revision, by_uid=self._by_uid, shelves=self._shelves, shared=shared)

    def __len__(self) -> int:
        return len(self._by_uid)

    def offers(self) -> Iterator[Offer]:
        return self._by_uid.values()

    def shelf(self, scope_key: str) -> Shelf | None:
        return self._shelves.get(scope_key)

    def by_uid(self, uid: str) -> Offer | None:
        return self._by_uid.get(uid)

    def at(self, scope: Scope, name: str) -> Offer | None:
        """The entry of exactly this scope and name."""
        shelf = self._shelves.get(scope.key)
        return shelf.get(name) if shelf is not None else None

    def find(self, principal: Principal, model: str) -> Offer | None:
        """The entry that a name or uid means for the principal, whether it may be called or not; None if unseen."""
        asked = (principal.scopes, principal.organization_slug, model)
        offer = self._found.get(asked)
        if offer is None:
            offer = self._search(principal, model)
            if offer is not None and len(self._found) < _REMEMBERED:
                self._found[asked] = offer
        return offer

    def _search(self, principal: Principal, model: str) -> Offer | None:
        for key in principal.scopes:
            shelf = self._shelves.get(key)
            if shelf is not None:
                offer = shelf.get(model)
                if offer is not None and offer.within_reach(principal):
                    return offer
        given = self.shared.get(principal.organization, model)
        if given is not None:
            return given
        offer = self._by_uid.get(model)
        return offer if offer is not None and self.is_visible(principal, offer) else None

    def is_visible(self, principal: Principal, offer: Offer) -> bool:
        """Whether the principal may see an entry of this snapshot, if only under its uid."""
        if offer.scope_key in principal.scopes:
            return offer.within_reach(principal)
        return self.shared.is_with(principal.organization, offer.uid)

    def resolve(self, principal: Principal, model: str) -> Offer:
        """The entry that a call of `model` goes to, or ModelNotFound, ModelNotAllowed."""
        offer = self.find(principal, model)
        if offer is None:
            raise ModelNotFound(model)
        barred = obstacle(principal, offer)
        if barred is not None:
            raise ModelNotAllowed(model, barred.message)
        return offer

    def failover(self, principal: Principal, offer: Offer) -> Offer | None:
        """The entry that takes over from `offer` because one of them says so: the entry itself, else the organization.

        It is in the scope of `offer` or a wider one, and callable by the principal.
        """
        target = self.failover_target(principal, offer)
        return target if target is not None and obstacle(principal, target) is None else None

    def failover_target(self, principal: Principal, offer: Offer) -> Offer | None:
        """The entry that is said to take over from `offer`, whether it may be called or not; None if unseen."""
        name = failover_name(principal, offer)
        if name is None:
            return None
        for scope in wider(offer.scope):
            target = self.at(scope, name)
            # An entry that was shared stands in for nothing that its owner keeps to themself.
            if target is not None and self.is_visible(principal, target):
                return target
        return None

    def taken(self, scope: Scope, name: str, *, organization_slug: str) -> Offer | None:
        """The entry that keeps `name` from being used in `scope`: in it, or in a wider one callable there.

        `organization_slug` is that of the scope's organization ("" for the platform): a wider entry that does not
        reach it takes no name away, or its existence would show.
        """
        for each in wider(scope):
            offer = self.at(each, name)
            if offer is not None and (each == scope or not offer.org_slugs or organization_slug in offer.org_slugs):
                return offer
        return None


def failover_name(principal: Principal, offer: Offer) -> str | None:
    """The name of what is said to take over from `offer`: by the entry itself, else by the organization."""
    if offer.failover is not None or principal.overlay is None:
        return offer.failover
    return principal.overlay.failover.get(offer.name)


def _share(offer: Offer, pool: dict[Hashable, Hashable]) -> None:
    """Let equal parts of many entries be one object: a third of the memory, and lists read what is in the cache.

    It is the same immutable offer afterwards; nobody else has seen it yet.
    """
    for field in _SHARED:
        part = getattr(offer, field)
        msgspec.structs.force_setattr(offer, field, pool.setdefault(part, part))


_SHARED: Final = (
    "schedule",
    "scope",
    "scope_key",
    "org_slugs",
    "tags",
    "capabilities",
    "created_by",
    "updated_by",
    "brand",
)
_EMPTY: Final = Shelf.of(())
