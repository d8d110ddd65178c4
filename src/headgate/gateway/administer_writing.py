"""One write of one scope: from what somebody wants entries to be, over drafts, to one revision that is in force.

What is decided on the way: whether the rules allow the document, whether the name is free, where the secret may go,
whether the URL may be a private address, and what is still known of whether the entry works.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from headgate.access.entries import may_use_credentials
from headgate.catalogue.credential import Credential, StoredCredential, last4
from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.offer import Offer, document_of, entry_of, offer
from headgate.catalogue.pricing import as_shown, rewritten
from headgate.catalogue.revision import Action, Change, Revision, fields_changed
from headgate.catalogue.rules import check, secret_problem
from headgate.catalogue.scope import Scope, ScopeKind
from headgate.catalogue.share import Share
from headgate.catalogue.snapshot import Snapshot
from headgate.catalogue.upstream import Unroutable
from headgate.catalogue.url import BaseUrl
from headgate.core.errors import Forbidden, InvalidBody, ModelExists, detail
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.administer_desk import Desk, Draft, Write, demand_deletable, demand_secrets
from headgate.gateway.administer_prices import PriceWriting
from headgate.gateway.credentials import ENTER_AGAIN
from headgate.gateway.stores import Verification, VerificationState

_API_KEY: Final = "provider_config.api_key"
_CREDENTIAL: Final = "provider_config.credential"


class Writing:
    """Single use. Made from the state in force, which nobody else changes until it is committed.

    That the scope may be written is decided before; deleting and entering secrets are decided here. Forbidden.
    """

    def __init__(self, desk: Desk, by: Principal, *, scope: Scope) -> None:
        self.desk = desk
        self.by = by
        self.scope = scope
        self.at = desk.clock.wall()
        self.revision = desk.snapshot.revision + 1
        self._slug = by.organization_slug if scope.organization else ""
        self._pricing = PriceWriting(desk=desk, by=by, scope=scope, at=self.at)

    def shown(self, document: Document) -> Document:
        """A document in force as writers see it and change it: with the price that counts at this instant."""
        return as_shown(document, self.at)

    def ruled(self, write: Write, before: Document | None) -> Write:
        """The write, made of `before` as it was shown, as it may be stored; InvalidBody with every fault, Forbidden."""
        document = write.document if before is None else rewritten(before, write.document, wall=self.at)
        faults = check(document)
        if isinstance(write.secret, Secret) and (wrong := secret_problem(write.secret.reveal())) is not None:
            faults.append(detail(_API_KEY, f"{_API_KEY!r} takes {wrong}"))
        if before is None or before.credential != document.credential:
            faults += self._credential_faults(document.credential)
        if faults:
            raise InvalidBody(faults[0]["message"], details=faults)
        document = self._within_organization(document)
        return Write(self._pricing.written(before, document), write.secret)

    def demand_free(self, name: str, *, besides: Container[str] = ()) -> None:
        """ModelExists if the name is taken by an entry whose uid is not in `besides`."""
        holder = self.desk.snapshot.taken(self.scope, name, organization_slug=self._slug)
        if holder is not None and holder.uid not in besides:
            raise ModelExists(name)

    def created(self, write: Write, *, number: int, shared: bool = False) -> Draft:
        if isinstance(write.secret, Secret):
            demand_secrets(self.by, self.scope)
        entry = ModelEntry(
            uid=self.desk.new_uid(),
            number=number,
            scope=self.scope,
            document=write.document,
            revision=self.revision,
            created_at=self.at,
            created_by=self.by.id,
            updated_at=self.at,
            updated_by=self.by.id,
        )
        draft = self._draft(None, entry, write.secret, trusted=self.by.platform_admin)
        if not shared:
            return draft
        share = Share(uid=entry.uid, shared_at=self.at, shared_by=self.by.id)
        return msgspec.structs.replace(draft, share=share)

    def changed(self, before: Offer, write: Write) -> Draft | None:
        """The draft of a change, or None if it changes nothing."""
        clears_nothing = write.secret is None and self.desk.book.own(before.uid) is None
        if (write.secret is UNSET or clears_nothing) and not fields_changed(document_of(before), write.document):
            return None
        if write.secret is not UNSET and not clears_nothing:
            demand_secrets(self.by, self.scope)
        entry = self._updated(entry_of(before), write.document)
        return self._draft(before, entry, write.secret, trusted=self.by.platform_admin)

    def restored(self, then: ModelEntry, before: Offer | None) -> Draft | None:
        """The draft that brings an entry back to what it was then, or None if that is what it is. Forbidden."""
        held = entry_of(before) if before is not None else None
        document = self._pricing.restored(held.document if held is not None else None, then.document)
        if held is not None and not fields_changed(held.document, document):
            return None
        entry = self._updated(held or then, document)
        # Going back to a URL is writing it: the permission for private addresses needs an administrator both times.
        return self._draft(before, entry, UNSET, trusted=then.private_egress and self.by.platform_admin)

    def deleted(self, before: Offer) -> Draft:
        demand_deletable(self.by, self.scope)
        return self.leaving(before)

    def leaving(self, before: Offer) -> Draft:
        """The draft of an entry that goes whether or not `by` may delete it, because its scope ends."""
        own = self.desk.book.own(before.uid)
        return Draft(before=before, after=None, drop=own.credential.id if own is not None else None)

    def following(self, drafts: Sequence[Draft]) -> Snapshot:
        """The snapshot that a commit of these drafts puts in force."""
        if not drafts:
            return self.desk.snapshot
        gone = [draft.before for draft in drafts if draft.before is not None]
        come = [draft.running for draft in drafts if draft.running is not None]
        following = self.desk.snapshot.after(self.revision, gone=gone, come=come)
        for draft in drafts:
            following = following.sharing(draft.share) if draft.share is not None else following
        return following

    def commit(self, action: Action, drafts: Sequence[Draft]) -> Snapshot:
        """Write the drafts as one revision, if there are any, and put it in force. If the store fails, nothing is."""
        following = self.following(drafts)
        if drafts:
            changes = tuple(
                Change(entry_of(draft.before) if draft.before is not None else None, draft.after) for draft in drafts
            )
            revision = Revision(
                number=self.revision, scope=self.scope, at=self.at, by=self.by.id, action=action, changes=changes
            )
            self.desk.commit(revision, drafts, following=following)
        return following

    def _updated(self, entry: ModelEntry, document: Document) -> ModelEntry:
        return msgspec.structs.replace(
            entry, document=document, revision=self.revision, updated_at=self.at, updated_by=self.by.id
        )

    def _draft(
        self, before: Offer | None, entry: ModelEntry, secret: Secret | UnsetType | None, *, trusted: bool
    ) -> Draft:
        """The draft of an entry. A URL that is not the one in force may name a private address only if `trusted`."""
        running = offer(entry, self.desk.providers)
        same_url = before is not None and _url(before) == _url(running)
        private = before.private_egress if before is not None and same_url else trusted
        own = self.desk.book.own(entry.uid)
        put = self._sealed(running, own, secret) if isinstance(secret, Secret) else None
        drop = own.credential.id if secret is None and own is not None else None
        unchanged = before is not None and before.route == running.route and before.credential == running.credential
        return Draft(
            before=before,
            after=msgspec.structs.replace(entry, private_egress=private),
            running=msgspec.structs.replace(running, private_egress=private),
            put=put,
            drop=drop,
            verification=None if unchanged and put is None and drop is None else self._reset(running, secret),
        )

    def _sealed(self, running: Offer, own: StoredCredential | None, secret: Secret) -> StoredCredential:
        """An entry's own secret, sealed and bound to where the entry's calls go."""
        route = running.route
        former = own.credential if own is not None else None
        credential = Credential(
            id=former.id if former is not None else self.desk.new_uid(),
            scope=running.scope,
            provider="" if isinstance(route, Unroutable) else route.provider.id,
            origins=() if isinstance(route, Unroutable) else (route.origin,),
            entry=running.uid,
            last4=last4(secret),
            version=former.version + 1 if former is not None else 1,
            created_at=former.created_at if former is not None else self.at,
            created_by=former.created_by if former is not None else self.by.id,
            updated_at=self.at,
        )
        return self.desk.sealer.seal(credential, secret)

    def _reset(self, running: Offer, secret: Secret | UnsetType | None) -> Verification:
        if secret is UNSET and self.desk.book.detached(running):
            return Verification(uid=running.uid, state=VerificationState.FAILED, message=ENTER_AGAIN, at=self.at)
        return Verification(uid=running.uid, state=VerificationState.PENDING, at=self.at)

    def _credential_faults(self, name: str | None) -> list[Mapping[str, str]]:
        if name is None:
            return []
        stored = self.desk.book.named(self.scope, name)
        held = stored.credential.scope if stored is not None else None
        if held is not None and may_use_credentials(self.by, held):
            return []
        if held is not None and held.kind is not ScopeKind.PLATFORM:
            message = f"credential {name!r} is not yours to use: that takes the permission 'llm:credentials:use'"
            raise Forbidden(message, details=[detail(_CREDENTIAL, message)])
        # The platform's own credentials are nobody else's to know of.
        message = f"{_CREDENTIAL!r} names no stored credential of this scope or a wider one: {name!r}"
        return [detail(_CREDENTIAL, message)]

    def _within_organization(self, document: Document) -> Document:
        if self.scope.kind is ScopeKind.PLATFORM:
            return document
        foreign = [slug for slug in document.org_slugs if slug != self._slug]
        if foreign:
            message = f"'org_slugs' of an organization's entry is [{self._slug!r}], not {foreign[0]!r}"
            raise Forbidden(message, details=[detail("org_slugs", message)])
        if self.scope.kind is ScopeKind.ORGANIZATION and not document.org_slugs:
            return msgspec.structs.replace(document, org_slugs=(self._slug,))
        return document


def _url(running: Offer) -> BaseUrl | None:
    return None if isinstance(running.route, Unroutable) else running.route.url
