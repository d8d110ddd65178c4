"""What an organization or a key may call, and why each entry is in or out.

The reasons are those that a call would meet, all of them rather than the first, so that an administrator sees at once
what to change. A generator for the same reason as a list: it gives way after every couple of thousand entries.
"""

from __future__ import annotations

import enum
from collections.abc import Generator, Iterator, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.access.entries import may_ask_about
from headgate.access.permissions import COMPLETIONS_USE, EMBEDDINGS_USE, EVERYTHING
from headgate.catalogue.governance import obstacles
from headgate.catalogue.kinds import Kind
from headgate.catalogue.listing import SLICE
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import PLATFORM, organization
from headgate.catalogue.snapshot import Snapshot
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import NotFound
from headgate.core.failure import Failure
from headgate.core.overlay import NO_OVERLAY, Overlay
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.admission import SERVED_DIALECTS
from headgate.gateway.ports import Credentials

_PERMISSIONS: Final[Mapping[Kind, str]] = MappingProxyType({Kind.EMBEDDING: EMBEDDINGS_USE})
"""What a call of a kind takes, where it is not COMPLETIONS_USE."""
_BY_NAME: Final = attrgetter("name", "uid")


class Word(enum.StrEnum):
    """Why an entry cannot be called, and why it is not the one that serves a request."""

    ORGANIZATION = "organization"
    SHADOWED = "shadowed"
    DISABLED = "disabled"
    OWN_MODELS = "own_models"
    ALLOWED_MODELS = "allowed_models"
    AGENT_MODELS = "agent_models"
    MODEL_SCOPES = "model_scopes"
    PERMISSION = "permission"
    NOT_ROUTABLE = "not_routable"
    DIALECT = "dialect"
    CREDENTIAL = "credential"
    UNKNOWN = "unknown"
    ENDPOINT = "endpoint"
    REQUEST = "request"
    VERIFICATION = "verification"


class Reason(msgspec.Struct, frozen=True):
    """One thing that keeps an entry from being called: a word for programs and a sentence for people."""

    word: Word
    message: str


class Verdict(msgspec.Struct, frozen=True):
    """An entry and what keeps it from being called; without a reason it is callable."""

    offer: Offer
    reasons: tuple[Reason, ...]

    @property
    def callable(self) -> bool:
        return not self.reasons


def of_organization(organization_id: str, slug: str, *, overlay: Overlay = NO_OVERLAY) -> Principal:
    """An organization as the subject of the question: what its most powerful key could call."""
    return Principal(
        id=f"organization:{organization_id}",
        kind=PrincipalKind.KEY,
        credential="",
        organization=organization_id,
        organization_slug=slug,
        permissions=EVERYTHING,
        scopes=(organization(organization_id).key, PLATFORM.key),
        overlay=overlay,
    )


class Verdicts(msgspec.Struct, frozen=True):
    """A part of the verdicts, and how many there are in all."""

    items: list[Verdict]
    total: int


def effective(
    snapshot: Snapshot, credentials: Credentials, *, by: Principal, subject: Principal, offset: int, limit: int
) -> Generator[None, None, Verdicts]:
    """Verdicts on the entries of the scopes that `subject` resolves names in, by scope and name, and then on what
    people share with its organization.

    NotFound unless `by` administers the platform or the subject's organization. Entries that are not open to the
    organization are for platform administrators to see.
    """
    if not may_ask_about(by, subject):
        raise NotFound(f"{subject.id!r} does not exist")
    offers: list[Offer] = []
    seen = 0
    for key in subject.scopes:
        shelf = snapshot.shelf(key)
        for chunk in shelf.chunks if shelf is not None else ():
            offers += chunk if by.platform_admin else [offer for offer in chunk if offer.within_reach(subject)]
            seen += len(chunk)
            if seen >= SLICE:
                seen = 0
                yield
    given = snapshot.shared.offers(subject.organization)
    offers += sorted((offer for offer in given if offer.scope_key not in subject.scopes), key=_BY_NAME)
    part = offers[offset : offset + limit]
    verdicts = [Verdict(offer, tuple(_reasons(snapshot, credentials, subject, offer))) for offer in part]
    return Verdicts(verdicts, len(offers))


def _reasons(snapshot: Snapshot, credentials: Credentials, subject: Principal, offer: Offer) -> Iterator[Reason]:
    if not offer.within_reach(subject):
        slugs = ", ".join(sorted(offer.org_slugs))
        yield Reason(Word.ORGANIZATION, f"open to {slugs} only, not to {subject.organization_slug!r}")
    picked = snapshot.find(subject, offer.name)
    if picked is not None and picked is not offer:
        yield Reason(Word.SHADOWED, f"{picked.scope_key!r} has an entry of the same name, which comes first")
    for each in obstacles(subject, offer):
        yield Reason(Word(each.bar), each.message)
    permission = _PERMISSIONS.get(offer.kind, COMPLETIONS_USE)
    if not subject.may(permission):
        yield Reason(Word.PERMISSION, f"the credential lacks the permission {permission!r}")
    yield from _upstream_reasons(credentials, offer)


def _upstream_reasons(credentials: Credentials, offer: Offer) -> Iterator[Reason]:
    if isinstance(offer.route, Unroutable):
        yield Reason(Word.NOT_ROUTABLE, offer.route.message)
        return
    dialect = offer.route.dialect
    if dialect not in SERVED_DIALECTS:
        yield Reason(Word.DIALECT, f"dialect {dialect!r} is not served")
    missing = credentials.applicable(offer)
    if isinstance(missing, Failure):
        yield Reason(Word.CREDENTIAL, missing.message)
