"""The one way in which the catalogue is written: validate, draft, commit as one revision, swap the snapshot.

Every method runs on the writer thread and is synchronous, so writes happen one after another and each sees the state
that the one before it left. What a commit does not reach, a failed one included, stays exactly as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Final

import msgspec

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer, document_of
from headgate.catalogue.revision import Action, Difference, Revision
from headgate.catalogue.scope import Scope
from headgate.core.principal import Principal
from headgate.gateway import administer_bulk as bulk
from headgate.gateway import administer_history as history
from headgate.gateway.administer_bulk import Item, Replaced
from headgate.gateway.administer_desk import Current, Desk, Draft, Write, demand_match, demand_writable, target
from headgate.gateway.administer_draft import changed, created, deleted, demand_free, ruled
from headgate.gateway.administer_history import RolledBack
from headgate.gateway.administer_warn import told

MAX_ITEMS: Final = 500

__all__ = ["Administer", "Current", "Desk", "Item", "Replaced", "RolledBack", "Write", "Written"]


class Written(msgspec.Struct, frozen=True):
    """The entry in force after a write, and what will not work as it was written."""

    offer: Offer
    warnings: tuple[str, ...]


class Administer:
    """The use cases that write the catalogue and read its history. `max_items` bounds a bulk replace."""

    def __init__(self, desk: Desk, *, max_items: int = MAX_ITEMS) -> None:
        self._desk = desk
        self.max_items = max_items

    def create(self, by: Principal, scope: Scope, write: Write) -> Written:
        """A new entry. Forbidden, InvalidBody, ModelExists."""
        desk = self._desk
        desk.catch_up()
        demand_writable(by, scope)
        document = ruled(desk, by, scope, write.document, None)
        demand_free(desk, by, scope, document.name)
        number = desk.store.next_numbers(1)[0]
        made = created(desk, desk.moment(by), scope, Write(document, write.secret), number)
        return self._committed(by, scope, Action.CREATE, made)

    def update(
        self,
        by: Principal,
        name: str,
        change: Callable[[Document], Write],
        *,
        scope: Scope | None = None,
        if_match: str | None = None,
    ) -> Written:
        """The entry that `name` means, changed. What changes nothing makes no revision.

        ModelNotFound, Forbidden, PreconditionFailed, InvalidBody, ModelExists.
        """
        desk = self._desk
        desk.catch_up()
        offer = self._writable(by, name, scope, if_match)
        former = document_of(offer)
        write = change(former)
        document = ruled(desk, by, offer.scope, write.document, former)
        if document.name != former.name:
            demand_free(desk, by, offer.scope, document.name, {offer.uid})
        draft = changed(desk, desk.moment(by), offer, Write(document, write.secret))
        if draft is None:
            return Written(offer, told(desk, desk.snapshot, by, [offer]))
        return self._committed(by, offer.scope, Action.UPDATE, draft)

    def delete(self, by: Principal, name: str, *, scope: Scope | None = None, if_match: str | None = None) -> Offer:
        """The entry that was deleted. ModelNotFound, Forbidden, PreconditionFailed."""
        desk = self._desk
        desk.catch_up()
        offer = self._writable(by, name, scope, if_match)
        draft = deleted(desk, offer)
        desk.commit(desk.moment(by), offer.scope, Action.DELETE, [draft], desk.next([draft]))
        return offer

    def replace(
        self,
        by: Principal,
        scope: Scope,
        items: Sequence[Item],
        *,
        kinds: Container[Kind] = frozenset(Kind),
        if_match: str | None = None,
    ) -> Replaced:
        """Make the scope hold exactly these items, besides entries of other kinds than `kinds`.

        Forbidden, PreconditionFailed, TooManyItems, InvalidItems.
        """
        self._desk.catch_up()
        demand_writable(by, scope)
        demand_match(if_match, self._desk.scope_version(scope))
        return bulk.replace(self._desk, by, scope, bulk.bounded(items, self.max_items), kinds=kinds)

    def plan(
        self, by: Principal, scope: Scope, items: Sequence[Item], *, if_match: str | None = None
    ) -> tuple[Difference, ...]:
        """What `replace` would change, without doing it; the same refusals."""
        self._desk.catch_up()
        demand_writable(by, scope)
        demand_match(if_match, self._desk.scope_version(scope))
        return bulk.plan(self._desk, by, scope, bulk.bounded(items, self.max_items))

    def rollback(self, by: Principal, scope: Scope, number: int, names: Sequence[str] | None) -> RolledBack:
        """Restore the scope's documents, or those of `names`, as revision `number` left them.

        Secrets, sharing and verification are not part of it. Forbidden, NotFound, NamesTaken.
        """
        self._desk.catch_up()
        return history.rollback(self._desk, by, scope, number, names)

    def revisions(
        self, by: Principal, scope: Scope | None, *, before: int | None, limit: int, name: str | None
    ) -> list[Revision]:
        """Revisions of the scope (default: the one that the principal administers), newest first. Forbidden."""
        return history.revisions(self._desk, by, scope, before=before, limit=limit, name=name)

    def revision(self, by: Principal, number: int, scope: Scope | None) -> Revision:
        """One revision; NotFound also if it is not the principal's to see."""
        return history.revision(self._desk, by, number, scope)

    def difference(
        self, by: Principal, scope: Scope, old: int, new: int, names: Sequence[str] | None
    ) -> tuple[Difference, ...]:
        """How the scope's entries differ between two revisions. Forbidden, NotFound."""
        return history.difference_between(self._desk, by, scope, old, new, names=names)

    def scope_version(self, scope: Scope) -> str:
        """The scope's ETag, for bulk replaces and plans."""
        return self._desk.scope_version(scope)

    def _writable(self, by: Principal, name: str, scope: Scope | None, if_match: str | None) -> Offer:
        offer = target(self._desk.snapshot, by, name, scope)
        demand_writable(by, offer.scope)
        demand_match(if_match, f'"{offer.version}"')
        return offer

    def _committed(self, by: Principal, scope: Scope, action: Action, draft: Draft) -> Written:
        desk = self._desk
        assert draft.after is not None, "what is deleted is not written"
        following = desk.next([draft])
        desk.commit(desk.moment(by), scope, action, [draft], following)
        offer = following.by_uid(draft.after.uid)
        assert offer is not None, "the snapshot holds what was written"
        return Written(offer, told(desk, following, by, [offer]))
