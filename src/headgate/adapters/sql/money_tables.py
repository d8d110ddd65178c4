"""The tables of money: what may be spent and asked, and what differs from the catalogue's prices.

What was spent is in the ledger, which is a database of its own.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, PrimaryKeyConstraint, Table, Text

from headgate.adapters.sql import tables

METADATA: Final = tables.METADATA
"""All tables: whoever asks for it here has these among them."""

budget: Final = Table(
    "budget",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organization.id"), nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("by_platform", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index(None, "organization_id", "id"),
)

rate_limit: Final = Table(
    "rate_limit",
    METADATA,
    Column("organization_id", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("by_platform", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
    PrimaryKeyConstraint("organization_id", "subject_kind", "subject_id"),
)

price_override: Final = Table(
    "price_override",
    METADATA,
    Column("organization_id", Text, ForeignKey("organization.id"), nullable=False),
    Column("uid", Text, ForeignKey("entry.uid", ondelete="CASCADE"), nullable=False),
    Column("prices", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
    PrimaryKeyConstraint("organization_id", "uid"),
)

price_drift_ignored: Final = Table(
    "price_drift_ignored",
    METADATA,
    Column("uid", Text, ForeignKey("entry.uid", ondelete="CASCADE"), nullable=False),
    Column("field", Text, nullable=False),
    Column("data_set", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("created_by", Text, nullable=False),
    PrimaryKeyConstraint("uid", "field"),
)
