"""Named provider credentials: stored once, used by many entries, replaced in one place.

A secret goes in and never comes out. The origins it may be sent to are given together with it, so whoever cannot
enter the secret cannot point it elsewhere. Every method runs on the writer thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from headgate.access.entries import may_manage_credentials, own_scope
from headgate.catalogue.credential import Credential, StoredCredential, last4
from headgate.catalogue.offer import Offer
from headgate.catalogue.provider import Provider
from headgate.catalogue.rules import RULES, secret_problem
from headgate.catalogue.scope import Scope, ScopeKind
from headgate.catalogue.upstream import Route
from headgate.catalogue.url import parse_base_url
from headgate.core.errors import Conflict, Forbidden, InvalidBody, NotFound, detail
from headgate.core.failure import Failure
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.administer_desk import Desk, demand_lasting
from headgate.gateway.stores import Verification, VerificationState

Faults = list[Mapping[str, str]]

_State: TypeAlias = tuple[str, int] | None
"""A credential's id and version."""


class NewCredential(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of a credential. `origins` None: where the provider's default URL is."""

    name: str
    provider: str
    secret: Secret
    origins: tuple[str, ...] | None = None
    default: bool = False


class NamedCredentials:
    """The use cases of `/admin/v1/credentials`. They answer with what may be shown: everything but the secret."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def create(self, by: Principal, given: NewCredential, *, scope: Scope) -> Credential:
        """Forbidden, InvalidBody, Conflict."""
        self._demand(by, scope)
        demand_lasting(self._desk, scope)
        if scope.kind is ScopeKind.USER:
            raise InvalidBody("a named credential belongs to the platform, an organization or a project")
        provider, origins = self._checked(given)
        if self._desk.book.at(scope, given.name) is not None:
            raise Conflict(f"credential {given.name!r} already exists in {scope.key!r}")
        now = self._desk.clock.wall()
        made = Credential(
            id=self._desk.new_uid(),
            scope=scope,
            provider=provider.id,
            origins=origins,
            name=given.name,
            default=given.default,
            last4=last4(given.secret),
            created_at=now,
            created_by=by.id,
            updated_at=now,
        )
        return self._store(self._desk.sealer.seal(made, given.secret))

    def list(self, by: Principal, scope: Scope | None = None) -> list[Credential]:
        """Those of a scope (default: the one that the principal administers), by name. Forbidden."""
        wanted = scope if scope is not None else own_scope(by)
        self._demand(by, wanted)
        found = (stored.credential for stored in self._desk.book.all_named())
        return sorted((each for each in found if each.scope == wanted), key=lambda each: each.name)

    def get(self, by: Principal, credential_id: str) -> Credential:
        """NotFound also if it is not the principal's to see."""
        return self._held(by, credential_id).credential

    def rotate(
        self, by: Principal, credential_id: str, *, secret: Secret, origins: Sequence[str] | None = None
    ) -> Credential:
        """Replace the secret, and with `origins` where it may go. In force for the next call. NotFound, InvalidBody."""
        held = self._held(by, credential_id).credential
        faults = _secret_faults(secret)
        bound = held.origins if origins is None else _origins(origins, faults)
        _refuse(faults)
        made = msgspec.structs.replace(
            held,
            origins=bound,
            last4=last4(secret),
            version=held.version + 1,
            updated_at=self._desk.clock.wall(),
        )
        return self._store(self._desk.sealer.seal(made, secret))

    def set_default(self, by: Principal, credential_id: str, *, default: bool) -> Credential:
        """Mark it as the one for its provider in its scope, in place of any other, or take that mark away. NotFound."""
        held = self._held(by, credential_id)
        made = msgspec.structs.replace(held.credential, default=default, updated_at=self._desk.clock.wall())
        return self._store(StoredCredential(made, held.sealed))

    def delete(self, by: Principal, credential_id: str) -> Credential:
        """NotFound; Conflict while entries refer to it."""
        held = self._held(by, credential_id).credential
        users = sorted(offer.name for offer in self._users(held))
        if users:
            raise Conflict(f"credential {held.name!r} is named by {len(users)} entries", details=users[:100])
        before = self._called_with(held)
        self._desk.credential_store.drop([held.id])
        self._desk.book.drop([held.id])
        self._reset(held, before)
        return held

    def _checked(self, given: NewCredential) -> tuple[Provider, tuple[str, ...]]:
        faults: Faults = []
        if (wrong := RULES["credential"].check(given.name)) is not None:
            faults.append(detail("name", f"'name' takes {wrong}"))
        faults += _secret_faults(given.secret)
        provider = self._desk.providers.find(given.provider)
        if provider is None:
            accepted = ", ".join(row.id for row in self._desk.providers.rows)
            faults.append(detail("provider", f"{given.provider!r} is not a known provider; accepted: {accepted}"))
        origins: tuple[str, ...] = ()
        if given.origins is not None:
            origins = _origins(given.origins, faults)
        elif provider is not None and provider.base_url is not None:
            origins = (parse_base_url(provider.base_url).origin,)
        elif provider is not None:
            message = f"'origins' is needed: provider {provider.id!r} has no base URL of its own"
            faults.append(detail("origins", message))
        _refuse(faults)
        assert provider is not None, "an unknown provider is a fault"
        return provider, origins

    def _store(self, stored: StoredCredential) -> Credential:
        about = stored.credential
        before = self._called_with(about)
        self._desk.credential_store.put([stored])
        self._desk.book.put([stored])
        self._reset(about, before)
        return about

    def _held(self, by: Principal, credential_id: str) -> StoredCredential:
        stored = self._desk.book.by_id(credential_id)
        named = stored is not None and stored.credential.entry is None
        if stored is None or not named or not may_manage_credentials(by, stored.credential.scope):
            raise NotFound(f"credential {credential_id!r} does not exist")
        return stored

    def _demand(self, by: Principal, scope: Scope) -> None:
        if not may_manage_credentials(by, scope):
            raise Forbidden(f"the credentials of {scope.key!r} are not yours to manage")

    def _users(self, credential: Credential) -> Iterator[Offer]:
        """The entries that name this credential."""
        for offer in self._desk.snapshot.offers():
            if offer.credential == credential.name:
                stored = self._desk.book.named(offer.scope, credential.name)
                if stored is not None and stored.credential.id == credential.id:
                    yield offer

    def _called_with(self, about: Credential) -> Mapping[str, _State]:
        """In what state which credential is for the entries that this one may be for, by uid: by name or as a default.

        None where there is none to call an entry with.
        """
        book = self._desk.book
        return {
            offer.uid: _state(book.applicable(offer))
            for offer in self._desk.snapshot.offers()
            if offer.credential == about.name
            or (isinstance(offer.route, Route) and offer.route.provider.id == about.provider)
        }

    def _reset(self, about: Credential, before: Mapping[str, _State]) -> None:
        """What was found out with one credential says nothing of another, nor of having one at last."""
        now = self._desk.clock.wall()
        for uid, state in self._called_with(about).items():
            if state != before[uid]:
                self._desk.board.pin(Verification(uid=uid, state=VerificationState.PENDING, at=now))
        self._desk.board.flush()


def _state(applicable: StoredCredential | Failure | None) -> _State:
    if not isinstance(applicable, StoredCredential):
        return None
    return applicable.credential.id, applicable.credential.version


def _secret_faults(secret: Secret) -> Faults:
    wrong = secret_problem(secret.reveal())
    return [detail("secret", f"'secret' takes {wrong}")] if wrong is not None else []


def _origins(given: Sequence[str], faults: Faults) -> tuple[str, ...]:
    """The origins of what was given as origins or URLs; what is wrong with any is added to `faults`."""
    if not given:
        faults.append(detail("origins", "'origins' takes at least one origin: a secret that may go nowhere is useless"))
    origins: dict[str, None] = {}
    for index, text in enumerate(given):
        try:
            origins[parse_base_url(text).origin] = None
        except ValueError as error:
            faults.append(detail(f"origins.{index}", str(error)))
    return tuple(origins)


def _refuse(faults: Faults) -> None:
    if faults:
        raise InvalidBody(faults[0]["message"], details=faults)
