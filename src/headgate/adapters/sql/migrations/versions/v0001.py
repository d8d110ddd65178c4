"""The first schema: installation, directory, catalogue, credentials, verification.

An empty database gets the tables of the day at once, so this step runs only where a later one is proved against it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _installation()
    _organizations()
    _people()
    _keys()
    _sessions()
    _entries()
    _revisions()
    _credentials()


def _installation() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )


def _organizations() -> None:
    op.create_table(
        "organization",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organization"),
        sa.UniqueConstraint("slug", name="uq_organization_slug"),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
        sa.UniqueConstraint("organization_id", "slug", name="uq_project_organization_id_slug"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name="fk_project_organization_id"),
    )


def _people() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("platform_admin", sa.Boolean, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
    )
    op.create_table(
        "membership",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "organization_id", name="pk_membership"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_membership_user_id"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name="fk_membership_organization_id"),
    )


def _keys() -> None:
    op.create_table(
        "access_token",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("last4", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("revoked_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_access_token"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_access_token_user_id"),
        sa.UniqueConstraint("digest", name="uq_access_token_digest"),
    )
    op.create_table(
        "organization_key",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("last4", sa.Text, nullable=False),
        sa.Column("permissions", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("revoked_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_organization_key"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name="fk_organization_key_organization_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_organization_key_project_id"),
        sa.UniqueConstraint("digest", name="uq_organization_key_digest"),
    )


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("token_id", sa.Text),
        sa.Column("organization_id", sa.Text),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("revoked_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_session_user_id"),
        sa.ForeignKeyConstraint(["token_id"], ["access_token.id"], name="fk_session_token_id"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name="fk_session_organization_id"),
    )
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("sealed_private", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signing_key"),
    )


def _entries() -> None:
    op.create_table(
        "entry",
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("updated_by", sa.Text, nullable=False),
        sa.Column("private_egress", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_entry"),
        sa.UniqueConstraint("scope", "name", name="uq_entry_scope_name"),
        sa.UniqueConstraint("number", name="uq_entry_number"),
    )
    op.create_table(
        "verification",
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("checked_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_verification"),
    )


def _revisions() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "revision",
        sa.Column("number", number, nullable=False, autoincrement=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("made_at", sa.Double, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_revision"),
    )
    op.create_index("ix_revision_scope_number", "revision", ["scope", "number"])
    op.create_table(
        "revision_change",
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.PrimaryKeyConstraint("revision", "position", name="pk_revision_change"),
        sa.ForeignKeyConstraint(["revision"], ["revision.number"], name="fk_revision_change_revision"),
    )
    op.create_index("ix_revision_change_scope_uid_revision", "revision_change", ["scope", "uid", "revision"])
    op.create_index("ix_revision_change_scope_name_revision", "revision_change", ["scope", "name", "revision"])


def _credentials() -> None:
    op.create_table(
        "credential",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("origins", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("entry_uid", sa.Text),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("last4", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_credential"),
        sa.UniqueConstraint("scope", "name", name="uq_credential_scope_name"),
        sa.UniqueConstraint("entry_uid", name="uq_credential_entry_uid"),
        sa.ForeignKeyConstraint(["entry_uid"], ["entry.uid"], name="fk_credential_entry_uid", ondelete="CASCADE"),
    )
    op.create_index(
        "uq_credential_default",
        "credential",
        ["scope", "provider"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
