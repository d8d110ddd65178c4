"""The people, tenants and credentials that a principal is made of, as they are stored.

Ids are UUIDv7 strings, times Unix seconds, a missing time None. Of a token or key only the SHA-256 of the whole text
is kept; it is shown once.
"""

from __future__ import annotations

import enum

import msgspec

from headgate.core.overlay import NO_OVERLAY, Overlay


class Role(enum.StrEnum):
    """What a member is in an organization."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


class ProjectRole(enum.StrEnum):
    """What a member of an organization is in one of its projects."""

    DEVELOPER = "developer"
    OPERATOR = "operator"
    VIEWER = "viewer"


class Sharing(enum.StrEnum):
    """Who may share an own entry with the organization."""

    ADMINS = "admins"
    MEMBERS = "members"


class OrganizationSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an organization is run. `public_models`: its shared entries are listed to people who are not signed in."""

    sharing: Sharing = Sharing.ADMINS
    public_models: bool = False
    overlay: Overlay = NO_OVERLAY


class ProjectSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a project is run."""

    developers_manage_secrets: bool = True


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant. `slug` is unique, lower case letters, digits and hyphens, at most 64."""

    id: str
    slug: str
    name: str
    created_at: float
    settings: OrganizationSettings = OrganizationSettings()


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an organization; `slug` is unique in it."""

    id: str
    organization: str
    slug: str
    name: str
    created_at: float
    settings: ProjectSettings = ProjectSettings()


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person. `platform_admin` may administer the platform's own entries and every organization's settings.

    `email` is unique and what one signs in with; `password` is an argon2id hash in PHC's string form, "" if there is
    none. `default_organization` is the context of requests that name none, "" for the first joined.
    """

    id: str
    name: str
    email: str = ""
    password: str = ""
    default_organization: str = ""
    platform_admin: bool = False
    disabled: bool = False
    created_at: float


class ExternalIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """A user as an identity provider knows them: the `iss` and `sub` of its tokens."""

    issuer: str
    subject: str
    user: str
    created_at: float


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A user in an organization. The first joined is the user's default unless another is set."""

    user: str
    organization: str
    role: Role
    created_at: float


class ProjectMembership(msgspec.Struct, frozen=True, kw_only=True):
    """A member of an organization in one of its projects."""

    user: str
    organization: str
    project: str
    role: ProjectRole
    created_at: float


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A user's access token (`at:`). `digest` is SHA-256. The administrator's token from the settings is one with
    `name` `administrator`."""

    id: str
    user: str
    name: str
    digest: bytes
    last4: str
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None


class OrganizationKey(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An organization's key (`iak_`). It acts for the organization, not for a user.

    `permissions` are patterns such as `llm:completions:use`; `scopes` are `models:NAME`, none = any model.
    `project` binds it to one project ("" = none).
    """

    id: str
    organization: str
    project: str = ""
    name: str
    digest: bytes
    last4: str
    permissions: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    created_at: float
    created_by: str
    expires_at: float | None = None
    revoked_at: float | None = None

    def in_force(self, now: float) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A signed session: the JWT's `jti`, its user, the token that it was exchanged for, and until when it lasts.

    Kept so that a session ends at once when it, its token or its user is revoked.
    """

    id: str
    user: str
    token: str
    organization: str
    created_at: float
    expires_at: float
    revoked_at: float | None = None


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """An Ed25519 key that signs sessions: `public` raw bytes; the private half is sealed like a provider secret."""

    id: str
    public: bytes
    sealed_private: bytes
    created_at: float
