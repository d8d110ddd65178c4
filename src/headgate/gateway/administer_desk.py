"""What every write of the catalogue has in common: which entry is meant, whether it may be written, and the commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from headgate.access.entries import may_delete, may_enter_secrets, may_write
from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.providers import Providers
from headgate.catalogue.revision import Revision
from headgate.catalogue.scope import Scope, organization
from headgate.catalogue.share import Share
from headgate.catalogue.snapshot import Snapshot
from headgate.core.clock import Clock
from headgate.core.errors import Forbidden, ModelNotFound, PreconditionFailed
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.board import VerificationBoard
from headgate.gateway.bundled import BundledPrices, knows_none
from headgate.gateway.credentials import CredentialBook
from headgate.gateway.prices import Prices
from headgate.gateway.stores import CatalogueStore, CredentialStore, Sealer, Verification


class Current:
    """The one mutable reference to the catalogue, swapped by the writer thread."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot


class Write(msgspec.Struct, frozen=True):
    """What an entry is to be. `secret`: UNSET leaves it alone, None removes it, a Secret is sealed for its origin."""

    document: Document
    secret: Secret | UnsetType | None = UNSET


class Draft(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One entry's way from one state to the next, ready to be committed.

    `running` is `after` as requests see it. `put` and `drop` (a credential's id) are its own credential's;
    `verification` is what the change says about it; `share` is that of an entry that is made shared.
    """

    before: Offer | None
    after: ModelEntry | None
    running: Offer | None = None
    put: StoredCredential | None = None
    drop: str | None = None
    verification: Verification | None = None
    share: Share | None = None


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue is written with.

    `ended` are the keys of scopes that ceased to exist since the start. A request that was let in before that may
    still be on its way, and must leave nothing behind in them. `bundled` is asked for the prices of new entries, and of
    those that call another model.
    """

    current: Current
    store: CatalogueStore
    credential_store: CredentialStore
    book: CredentialBook
    board: VerificationBoard
    sealer: Sealer
    providers: Providers
    clock: Clock
    new_uid: Callable[[], str]
    scope_heads: dict[str, int] = {}
    ended: set[str] = set()
    prices: Prices
    bundled: BundledPrices = knows_none

    @property
    def snapshot(self) -> Snapshot:
        return self.current.snapshot

    def catch_up(self) -> None:
        """Take over what the store has, if it has more than memory: a commit whose outcome was not known."""
        if self.store.head() == self.snapshot.revision:
            return
        self.book.load(self.credential_store.credentials())
        head = self.store.head()
        offers = (offer(entry, self.providers) for entry in self.store.entries())
        self.current.snapshot = Snapshot.of(offers, head, shares=self.snapshot.shared.shares())
        self.prices.forget(lambda _, uid: self.snapshot.by_uid(uid) is None)
        self.scope_heads.clear()

    def scope_version(self, scope: Scope) -> str:
        """The scope's ETag: it names the last revision that changed it."""
        return f'"{scope.key}-{self.scope_head(scope)}"'

    def scope_head(self, scope: Scope) -> int:
        if scope.key not in self.scope_heads:
            last = self.store.revisions([scope], before=None, limit=1, name=None)
            self.scope_heads[scope.key] = last[0].number if last else 0
        return self.scope_heads[scope.key]

    def commit(self, revision: Revision, drafts: Sequence[Draft], *, following: Snapshot) -> None:
        """Write a revision and put `following` in force. If the store refuses, nothing has changed."""
        put = [draft.put for draft in drafts if draft.put is not None]
        drop = [draft.drop for draft in drafts if draft.drop is not None]
        shares = [draft.share for draft in drafts if draft.share is not None]
        self.store.commit(revision, put=put, drop=drop, shares=shares)
        self.book.put(put)
        self.current.snapshot = following
        self.book.drop(drop)
        self.scope_heads[revision.scope.key] = revision.number
        for draft in drafts:
            if draft.verification is not None:
                self.board.pin(draft.verification)
        gone = dict.fromkeys(change.entry.uid for change in revision.changes if change.after is None)
        self.board.forget(gone)
        self.prices.forget(lambda _, uid: uid in gone)
        self.board.flush()


def target(snapshot: Snapshot, by: Principal, *, name: str, scope: Scope | None) -> Offer:
    """The entry that a management path means: resolved like `model`, or pinned to `scope`; else ModelNotFound.

    Who may write a scope sees all of it, whatever organizations an entry is open to: it could not be opened to
    others and corrected afterwards otherwise.
    """
    keys = by.scopes if scope is None else (scope.key,)
    for key in keys:
        shelf = snapshot.shelf(key)
        found = shelf.get(name) if shelf is not None else None
        if found is not None and _seen(by, found):
            return found
    given = snapshot.shared.get(by.organization, name) if scope is None else None
    if given is not None:
        return given
    found = snapshot.by_uid(name)
    if found is not None and _meant_by_uid(snapshot, by, found, scope=scope):
        return found
    raise ModelNotFound(name)


def _meant_by_uid(snapshot: Snapshot, by: Principal, found: Offer, *, scope: Scope | None) -> bool:
    if scope is not None:
        return found.scope == scope and _seen(by, found)
    return (found.scope_key in by.scopes and _seen(by, found)) or snapshot.is_visible(by, found)


def _seen(by: Principal, found: Offer) -> bool:
    return may_write(by, found.scope) or (found.scope_key in by.scopes and found.within_reach(by))


def demand_lasting(desk: Desk, scope: Scope) -> None:
    """Forbidden, in the words for a scope that is not one's own, if the scope or its organization has ended."""
    if scope.key in desk.ended or (scope.organization and organization(scope.organization).key in desk.ended):
        raise Forbidden(f"the entries of {scope.key!r} are not yours to write")


def demand_writable(by: Principal, scope: Scope) -> None:
    if not may_write(by, scope):
        raise Forbidden(f"the entries of {scope.key!r} are not yours to write")


def demand_deletable(by: Principal, scope: Scope) -> None:
    if not may_delete(by, scope):
        raise Forbidden(f"the entries of {scope.key!r} are not yours to delete")


def demand_secrets(by: Principal, scope: Scope) -> None:
    if not may_enter_secrets(by, scope):
        raise Forbidden(f"the secrets of the entries of {scope.key!r} are not yours to enter or clear")


def demand_match(if_match: str | None, version: str) -> None:
    """PreconditionFailed unless a given If-Match names `version`, a quoted ETag. Weak tags never match (RFC 9110)."""
    if if_match is None or if_match.strip() == "*":
        return
    if version not in (tag.strip() for tag in if_match.split(",")):
        raise PreconditionFailed(f"If-Match is {if_match!r}, and the version in force is {version}")
