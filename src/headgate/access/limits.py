"""Which limits bind whom: how those that are set for users, roles and everybody come together.

Of requests a minute, tokens a minute and requests at a time each is looked for apart, in the order user, role, plan.
No requests (0) is not said, and neither is no request at a time; of tokens 0 says that there is no limit, whatever is
said further down. Where nothing is said there is none: Headgate has no limits of its own.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from headgate.core.subject import Subject

MINUTE: Final = 60.0


class Metric(enum.StrEnum):
    """What is limited."""

    RPM = "rpm"
    TPM = "tpm"
    PARALLEL = "parallel"


class Limits(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Requests and tokens a minute, and requests at a time. None: nothing is said."""

    rpm: int | None = None
    tpm: int | None = None
    parallel: int | None = None


class SetLimits(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Limits of a subject, and who set them. `by_platform`: its organization may not change them."""

    subject: Subject
    limits: Limits
    by_platform: bool
    created_at: float
    created_by: str
    updated_at: float


def effective(chain: Sequence[SetLimits]) -> Mapping[Metric, tuple[int, SetLimits]]:
    """What counts of limits that stand in for each other, the nearest first, and whose it is."""
    found: dict[Metric, tuple[int, SetLimits]] = {}
    for metric in Metric:
        for each in chain:
            value: int | None = getattr(each.limits, metric)
            if value is None or (value == 0 and metric is not Metric.TPM):
                continue
            if value:
                found[metric] = (value, each)
            break
    return found
