"""Tenancy: settings, people's sign-in, project memberships, sharing, defaults of users, the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# SQLite stores a row under an INTEGER key itself.
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _columns()
    _people()
    _sharing()
    _audit()


def _columns() -> None:
    for table in ("organization", "project"):
        op.add_column(table, sa.Column("settings", sa.Text, nullable=False, server_default="{}"))
    for name in ("email", "password", "default_organization_id"):
        op.add_column("user_account", sa.Column(name, sa.Text))
    op.create_index("uq_user_account_email", "user_account", ["email"], unique=True)


def _people() -> None:
    op.create_table(
        "external_identity",
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_external_identity"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_external_identity_user_id"),
    )
    op.create_table(
        "project_membership",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "project_id", name="pk_project_membership"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_project_membership_user_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_project_membership_project_id"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name="fk_project_membership_organization_id"),
    )


def _sharing() -> None:
    op.create_table(
        "share",
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("shared_at", sa.Double, nullable=False),
        sa.Column("shared_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_share"),
        sa.ForeignKeyConstraint(["uid"], ["entry.uid"], name="fk_share_uid", ondelete="CASCADE"),
    )
    op.create_table(
        "user_default",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("config_type", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double),
        sa.PrimaryKeyConstraint("user_id", "organization_id", "config_type", name="pk_user_default"),
        sa.UniqueConstraint("number", name="uq_user_default_number"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_user_default_user_id"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name="fk_user_default_organization_id"),
        sa.ForeignKeyConstraint(["uid"], ["entry.uid"], name="fk_user_default_uid", ondelete="CASCADE"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", _NUMBER, nullable=False, autoincrement=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("credential", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("difference", sa.Text, nullable=False),
        sa.Column("before_hash", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_index("ix_audit_organization_id_number", "audit", ["organization_id", "number"])
