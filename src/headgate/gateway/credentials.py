"""Which provider credential an entry is called with: its own, the one it names, or a default.

The book is in memory, changed in place by the writer thread after the store has the change, one item at a time, and
read by the event loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.offer import Offer
from headgate.catalogue.provider import AuthScheme
from headgate.catalogue.scope import Scope, wider
from headgate.catalogue.upstream import Unroutable
from headgate.core.failure import Failure, FailureKind

ENTER_AGAIN: Final = "credential must be entered again"


class CredentialBook:
    """Every stored credential, by what it is looked up with. Secrets stay sealed.

    `version` rises after each change: whoever remembers an answer asks again when it has.
    """

    def __init__(self, stored: Iterable[StoredCredential] = ()) -> None:
        self.version = 0
        self._by_id: dict[str, StoredCredential] = {}
        self._own: dict[str, StoredCredential] = {}
        self._named: dict[tuple[str, str], StoredCredential] = {}
        self._defaults: dict[tuple[str, str], StoredCredential] = {}
        self.put(stored)

    def load(self, stored: Iterable[StoredCredential]) -> None:
        """Forget everything and take these."""
        fresh = CredentialBook(stored)
        self._by_id, self._own = fresh._by_id, fresh._own
        self._named, self._defaults = fresh._named, fresh._defaults
        self.version += 1

    def put(self, stored: Iterable[StoredCredential]) -> None:
        """Add or replace by id. A default takes that mark from any other of its scope and provider."""
        for each in stored:
            about = each.credential
            former = self._by_id.get(about.id)
            if former is not None and former.credential.default and not about.default:
                self._forget_default(former)
            self._by_id[about.id] = each
            if about.entry is not None:
                self._own[about.entry] = each
            else:
                self._named[about.scope.key, about.name] = each
            if about.default:
                self._take_default(each)
        self.version += 1

    def drop(self, ids: Iterable[str]) -> None:
        for each in ids:
            stored = self._by_id.pop(each, None)
            if stored is None:
                continue
            about = stored.credential
            if about.entry is not None:
                self._own.pop(about.entry, None)
            else:
                self._named.pop((about.scope.key, about.name), None)
            self._forget_default(stored)
        self.version += 1

    def by_id(self, credential_id: str) -> StoredCredential | None:
        return self._by_id.get(credential_id)

    def own(self, uid: str) -> StoredCredential | None:
        """The credential that was written with an entry."""
        return self._own.get(uid)

    def detached(self, offer: Offer) -> bool:
        """Whether an entry has a credential of its own that may not go where its calls go."""
        own = self._own.get(offer.uid)
        if own is None:
            return False
        return isinstance(offer.route, Unroutable) or not own.credential.may_go_to(offer.route.origin)

    def named(self, scope: Scope, name: str) -> StoredCredential | None:
        """The credential of this name in a scope or, failing that, in a wider one."""
        found = (self._named.get((each.key, name)) for each in wider(scope))
        return next((stored for stored in found if stored is not None), None)

    def at(self, scope: Scope, name: str) -> StoredCredential | None:
        """The credential of this name in exactly this scope."""
        return self._named.get((scope.key, name))

    def default(self, scope: Scope, provider: str) -> StoredCredential | None:
        """The default of a provider in exactly this scope."""
        return self._defaults.get((scope.key, provider))

    def all_named(self) -> Iterator[StoredCredential]:
        return iter(list(self._named.values()))

    def applicable(self, offer: Offer) -> StoredCredential | Failure | None:
        """The credential for a call of `offer`; None: it is sent without one; a Failure says what is missing."""
        route = offer.route
        if isinstance(route, Unroutable):
            return Failure(kind=FailureKind.UNROUTABLE, message=route.message)
        if route.provider.auth is AuthScheme.NONE:
            return None
        own = self._own.get(offer.uid)
        if own is not None:
            return own if own.credential.may_go_to(route.origin) else _missing(ENTER_AGAIN)
        if offer.credential is not None:
            return self._of_name(offer, offer.credential, route.origin)
        for scope in wider(offer.scope):
            default = self._defaults.get((scope.key, route.provider.id))
            if default is not None and default.credential.may_go_to(route.origin):
                return default
        if route.provider.needs_key:
            return _missing(f"provider {route.provider.id!r} needs a credential, and none is stored for {route.origin}")
        return None

    def _of_name(self, offer: Offer, name: str, origin: str) -> StoredCredential | Failure:
        stored = self.named(offer.scope, name)
        if stored is None:
            return _missing(f"credential {name!r} does not exist")
        if not stored.credential.may_go_to(origin):
            return _missing(f"credential {name!r} may not be sent to {origin}")
        return stored

    def _take_default(self, heir: StoredCredential) -> None:
        key = (heir.credential.scope.key, heir.credential.provider)
        former = self._defaults.get(key)
        self._defaults[key] = heir
        if former is not None and former.credential.id != heir.credential.id:
            unmarked = _unmarked(former)
            self._by_id[former.credential.id] = unmarked
            if former.credential.entry is None:
                self._named[former.credential.scope.key, former.credential.name] = unmarked

    def _forget_default(self, stored: StoredCredential) -> None:
        key = (stored.credential.scope.key, stored.credential.provider)
        held = self._defaults.get(key)
        if held is not None and held.credential.id == stored.credential.id:
            del self._defaults[key]


def _unmarked(stored: StoredCredential) -> StoredCredential:
    return msgspec.structs.replace(stored, credential=msgspec.structs.replace(stored.credential, default=False))


def _missing(message: str) -> Failure:
    return Failure(kind=FailureKind.CREDENTIAL_MISSING, message=message)
