"""What the gateway tells operators as it happens: the name of each event, and the fields that it carries."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


class EventName(enum.StrEnum):
    """Every event there is."""

    HEADERS_MISSING = "governance.headers.missing"
    HEADER_POLICY_INVALID = "HeaderPolicyInvalid"
    BUDGET_THRESHOLD = "governance.budget.threshold"


FIELDS: Final[Mapping[EventName, tuple[str, ...]]] = MappingProxyType(
    {
        EventName.HEADERS_MISSING: (
            "blocked",
            "mode",
            "missing",
            "model",
            "provider",
            "auth_type",
            "organization_id",
            "user_id",
            "key_id",
        ),
        EventName.HEADER_POLICY_INVALID: ("organization_id", "key", "reason"),
        EventName.BUDGET_THRESHOLD: (
            "budget_id",
            "organization_id",
            "subject_kind",
            "subject_id",
            "threshold",
            "hard",
            "unit",
            "amount",
            "used",
            "window_start",
        ),
    }
)
"""Which fields each carries."""
