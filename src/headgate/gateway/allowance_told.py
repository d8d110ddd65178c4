"""What callers are told of budgets and limits: refusals, and the headers of answers."""

from __future__ import annotations

import math
from typing import Final

from headgate.access.rate import Bucket
from headgate.core.errors import BudgetExceeded, EntryLimited, RateLimited
from headgate.core.overlay import Overlay, QuotaPolicy
from headgate.gateway.bindings import Bound
from headgate.gateway.budget_book import Running
from headgate.ledger.budget import OnExceeded

_NO_END: Final = 86_400
"""What a caller is told to wait for a budget that has no next window, in seconds."""


def entry_limited(limit: str, *, retry_after: int) -> EntryLimited:
    return EntryLimited(f"the model's limit of {limit} is reached", retry_after=retry_after)


def limited(bucket: Bucket, quantity: int, *, unit: str, bound: Bound, now: float) -> RateLimited:
    return RateLimited(
        f"the limit of {bucket.rate.count} {unit} a minute of the {bucket.whose} is reached",
        retry_after=bucket.wait(quantity, now),
        headers=headers(bound, now),
    )


def exceeded(
    running: Running, wanted: int, *, overlay: Overlay | None, at: int, wall: float, told: bytes
) -> BudgetExceeded:
    """`at` is the admission, whose window has too little left for what is `wanted`; `told` are the limits as header
    lines."""
    terms, whole = running.budget.terms, running.tally.view(at)
    if terms.on_exceeded is None:
        downgrade = overlay is not None and overlay.quota_policy is QuotaPolicy.DOWNGRADE
    else:
        downgrade = terms.on_exceeded is OnExceeded.DOWNGRADE
    window = terms.window
    message, ends = f"the call may cost more than {words(running)} has left", wall + _NO_END
    if whole.spent + whole.exposure + wanted <= terms.amount:
        # What others hold comes back when their calls are over, all but what these have cost.
        message, ends = f"{message} while other calls are under way", wall
    elif window.ends:
        ends = window.end(window.start(at))
    return BudgetExceeded(
        message,
        retry_after=max(1, math.ceil(ends - wall)),
        downgrade=downgrade,
        headers=told,
    )


def words(running: Running) -> str:
    """A budget in the words of a message. Its name and amount are for those who may see it."""
    kind, window = running.budget.subject.kind, running.budget.terms.window
    if not window.ends:
        return f"the budget of the {kind}"
    span = f"{window.rolling}-second" if window.period is None else f"{window.period}'s"
    return f"the {span} budget of the {kind}"


def headers(bound: Bound, now: float) -> bytes:
    return _lines(bound.requests, _REQUESTS, now) + _lines(bound.tokens, _TOKENS, now)


def _lines(buckets: tuple[Bucket, ...], lines: bytes, now: float) -> bytes:
    if not buckets:
        return b""
    tightest = buckets[0]
    left = tightest.remaining(now)
    for bucket in buckets[1:]:
        other = bucket.remaining(now)
        if other < left:
            tightest, left = bucket, other
    return lines % (tightest.rate.count, left, tightest.reset(now))


_REQUESTS: Final = (
    b"x-ratelimit-limit-requests: %d\r\nx-ratelimit-remaining-requests: %d\r\nx-ratelimit-reset-requests: %ds\r\n"
)
_TOKENS: Final = (
    b"x-ratelimit-limit-tokens: %d\r\nx-ratelimit-remaining-tokens: %d\r\nx-ratelimit-reset-tokens: %ds\r\n"
)
