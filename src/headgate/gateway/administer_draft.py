"""From what somebody wants an entry to be to a draft that can be committed: rules, names, credential, egress."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from headgate.access.entries import may_use_credentials
from headgate.catalogue.credential import Credential, StoredCredential
from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.offer import Offer, document_of, entry_of, offer
from headgate.catalogue.revision import fields_changed
from headgate.catalogue.rules import check, secret_problem
from headgate.catalogue.scope import Scope, ScopeKind
from headgate.catalogue.upstream import Unroutable
from headgate.catalogue.url import BaseUrl
from headgate.core.errors import Forbidden, InvalidBody, ModelExists, detail
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.administer_desk import Desk, Draft, Moment, Write
from headgate.gateway.credentials import ENTER_AGAIN
from headgate.gateway.ports import Verification, VerificationState

_SHOW_LAST4_FROM: Final = 16


def ruled(desk: Desk, by: Principal, scope: Scope, document: Document, before: Document | None) -> Document:
    """The document as it may be stored; InvalidBody or Forbidden if it may not."""
    faults = check(document)
    if not faults and document.credential is not None and (before is None or before.credential != document.credential):
        faults = _credential_faults(desk, by, scope, document.credential)
    if faults:
        raise InvalidBody(faults[0]["message"], details=faults)
    return _within_organization(by, scope, document)


def demand_free(desk: Desk, by: Principal, scope: Scope, name: str, besides: Container[str] = ()) -> None:
    """ModelExists if the name is taken by an entry whose uid is not in `besides`."""
    slug = by.organization_slug if scope.organization else ""
    holder = desk.snapshot.taken(scope, name, slug)
    if holder is not None and holder.uid not in besides:
        raise ModelExists(name)


def created(desk: Desk, now: Moment, scope: Scope, write: Write, number: int) -> Draft:
    entry = ModelEntry(
        uid=desk.new_uid(),
        number=number,
        scope=scope,
        document=write.document,
        revision=now.revision,
        created_at=now.at,
        created_by=now.by.id,
        updated_at=now.at,
        updated_by=now.by.id,
    )
    return draft(desk, now, None, entry, write.secret, trusted=now.by.platform_admin)


def changed(desk: Desk, now: Moment, before: Offer, write: Write) -> Draft | None:
    """The draft of a change, or None if it changes nothing."""
    clears_nothing = write.secret is None and desk.book.own(before.uid) is None
    if (write.secret is UNSET or clears_nothing) and not fields_changed(document_of(before), write.document):
        return None
    entry = msgspec.structs.replace(
        entry_of(before),
        document=write.document,
        revision=now.revision,
        updated_at=now.at,
        updated_by=now.by.id,
    )
    return draft(desk, now, before, entry, write.secret, trusted=now.by.platform_admin)


def deleted(desk: Desk, before: Offer) -> Draft:
    own = desk.book.own(before.uid)
    return Draft(before=before, after=None, drop=own.credential.id if own is not None else None)


def draft(
    desk: Desk,
    now: Moment,
    before: Offer | None,
    entry: ModelEntry,
    secret: Secret | UnsetType | None,
    *,
    trusted: bool,
) -> Draft:
    """The draft of `entry`, whose credential and verification are decided here.

    So is whether its URL may name a private address: `trusted`, unless the URL is the one in force.
    """
    running = offer(entry, desk.providers)
    same_url = before is not None and _url(before) == _url(running)
    private = before.private_egress if before is not None and same_url else trusted
    entry = msgspec.structs.replace(entry, private_egress=private)
    own = desk.book.own(entry.uid)
    put = sealed(desk, now, running, own, secret) if isinstance(secret, Secret) else None
    drop = own.credential.id if secret is None and own is not None else None
    kept = own if put is None and drop is None else None
    unchanged = before is not None and before.route == running.route and before.credential == running.credential
    verification = None if unchanged and put is None and drop is None else _reset(running, kept, now.at)
    return Draft(before=before, after=entry, put=put, drop=drop, verification=verification)


def sealed(desk: Desk, now: Moment, running: Offer, own: StoredCredential | None, secret: Secret) -> StoredCredential:
    """An entry's own secret, sealed and bound to where the entry's calls go."""
    wrong = secret_problem(secret.reveal())
    if wrong is not None:
        path = "provider_config.api_key"
        raise InvalidBody(f"{path!r} takes {wrong}", details=[detail(path, wrong)])
    route = running.route
    former = own.credential if own is not None else None
    credential = Credential(
        id=former.id if former is not None else desk.new_uid(),
        scope=running.scope,
        provider="" if isinstance(route, Unroutable) else route.provider.id,
        origins=() if isinstance(route, Unroutable) else (route.origin,),
        entry=running.uid,
        last4=last4(secret),
        version=former.version + 1 if former is not None else 1,
        created_at=former.created_at if former is not None else now.at,
        created_by=former.created_by if former is not None else now.by.id,
        updated_at=now.at,
    )
    return desk.sealer.seal(credential, secret)


def last4(secret: Secret) -> str:
    """The characters by which people recognise a key; "" if they would give too much of it away."""
    return secret.reveal()[-4:] if len(secret) >= _SHOW_LAST4_FROM else ""


def detached(running: Offer, own: StoredCredential | None) -> bool:
    """Whether an entry's own credential may not go where its calls go."""
    if own is None:
        return False
    return isinstance(running.route, Unroutable) or not own.credential.may_go_to(running.route.origin)


def _reset(running: Offer, own: StoredCredential | None, at: float) -> Verification:
    if detached(running, own):
        return Verification(uid=running.uid, state=VerificationState.FAILED, message=ENTER_AGAIN, at=at)
    return Verification(uid=running.uid, state=VerificationState.PENDING, at=at)


def _url(running: Offer) -> BaseUrl | None:
    return None if isinstance(running.route, Unroutable) else running.route.url


def _credential_faults(desk: Desk, by: Principal, scope: Scope, name: str) -> list[Mapping[str, str]]:
    path = "provider_config.credential"
    stored = desk.book.named(scope, name)
    held = stored.credential.scope if stored is not None else None
    if held is not None and may_use_credentials(by, held):
        return []
    if held is not None and held.kind is not ScopeKind.PLATFORM:
        raise Forbidden(f"credential {name!r} is not yours to use: that takes the permission 'llm:credentials:use'")
    # The platform's own credentials are nobody else's to know of.
    message = f"{path!r} names no stored credential of this scope or a wider one: {name!r}"
    return [detail(path, message)]


def _within_organization(by: Principal, scope: Scope, document: Document) -> Document:
    if scope.kind is ScopeKind.PLATFORM:
        return document
    foreign = [slug for slug in document.org_slugs if slug != by.organization_slug]
    if foreign:
        raise Forbidden(f"'org_slugs' of an organization's entry is [{by.organization_slug!r}], not {foreign[0]!r}")
    if scope.kind is ScopeKind.ORGANIZATION and not document.org_slugs:
        return msgspec.structs.replace(document, org_slugs=(by.organization_slug,))
    return document
