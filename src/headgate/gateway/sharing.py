"""Sharing an entry with the organization in which its owner registered it.

A share is no part of a document: it makes no revision and no rollback brings it back. It is stored first and then put
into a snapshot of the same revision, so that un-sharing is in force for the next request.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from headgate.access.entries import may_write
from headgate.access.identity import Sharing as SharingRight
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import ScopeKind
from headgate.catalogue.share import Share
from headgate.core.errors import Conflict, Forbidden
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk
from headgate.gateway.directory import Directory

_NOT_YOURS: Final = "sharing is for the admins of the organization, unless its settings let every member share"


class SharingStore(Protocol):
    """Which entries are shared. A share ends with its entry."""

    def shares(self) -> Iterable[Share]: ...

    def put(self, share: Share) -> None: ...

    def drop(self, uid: str) -> None: ...


class Sharing:
    """Shares entries and un-shares them. Runs on the writer thread, like every write of the catalogue."""

    def __init__(self, desk: Desk, store: SharingStore, *, directory: Directory) -> None:
        self._desk = desk
        self._store = store
        self._directory = directory

    def is_shared(self, offer: Offer) -> bool:
        return self._desk.snapshot.shared.share(offer) is not None

    def demand_right(self, by: Principal) -> None:
        """Forbidden unless the principal may share own entries."""
        organization = self._directory.organization(by.organization)
        open_to_all = organization is not None and organization.settings.sharing is SharingRight.MEMBERS
        if not (by.organization_admin or open_to_all):
            raise Forbidden(_NOT_YOURS)

    def demand_shareable(self, offer: Offer) -> None:
        """Conflict unless it is a user's own: what belongs to more than one person is seen by them all anyway."""
        if offer.scope.kind is not ScopeKind.USER:
            raise Conflict(f"an entry of {offer.scope_key!r} is not one person's to share")

    def share(self, by: Principal, offer: Offer) -> None:
        """Let the organization see and call an entry. Forbidden, Conflict."""
        if self.is_shared(offer):
            return
        self.demand_shareable(offer)
        self._demand_owner(by, offer)
        self.demand_right(by)
        share = Share(uid=offer.uid, shared_at=self._desk.clock.wall(), shared_by=by.id)
        self._store.put(share)
        self._desk.current.snapshot = self._desk.snapshot.sharing(share)

    def unshare(self, by: Principal, offer: Offer) -> None:
        """End what `share` began; this needs no right but to one's own entry. Forbidden, Conflict."""
        self.demand_shareable(offer)
        self._demand_owner(by, offer)
        # Even where memory knows of no share: one whose commit failed half-way may be in the store.
        self._store.drop(offer.uid)
        if self.is_shared(offer):
            self._desk.current.snapshot = self._desk.snapshot.unsharing(offer.uid)

    def _demand_owner(self, by: Principal, offer: Offer) -> None:
        if not may_write(by, offer.scope):
            raise Forbidden("an entry is shared and un-shared by its owner")
