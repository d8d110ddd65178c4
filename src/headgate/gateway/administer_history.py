"""The history of the catalogue, scope by scope: reading it, and going back to it.

A scope's history is for those who may write the scope. Revision numbers are global, so a revision of another tenant
exists as a gap in one's own list, and asking for it answers as if there were none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from headgate.access.entries import may_write, own_scope
from headgate.catalogue.entry import ModelEntry
from headgate.catalogue.offer import Offer, entry_of
from headgate.catalogue.revision import Action, Difference, Revision, difference, differences
from headgate.catalogue.scope import Scope
from headgate.core.errors import ModelExists, NamesTaken, NotFound
from headgate.core.failure import Failure, FailureKind
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk, Draft, demand_writable
from headgate.gateway.administer_warn import told
from headgate.gateway.administer_writing import Writing
from headgate.gateway.stores import Verification, VerificationState


class RolledBack(msgspec.Struct, frozen=True):
    """What a rollback changed. `revision` is the scope's last: a new one, unless nothing differed."""

    revision: int
    differences: tuple[Difference, ...]
    warnings: tuple[str, ...]


class _Pair(msgspec.Struct, frozen=True):
    """One entry as a revision left it (None: it did not exist) and as it is (None: it is gone)."""

    then: ModelEntry | None
    held: Offer | None


class History:
    """Reads revisions. Forbidden, NotFound."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def revisions(
        self, by: Principal, scope: Scope | None, *, before: int | None, limit: int, name: str | None
    ) -> list[Revision]:
        wanted = scope if scope is not None else own_scope(by)
        demand_writable(by, wanted)
        return self._desk.store.revisions([wanted], before=before, limit=limit, name=name)

    def revision(self, by: Principal, number: int, *, scope: Scope | None) -> Revision:
        found = self._desk.store.revision(number)
        if found is None or not may_write(by, found.scope) or (scope is not None and scope != found.scope):
            raise NotFound(f"revision {number} does not exist")
        return found

    def difference(
        self, by: Principal, scope: Scope, *, old: int, new: int, names: Sequence[str] | None
    ) -> tuple[Difference, ...]:
        demand_writable(by, scope)
        for number in (old, new):
            demand_revision(self._desk, number)
        states = [self._desk.store.entries_at(scope, number, names=names) for number in (old, new)]
        return tuple(each for each in differences(*states) if names is None or each.name in names)


class Rollback:
    """Going back to what a scope's documents, or those of some names, were at a revision. NotFound, NamesTaken."""

    def __init__(self, writing: Writing, number: int, *, names: Sequence[str] | None) -> None:
        self._writing = writing
        demand_revision(writing.desk, number)
        self._pairs = self._paired(number, names)
        self._demand_names()

    def carry_out(self) -> RolledBack:
        writing, desk = self._writing, self._writing.desk
        drafts = [draft for pair in self._pairs if (draft := self._draft(pair)) is not None]
        following = writing.commit(Action.ROLLBACK, drafts)
        restored = [draft.running for draft in drafts if draft.running is not None]
        self._mark_missing(restored)
        found = (difference(entry_of(each.before) if each.before else None, each.after) for each in drafts)
        changed = sorted((each for each in found if each is not None), key=lambda each: (each.name, each.uid))
        warnings = told(desk, writing.by, snapshot=following, offers=restored)
        return RolledBack(desk.scope_head(writing.scope), tuple(changed), warnings)

    def _paired(self, number: int, names: Sequence[str] | None) -> list[_Pair]:
        """Then and now of every entry that the rollback is about.

        A name stands for whatever had it then and whatever has it now, which may be two entries.
        """
        desk, scope = self._writing.desk, self._writing.scope
        then = {entry.uid: entry for entry in desk.store.entries_at(scope, number, names=names)}
        shelf = desk.snapshot.shelf(scope.key)
        held = {each.uid: each for each in shelf.offers()} if shelf is not None else {}
        uids: Iterable[str] = dict.fromkeys((*then, *held))
        if names is not None:
            uids = _named(names, then.values(), held.values())
        return [_Pair(then.get(uid), held.get(uid)) for uid in uids]

    def _demand_names(self) -> None:
        leaving = {pair.held.uid for pair in self._pairs if pair.held is not None}
        taken = []
        for pair in self._pairs:
            if pair.then is None or (pair.held is not None and pair.held.name == pair.then.name):
                continue
            try:
                self._writing.demand_free(pair.then.name, besides=leaving)
            except ModelExists as error:
                taken.append(error.model)
        if taken:
            raise NamesTaken(f"names were taken since: {', '.join(map(repr, taken))}", details=taken)

    def _draft(self, pair: _Pair) -> Draft | None:
        if pair.then is not None:
            return self._writing.restored(pair.then, pair.held)
        return self._writing.deleted(pair.held) if pair.held is not None else None

    def _mark_missing(self, offers: Iterable[Offer]) -> None:
        """A restored entry whose secret is gone has failed already; a call would only say so later."""
        writing, desk = self._writing, self._writing.desk
        for offer in offers:
            missing = desk.book.applicable(offer)
            if isinstance(missing, Failure) and missing.kind is FailureKind.CREDENTIAL_MISSING:
                failed = VerificationState.FAILED
                desk.board.pin(Verification(uid=offer.uid, state=failed, message=missing.message, at=writing.at))
        desk.board.flush()


def demand_revision(desk: Desk, number: int) -> None:
    """NotFound unless there is a revision of that number, whoever made it: it only names a point in time."""
    if not 1 <= number <= desk.snapshot.revision:
        raise NotFound(f"revision {number} does not exist; the last is {desk.snapshot.revision}")


def _named(names: Sequence[str], then: Collection[ModelEntry], held: Collection[Offer]) -> Iterable[str]:
    meant: dict[str, None] = {}
    known = [(each.uid, each.name) for each in then] + [(each.uid, each.name) for each in held]
    for name in names:
        uids = [uid for uid, known_as in known if known_as == name]
        if not uids:
            raise NotFound(f"no entry is or was named {name!r} in this scope", details=[name])
        meant.update(dict.fromkeys(uids))
    return meant
