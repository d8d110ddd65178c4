"""The schema in force. `migrations/` tells how an older database reaches it.

What a use case reads as a whole is kept as JSON text; what is searched, joined or constrained has a column. Scopes
are stored by `Scope.key`, times as Unix seconds, a missing value as NULL. `revision` and `revision_change` are only
ever added to.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite stores a row under an INTEGER key itself; under any other type it would keep a second index.
_Number: Final = BigInteger().with_variant(Integer, "sqlite")

# The installation

# The table that Alembic keeps, column for column.
schema_version: Final = Table(
    "schema_version",
    METADATA,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="schema_version_pkc"),
)

meta: Final = Table(
    "meta",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

counter: Final = Table(
    "counter",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# The directory

organization: Final = Table(
    "organization",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("settings", Text, nullable=False, server_default="{}"),
)

project: Final = Table(
    "project",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organization.id"), nullable=False),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("settings", Text, nullable=False, server_default="{}"),
    UniqueConstraint("organization_id", "slug"),
)

# `user` would have to be quoted in every statement, and unquoted it means something else to PostgreSQL.
user_account: Final = Table(
    "user_account",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("platform_admin", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("email", Text),
    Column("password", Text),
    Column("default_organization_id", Text),
)

Index("uq_user_account_email", user_account.c.email, unique=True)

external_identity: Final = Table(
    "external_identity",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("user_account.id"), nullable=False),
    Column("created_at", Double, nullable=False),
)

membership: Final = Table(
    "membership",
    METADATA,
    Column("user_id", Text, ForeignKey("user_account.id"), primary_key=True),
    Column("organization_id", Text, ForeignKey("organization.id"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("created_at", Double, nullable=False),
)

project_membership: Final = Table(
    "project_membership",
    METADATA,
    Column("user_id", Text, ForeignKey("user_account.id"), primary_key=True),
    Column("project_id", Text, ForeignKey("project.id"), primary_key=True),
    Column("organization_id", Text, ForeignKey("organization.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", Double, nullable=False),
)

access_token: Final = Table(
    "access_token",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("user_account.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("last4", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
)

organization_key: Final = Table(
    "organization_key",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organization.id"), nullable=False),
    Column("project_id", Text, ForeignKey("project.id")),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("last4", Text, nullable=False),
    Column("permissions", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
)

session: Final = Table(
    "session",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("user_account.id"), nullable=False),
    Column("token_id", Text, ForeignKey("access_token.id")),
    Column("organization_id", Text, ForeignKey("organization.id")),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("revoked_at", Double),
)

signing_key: Final = Table(
    "signing_key",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("public", LargeBinary, nullable=False),
    Column("sealed_private", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
)

# The catalogue

entry: Final = Table(
    "entry",
    METADATA,
    Column("uid", Text, primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("scope", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("private_egress", Boolean, nullable=False),
    UniqueConstraint("scope", "name"),
)

revision: Final = Table(
    "revision",
    METADATA,
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("scope", Text, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("action", Text, nullable=False),
    Index(None, "scope", "number"),
)

# `scope` repeats the revision's, so that one index answers what a scope looked like at any revision.
revision_change: Final = Table(
    "revision_change",
    METADATA,
    Column("revision", BigInteger, ForeignKey("revision.number"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Index(None, "scope", "uid", "revision"),
    Index(None, "scope", "name", "revision"),
)

credential: Final = Table(
    "credential",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("origins", Text, nullable=False),
    Column("name", Text),
    Column("entry_uid", Text, ForeignKey("entry.uid", ondelete="CASCADE"), unique=True),
    Column("is_default", Boolean, nullable=False),
    Column("last4", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    UniqueConstraint("scope", "name"),
)

# Both databases read the same words; an Index with a condition of each would load both of their dialects, 2 MiB.
event.listen(
    credential,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        "CREATE UNIQUE INDEX uq_credential_default ON credential (scope, provider) WHERE is_default"
    ),
)

# Sharing and defaults of users, outside revisions

share: Final = Table(
    "share",
    METADATA,
    Column("uid", Text, ForeignKey("entry.uid", ondelete="CASCADE"), primary_key=True),
    Column("shared_at", Double, nullable=False),
    Column("shared_by", Text, nullable=False),
)

user_default: Final = Table(
    "user_default",
    METADATA,
    Column("user_id", Text, ForeignKey("user_account.id"), primary_key=True),
    Column("organization_id", Text, ForeignKey("organization.id"), primary_key=True),
    Column("config_type", Text, primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("uid", Text, ForeignKey("entry.uid", ondelete="CASCADE"), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double),
)

# The audit trail: rows are only ever added, each holds the hash of the one before it

audit: Final = Table(
    "audit",
    METADATA,
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("credential", Text, nullable=False),
    Column("organization_id", Text),
    Column("source", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("difference", Text, nullable=False),
    Column("before_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index(None, "organization_id", "number"),
)

# Operational state, outside revisions

verification: Final = Table(
    "verification",
    METADATA,
    Column("uid", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("checked_at", Double, nullable=False),
)
