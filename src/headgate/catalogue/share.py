"""Entries that their owners share with their organization, as requests find them.

Sharing is no part of a document and of no revision: an entry that is deleted takes its share along, and one that comes
back by a rollback comes back unshared. Names are looked up behind all scopes; of two shared entries with one name the
one that was shared first is meant, so nobody can slip theirs in front of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.offer import Offer
from headgate.catalogue.shelf import Shelf


class Share(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """That an entry is shared, since when and by whom. Unix seconds."""

    uid: str
    shared_at: float
    shared_by: str


class _Given(msgspec.Struct, frozen=True):
    share: Share
    offer: Offer


class Shared:
    """The shared entries by organization. Immutable: a change makes another, which keeps what did not change."""

    __slots__ = ("_given", "_shelves")

    def __init__(self, given: Mapping[str, Mapping[str, _Given]], shelves: Mapping[str, Shelf]) -> None:
        self._given = given
        self._shelves = shelves

    @classmethod
    def of(cls, shares: Iterable[Share], offers: Mapping[str, Offer]) -> Shared:
        """The shares of these offers, which are by uid."""
        given: dict[str, dict[str, _Given]] = {}
        for share in shares:
            offer = offers.get(share.uid)
            if offer is not None:
                given.setdefault(offer.scope.organization, {})[share.uid] = _Given(share, offer)
        return cls(given, {organization: _shelf(each) for organization, each in given.items()})

    def shares(self) -> list[Share]:
        return [each.share for given in self._given.values() for each in given.values()]

    def share(self, offer: Offer) -> Share | None:
        """How an entry is shared, None if it is not."""
        found = self._given.get(offer.scope.organization, {}).get(offer.uid)
        return found.share if found is not None else None

    def is_with(self, organization: str, uid: str) -> bool:
        """Whether the entry is shared with the members of an organization."""
        return uid in self._given.get(organization, ())

    def get(self, organization: str, name: str) -> Offer | None:
        """What a name means among the entries that are shared with an organization."""
        shelf = self._shelves.get(organization)
        return shelf.get(name) if shelf is not None else None

    def shelf(self, organization: str) -> Shelf | None:
        """What is shared with an organization, one entry a name."""
        return self._shelves.get(organization)

    def offers(self, organization: str) -> Iterable[Offer]:
        """Every entry that is shared with an organization, those included whose name means another one."""
        return (each.offer for each in self._given.get(organization, {}).values())

    def organizations(self) -> Iterable[str]:
        return self._shelves

    def sharing(self, share: Share, offer: Offer) -> Shared:
        organization = offer.scope.organization
        given = dict(self._given.get(organization, {}))
        given[share.uid] = _Given(share, offer)
        return self._with({organization: given})

    def unsharing(self, uid: str) -> Shared:
        return self._with(
            {
                organization: {each: held for each, held in given.items() if each != uid}
                for organization, given in self._given.items()
                if uid in given
            }
        )

    def after(self, *, gone: Iterable[Offer], come: Iterable[Offer]) -> Shared:
        """What is shared when `gone` are no more and `come` have taken their place or are new."""
        coming = {offer.uid: offer for offer in come}
        changed: dict[str, dict[str, _Given]] = {}
        for offer in gone:
            organization = offer.scope.organization
            held = self._given.get(organization, {}).get(offer.uid)
            if held is None:
                continue
            given = changed.setdefault(organization, dict(self._given[organization]))
            heir = coming.get(offer.uid)
            if heir is None:
                del given[offer.uid]
            else:
                given[offer.uid] = _Given(held.share, heir)
        return self._with(changed) if changed else self

    def _with(self, changed: Mapping[str, Mapping[str, _Given]]) -> Shared:
        given = {key: each for key, each in {**self._given, **changed}.items() if each}
        shelves = {key: _shelf(given[key]) if key in changed else self._shelves[key] for key in given}
        return Shared(given, shelves)


def _shelf(given: Mapping[str, _Given]) -> Shelf:
    """One entry a name, the one that was shared first."""
    newest_first = sorted(given.values(), key=lambda each: (each.share.shared_at, each.share.uid), reverse=True)
    return Shelf.of(each.offer for each in newest_first)


NOTHING_SHARED: Final = Shared(MappingProxyType({}), MappingProxyType({}))
