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
from headgate.core.errors import ModelNotFound
from headgate.core.principal import Principal
from headgate.gateway.administer_bulk import Item, Replaced, Replacement
from headgate.gateway.administer_desk import (
    Current,
    Desk,
    Draft,
    Write,
    demand_deletable,
    demand_lasting,
    demand_match,
    demand_writable,
    target,
)
from headgate.gateway.administer_history import History, Rollback, RolledBack
from headgate.gateway.administer_warn import told
from headgate.gateway.administer_writing import Writing

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
        self._history = History(desk)
        self.max_items = max_items

    def create(self, by: Principal, write: Write, *, scope: Scope, shared: bool = False) -> Written:
        """A new entry. `shared`: with the organization from the start, which whoever asks has the right to.

        Forbidden, InvalidBody, ModelExists.
        """
        writing = self._writing(by, scope)
        ruled = writing.ruled(write, None)
        writing.demand_free(ruled.document.name)
        number = self._desk.store.next_numbers(1)[0]
        return self._written(writing, Action.CREATE, writing.created(ruled, number=number, shared=shared))

    def update(
        self,
        by: Principal,
        name: str,
        *,
        change: Callable[[Document], Write],
        scope: Scope | None = None,
        kinds: Container[Kind] = frozenset(Kind),
        if_match: str | None = None,
    ) -> Written:
        """The entry that `name` means, changed, as if there were none of other kinds than `kinds`.

        What changes nothing makes no revision. ModelNotFound, Forbidden, PreconditionFailed, InvalidBody, ModelExists.
        """
        offer = self._meant(by, name, scope=scope, kinds=kinds)
        writing = self._writing(by, offer.scope)
        demand_match(if_match, offer.etag(writing.at))
        former = document_of(offer)
        ruled = writing.ruled(change(writing.shown(former)), former)
        if ruled.document.name != former.name:
            writing.demand_free(ruled.document.name, besides={offer.uid})
        draft = writing.changed(offer, ruled)
        if draft is None:
            return Written(offer, told(self._desk, by, snapshot=self._desk.snapshot, offers=[offer]))
        return self._written(writing, Action.UPDATE, draft)

    def delete(
        self,
        by: Principal,
        name: str,
        *,
        scope: Scope | None = None,
        kinds: Container[Kind] = frozenset(Kind),
        if_match: str | None = None,
    ) -> Offer:
        """The entry that was deleted, as if there were none of other kinds. ModelNotFound, Forbidden,
        PreconditionFailed."""
        offer = self._meant(by, name, scope=scope, kinds=kinds)
        demand_deletable(by, offer.scope)
        demand_match(if_match, offer.etag(self._desk.clock.wall()))
        writing = Writing(self._desk, by, scope=offer.scope)
        writing.commit(Action.DELETE, [writing.deleted(offer)])
        return offer

    def replace(
        self,
        by: Principal,
        items: Sequence[Item],
        *,
        scope: Scope,
        kinds: Container[Kind] = frozenset(Kind),
        if_match: str | None = None,
    ) -> Replaced:
        """Make the scope hold exactly these items, besides entries of other kinds than `kinds`.

        Forbidden, PreconditionFailed, TooManyItems, InvalidItems.
        """
        writing = self._writing(by, scope)
        demand_match(if_match, self.scope_version(scope))
        return Replacement(writing, items, kinds=kinds, limit=self.max_items).carry_out()

    def plan(
        self,
        by: Principal,
        items: Sequence[Item],
        *,
        scope: Scope,
        kinds: Container[Kind] = frozenset(Kind),
        if_match: str | None = None,
    ) -> tuple[Difference, ...]:
        """What `replace` would change, without doing it; the same refusals."""
        writing = self._writing(by, scope)
        demand_match(if_match, self.scope_version(scope))
        return Replacement(writing, items, kinds=kinds, limit=self.max_items).plan()

    def rollback(self, by: Principal, scope: Scope, *, number: int, names: Sequence[str] | None = None) -> RolledBack:
        """Restore the scope's documents, or those of `names`, as revision `number` left them.

        Secrets, sharing and verification are not part of it. Forbidden, NotFound, NamesTaken.
        """
        return Rollback(self._writing(by, scope), number, names=names).carry_out()

    def revisions(
        self, by: Principal, scope: Scope | None, *, before: int | None, limit: int, name: str | None
    ) -> list[Revision]:
        """Revisions of the scope (default: the one that the principal administers), newest first. Forbidden."""
        return self._history.revisions(by, scope, before=before, limit=limit, name=name)

    def revision(self, by: Principal, number: int, *, scope: Scope | None = None) -> Revision:
        """One revision; NotFound also if it is not the principal's to see."""
        return self._history.revision(by, number, scope=scope)

    def difference(
        self, by: Principal, scope: Scope, *, old: int, new: int, names: Sequence[str] | None = None
    ) -> tuple[Difference, ...]:
        """How the scope's entries differ between two revisions. Forbidden, NotFound."""
        return self._history.difference(by, scope, old=old, new=new, names=names)

    def scope_version(self, scope: Scope) -> str:
        """The scope's ETag, for bulk replaces and plans."""
        return self._desk.scope_version(scope)

    def _meant(self, by: Principal, name: str, *, scope: Scope | None, kinds: Container[Kind]) -> Offer:
        self._desk.catch_up()
        offer = target(self._desk.snapshot, by, name=name, scope=scope)
        if offer.kind not in kinds:
            raise ModelNotFound(name)
        return offer

    def _writing(self, by: Principal, scope: Scope) -> Writing:
        self._desk.catch_up()
        demand_writable(by, scope)
        demand_lasting(self._desk, scope)
        return Writing(self._desk, by, scope=scope)

    def _written(self, writing: Writing, action: Action, draft: Draft) -> Written:
        assert draft.running is not None, "what is deleted is not written"
        following = writing.commit(action, [draft])
        return Written(draft.running, told(self._desk, writing.by, snapshot=following, offers=[draft.running]))
