"""The status of an entry as the assets API tells it: what people decided about it, then what verification found."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from headgate.catalogue.merge import Fields
from headgate.gateway.stores import Verification, VerificationState


class Status(enum.StrEnum):
    """The words of the API. The first that applies is shown: DISABLED, DEPRECATED, ERROR, PENDING, ACTIVE."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    ERROR = "ERROR"
    DEPRECATED = "DEPRECATED"
    DISABLED = "DISABLED"


_FOUND: Final[Mapping[VerificationState, Status]] = MappingProxyType(
    {
        VerificationState.PENDING: Status.PENDING,
        VerificationState.OK: Status.ACTIVE,
        VerificationState.FAILED: Status.ERROR,
    }
)


def status_of(verification: Verification, *, enabled: bool, deprecated: bool) -> Status:
    if not enabled:
        return Status.DISABLED
    return Status.DEPRECATED if deprecated else _FOUND[verification.state]


def message_of(status: Status, verification: Verification, *, note: str | None) -> str | None:
    """What people noted about the entry, else what verification found wrong with it."""
    found = verification.message if status is Status.ERROR else ""
    return note or found or None


def flags(wanted: Status) -> Fields:
    """The document's fields that make an entry show `wanted`, or what verification says if that is not for flags.

    A deprecated entry that is disabled stays deprecated: enabling it again must not forget that.
    """
    if wanted is Status.DISABLED:
        return {"enabled": False}
    return {"enabled": True, "deprecated": wanted is Status.DEPRECATED}
