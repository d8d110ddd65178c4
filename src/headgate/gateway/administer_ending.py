"""What becomes of a scope whose owner goes: a person leaves an organization, a project or an organization is deleted.

A person's entries go with the membership. Projects and organizations go only when nothing is left in them. Everything
here runs on the writer thread, like every write of the catalogue, so nothing comes into a scope while it ends.
"""

from __future__ import annotations

from collections.abc import Mapping

from headgate.catalogue.revision import Action
from headgate.catalogue.scope import Scope, ScopeKind
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk
from headgate.gateway.administer_writing import Writing


class Endings:
    """Whether a scope may end was decided by whoever asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def clear(self, by: Principal, scope: Scope) -> int:
        """Delete every entry of the scope, secrets and shares with them, as one revision. How many there were."""
        self._desk.catch_up()
        shelf = self._desk.snapshot.shelf(scope.key)
        if shelf is None:
            return 0
        writing = Writing(self._desk, by, scope=scope)
        drafts = [writing.leaving(offer) for offer in shelf.offers()]
        writing.commit(Action.DELETE, drafts)
        return len(drafts)

    def close(self, scope: Scope) -> None:
        """Take nothing more into the scope, or, of an organization, into any scope in it, and no price of its own."""
        self._desk.ended.add(scope.key)
        if scope.kind is ScopeKind.ORGANIZATION:
            self._desk.prices.forget(lambda organization, _: organization == scope.organization)

    def reopen(self, scope: Scope) -> None:
        """A person who left has come back."""
        self._desk.ended.discard(scope.key)

    def contents(self, scope: Scope) -> Mapping[str, int]:
        """How many entries and named credentials a project or a whole organization has."""
        self._desk.catch_up()
        offers = sum(_within(offer.scope, scope) for offer in self._desk.snapshot.offers())
        named = sum(_within(stored.credential.scope, scope) for stored in self._desk.book.all_named())
        return {"entries": offers, "credentials": named}


def _within(inner: Scope, outer: Scope) -> bool:
    if outer.kind is ScopeKind.ORGANIZATION:
        return inner.organization == outer.organization
    return inner == outer
