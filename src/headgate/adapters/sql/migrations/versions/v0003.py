"""Money: budgets, limits, prices of single organizations, differences from the data set that are left alone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("id", sa.Text, nullable=False),
        *_subject(),
        sa.PrimaryKeyConstraint("id", name="pk_budget"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name="fk_budget_organization_id"),
    )
    op.create_index("ix_budget_organization_id_id", "budget", ["organization_id", "id"])
    op.create_table(
        "rate_limit",
        *_subject(),
        sa.PrimaryKeyConstraint("organization_id", "subject_kind", "subject_id", name="pk_rate_limit"),
    )
    _prices()


def _subject() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("subject_kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("by_platform", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
    )


def _prices() -> None:
    op.create_table(
        "price_override",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("prices", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "uid", name="pk_price_override"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name="fk_price_override_organization_id"),
        sa.ForeignKeyConstraint(["uid"], ["entry.uid"], name="fk_price_override_uid", ondelete="CASCADE"),
    )
    op.create_table(
        "price_drift_ignored",
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("data_set", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("uid", "field", name="pk_price_drift_ignored"),
        sa.ForeignKeyConstraint(["uid"], ["entry.uid"], name="fk_price_drift_ignored_uid", ondelete="CASCADE"),
    )
