"""The history of the catalogue, scope by scope: reading it, and going back to it.

A scope's history is for those who may write the scope. Revision numbers are global, so a revision of another tenant
exists as a gap in one's own list, and asking for it answers as if there were none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec
from msgspec import UNSET

from headgate.access.entries import may_write, own_scope
from headgate.catalogue.entry import ModelEntry
from headgate.catalogue.offer import Offer, entry_of
from headgate.catalogue.revision import Action, Difference, Revision, difference, differences
from headgate.catalogue.scope import Scope
from headgate.core.errors import ModelExists, NamesTaken, NotFound
from headgate.core.failure import Failure, FailureKind
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk, Draft, Moment, demand_writable
from headgate.gateway.administer_draft import deleted, demand_free, draft
from headgate.gateway.administer_warn import told
from headgate.gateway.ports import Verification, VerificationState


class RolledBack(msgspec.Struct, frozen=True):
    """What a rollback changed. `revision` is the scope's last: a new one, unless nothing differed."""

    revision: int
    differences: tuple[Difference, ...]
    warnings: tuple[str, ...]


class Pair(msgspec.Struct, frozen=True):
    """One entry as a revision left it (None: it did not exist) and as it is (None: it is gone)."""

    then: ModelEntry | None
    held: Offer | None


def revisions(
    desk: Desk, by: Principal, scope: Scope | None, *, before: int | None, limit: int, name: str | None
) -> list[Revision]:
    wanted = scope if scope is not None else own_scope(by)
    demand_writable(by, wanted)
    return desk.store.revisions([wanted], before=before, limit=limit, name=name)


def revision(desk: Desk, by: Principal, number: int, scope: Scope | None) -> Revision:
    found = desk.store.revision(number)
    if found is None or not may_write(by, found.scope) or (scope is not None and scope != found.scope):
        raise NotFound(f"revision {number} does not exist")
    return found


def difference_between(
    desk: Desk, by: Principal, scope: Scope, old: int, new: int, *, names: Sequence[str] | None
) -> tuple[Difference, ...]:
    demand_writable(by, scope)
    demand_revision(desk, old)
    demand_revision(desk, new)
    found = differences(desk.store.entries_at(scope, old), desk.store.entries_at(scope, new))
    return tuple(each for each in found if names is None or each.name in names)


def rollback(desk: Desk, by: Principal, scope: Scope, number: int, names: Sequence[str] | None) -> RolledBack:
    demand_writable(by, scope)
    demand_revision(desk, number)
    pairs = _pairs(desk, scope, number, names)
    _demand_names(desk, by, scope, pairs)
    now = desk.moment(by)
    drafts = [made for pair in pairs if (made := _restored(desk, now, pair)) is not None]
    following = desk.next(drafts) if drafts else desk.snapshot
    if drafts:
        desk.commit(now, scope, Action.ROLLBACK, drafts, following)
    offers = [each for pair in pairs if pair.then is not None and (each := following.by_uid(pair.then.uid)) is not None]
    found = (difference(entry_of(each.held) if each.held is not None else None, each.then) for each in pairs)
    changed = sorted((each for each in found if each is not None), key=lambda each: (each.name, each.uid))
    _mark_missing(desk, now, offers)
    return RolledBack(desk.scope_head(scope), tuple(changed), told(desk, following, by, offers))


def demand_revision(desk: Desk, number: int) -> None:
    """NotFound unless there is a revision of that number, whoever made it: it only names a point in time."""
    if not 1 <= number <= desk.snapshot.revision:
        raise NotFound(f"revision {number} does not exist; the last is {desk.snapshot.revision}")


def _pairs(desk: Desk, scope: Scope, number: int, names: Sequence[str] | None) -> list[Pair]:
    """Then and now of every entry that the rollback is about.

    A name stands for whatever had it then and whatever has it now, which may be two entries.
    """
    then = {entry.uid: entry for entry in desk.store.entries_at(scope, number)}
    shelf = desk.snapshot.shelf(scope.key)
    held = {each.uid: each for each in shelf.offers()} if shelf is not None else {}
    uids: Iterable[str] = dict.fromkeys((*then, *held))
    if names is not None:
        uids = _named(names, then.values(), held.values())
    return [Pair(then.get(uid), held.get(uid)) for uid in uids]


def _named(names: Sequence[str], then: Collection[ModelEntry], held: Collection[Offer]) -> Iterable[str]:
    meant: dict[str, None] = {}
    known = [(each.uid, each.name) for each in then] + [(each.uid, each.name) for each in held]
    for name in names:
        uids = [uid for uid, known_as in known if known_as == name]
        if not uids:
            raise NotFound(f"no entry is or was named {name!r} in this scope", details=[name])
        meant.update(dict.fromkeys(uids))
    return meant


def _demand_names(desk: Desk, by: Principal, scope: Scope, pairs: Sequence[Pair]) -> None:
    leaving = {pair.held.uid for pair in pairs if pair.held is not None}
    taken = []
    for pair in pairs:
        if pair.then is None or (pair.held is not None and pair.held.name == pair.then.name):
            continue
        try:
            demand_free(desk, by, scope, pair.then.name, leaving)
        except ModelExists as error:
            taken.append(error.model)
    if taken:
        raise NamesTaken(f"names were taken since: {', '.join(map(repr, taken))}", details=taken)


def _restored(desk: Desk, now: Moment, pair: Pair) -> Draft | None:
    """The draft that brings one entry back to what it was, or None if that is what it is."""
    then, held = pair.then, pair.held
    if then is None:
        return deleted(desk, held) if held is not None else None
    base = entry_of(held) if held is not None else then
    if held is not None and difference(base, then) is None:
        return None
    entry = msgspec.structs.replace(
        base, document=then.document, revision=now.revision, updated_at=now.at, updated_by=now.by.id
    )
    # Going back to a URL is writing it: the permission for private addresses needs an administrator both times.
    trusted = then.private_egress and now.by.platform_admin
    return draft(desk, now, held, entry, UNSET, trusted=trusted)


def _mark_missing(desk: Desk, now: Moment, offers: Iterable[Offer]) -> None:
    """A restored entry whose secret is gone has failed already; a call would only say so later."""
    for each in offers:
        missing = desk.book.applicable(each)
        if (
            each.revision == now.revision
            and isinstance(missing, Failure)
            and missing.kind is FailureKind.CREDENTIAL_MISSING
        ):
            desk.board.pin(
                Verification(uid=each.uid, state=VerificationState.FAILED, message=missing.message, at=now.at)
            )
    desk.board.flush()
