"""What the use cases need from the databases and keys.

Methods of stores run on the writer thread or a reader thread, never on the event loop.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from headgate.access.identity import (
    AccessToken,
    ExternalIdentity,
    Membership,
    Organization,
    OrganizationKey,
    Project,
    ProjectMembership,
    Session,
    SigningKey,
    User,
)
from headgate.catalogue.credential import Credential, StoredCredential
from headgate.catalogue.entry import ModelEntry
from headgate.catalogue.revision import Revision
from headgate.catalogue.scope import Scope
from headgate.catalogue.share import Share
from headgate.core.secret import Secret


class CatalogueStore(Protocol):
    """Entries and revisions. Append-only history, one transaction a write."""

    def head(self) -> int:
        """The number of the last revision, 0 if there is none."""

    def entries(self) -> Iterable[ModelEntry]:
        """Every entry in force."""

    def next_numbers(self, count: int) -> Sequence[int]:
        """Integer row ids for new entries, never given twice."""

    def commit(
        self,
        revision: Revision,
        *,
        put: Sequence[StoredCredential] = (),
        drop: Sequence[str] = (),
        shares: Sequence[Share] = (),
    ) -> None:
        """Write one revision, its changes, the entries' new state and the entries' own credentials in one transaction.

        `put` adds or replaces credentials, `drop` deletes by credential id; `shares` are of entries that it makes.
        Raises StoreUnavailable if nothing was written; if the outcome is unknown it is looked up by revision number
        before anything is said.
        """

    def revisions(self, scopes: Sequence[Scope], *, before: int | None, limit: int, name: str | None) -> list[Revision]:
        """Revisions of the scopes, newest first, below number `before`; with `name`, those that changed that entry."""

    def revision(self, number: int) -> Revision | None: ...

    def revisions_of(
        self, scope: Scope, uid: str, *, before: int | None, limit: int, until: float | None = None
    ) -> list[Revision]:
        """Revisions that changed one entry of the scope, newest first, each with that change alone; below number
        `before`, and made at `until` (Unix time) or earlier."""

    def entries_at(self, scope: Scope, number: int, *, names: Sequence[str] | None = None) -> list[ModelEntry]:
        """The entries of a scope as revision `number` left them; with `names`, those that ever had one of them."""


class CredentialStore(Protocol):
    """Sealed provider credentials, of entries and named ones."""

    def credentials(self) -> Iterable[StoredCredential]: ...

    def put(self, stored: Sequence[StoredCredential]) -> None:
        """Add or replace by id, in one transaction. A `default` takes the mark from another of scope and provider."""

    def drop(self, ids: Sequence[str]) -> None: ...


class VerificationState(enum.StrEnum):
    """What is known of whether an entry works."""

    PENDING = "pending"
    OK = "ok"
    FAILED = "failed"


class Verification(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the latest probe or call found out about an entry. Unix seconds; `message` is "" unless it failed."""

    uid: str
    state: VerificationState
    message: str = ""
    at: float


class VerificationStore(Protocol):
    """Verification of entries: state beside the documents, in no revision, written in batches."""

    def verifications(self) -> Iterable[Verification]: ...

    def put(self, batch: Sequence[Verification]) -> None:
        """Add or replace by uid, in one transaction. Of several about one entry the last counts."""

    def drop(self, uids: Sequence[str]) -> None: ...


class Sealer(Protocol):
    """Seals secrets under the master key. Opening is the upstream adapter's alone."""

    def seal(self, credential: Credential, secret: Secret) -> StoredCredential: ...


class DirectoryContents(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the directory holds in memory, as loaded at start."""

    organizations: Sequence[Organization]
    projects: Sequence[Project]
    users: Sequence[User]
    identities: Sequence[ExternalIdentity] = ()
    memberships: Sequence[Membership]
    project_memberships: Sequence[ProjectMembership] = ()
    tokens: Sequence[AccessToken]
    keys: Iterable[OrganizationKey]
    sessions: Sequence[Session]
    signing_keys: Sequence[SigningKey]


class DirectoryStore(Protocol):
    """Tenants, people and their credentials. Each method is one transaction; `put` methods add or replace by id."""

    def load(self) -> DirectoryContents: ...

    def put_organization(self, organization: Organization) -> None: ...

    def drop_organization(self, organization: Organization) -> None:
        """With it end its keys and the memberships in it. Conflict while it has projects."""

    def put_project(self, project: Project) -> None: ...

    def drop_project(self, project: Project) -> None:
        """With it end its keys and the memberships in it."""

    def put_user(self, user: User) -> None: ...

    def put_identity(self, identity: ExternalIdentity) -> None: ...

    def put_membership(self, membership: Membership) -> None: ...

    def drop_membership(self, membership: Membership) -> None:
        """With it end the memberships in the organization's projects, and the models chosen there."""

    def put_project_membership(self, membership: ProjectMembership) -> None: ...

    def drop_project_membership(self, membership: ProjectMembership) -> None: ...

    def put_token(self, token: AccessToken) -> None: ...

    def put_key(self, key: OrganizationKey) -> None: ...

    def put_session(self, session: Session) -> None: ...

    def put_signing_key(self, key: SigningKey) -> None: ...


class SessionVerifier(Protocol):
    """Reads the signed text of a session. The directory decides whether the session is in force."""

    def verify(self, token: str, now: float) -> str | None:
        """The session's id, if one of our keys signed the text and it lasts at `now`; None for anything else."""


class SessionSigner(Protocol):
    """Writes the signed text of a session."""

    def sign(self, session: Session) -> Secret: ...
