"""What the use cases of usage need from the ledger: rows, sums and single requests, as somebody may see them.

Methods run on a reader thread. Every question carries a `Reach`, what its asker sees at all, beside what is wanted;
both are conditions of the same statements, so what one may not see is told exactly like what does not exist.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec

from headgate.catalogue.price import PriceList
from headgate.core.money import Picodollars
from headgate.core.usage import Usage
from headgate.ledger.records import Account, End, Status

BUCKETS: Final = (
    "input",
    "cached_input",
    "cache_write",
    "cache_write_1h",
    "audio_input",
    "image_input",
    "output",
    "reasoning",
    "audio_output",
    "images",
    "searches",
    "tools",
    "seconds",
)
"""The buckets of `Usage` that count something, tokens that went in first, then those that came out."""
TOKENS_IN: Final = BUCKETS[:6]
TOKENS_OUT: Final = BUCKETS[6:9]


class GroupBy(enum.StrEnum):
    """What sums may be told apart by. `MODEL` is the entry that served, by name."""

    MODEL = "model"
    PROVIDER = "provider"
    UPSTREAM_MODEL = "upstream_model"
    ORGANIZATION = "organization"
    PROJECT = "project"
    USER = "user"
    KEY = "key"
    DAY = "day"
    END_REASON = "end_reason"


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Whose usage somebody sees: None is anybody's."""

    organization: str | None = None
    project: str | None = None
    user: str | None = None
    key: str | None = None


class UsageFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which usage is wanted; None is any. Ids of tenants, names of models and providers.

    `since` is inclusive, `until` is not; both are microseconds of Unix time.
    """

    organization: str | None = None
    project: str | None = None
    user: str | None = None
    key: str | None = None
    model: str | None = None
    served_model: str | None = None
    provider: str | None = None
    status: Status | None = None
    end: End | None = None
    since: int | None = None
    until: int | None = None


class Position(msgspec.Struct, frozen=True, array_like=True):
    """A place in the ledger: a month such as 202611, and the id of a row of it. Reading goes on below."""

    month: int
    row: int


class Row(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One request. Instants and durations are microseconds; `model` is what was asked for, `served_model` the name of
    the entry that its last attempt went to."""

    request: str
    admitted: int
    account: Account
    model: str
    served_model: str
    entry: str
    provider: str
    upstream_model: str
    operation: str
    end: End
    status: Status
    code: int
    cost: Picodollars | None
    exposure: Picodollars
    tokens_in: int
    tokens_out: int
    duration: int
    first_byte: int | None
    attempts: int
    overrun: bool


class Rows(msgspec.Struct, frozen=True):
    """A part of the rows, newest first, and where to read on; None: that was all."""

    items: Sequence[Row]
    after: Position | None


class Attempt(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One upstream send of a request. `prices` is the list that its price id names, None if it was unpriced."""

    number: int
    entry: str
    name: str
    provider: str
    model: str
    revision: int
    price: str
    prices: PriceList | None
    status: Status
    outcome: str
    code: int
    cost: Picodollars | None
    hold: Picodollars
    hold_tokens: int
    exposure: Picodollars
    began: int
    ended: int
    first_byte: int | None
    usage: Usage


class Request(msgspec.Struct, frozen=True):
    """A whole request. `why` is JSON text, "" when the name said it all."""

    row: Row
    attempts: Sequence[Attempt]
    why: str


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What some usage comes to. `buckets` are by the names in `BUCKETS`; `duration` is in microseconds, of all
    requests together."""

    requests: int
    attempts: int
    estimated: int
    unknown: int
    cost: Picodollars
    exposure: Picodollars
    duration: int
    buckets: Mapping[str, int]

    @property
    def tokens_in(self) -> int:
        return sum(self.buckets[each] for each in TOKENS_IN)

    @property
    def tokens_out(self) -> int:
        return sum(self.buckets[each] for each in TOKENS_OUT)


Group = tuple[str | int, ...]
"""What the sums of one group have in common, in the order in which it was asked for: words, `End`s, and days since
1970."""


class Summary(msgspec.Struct, frozen=True):
    """Sums by group, ascending, and of everything together. `after`: the group to read on behind, None at the end."""

    items: Sequence[tuple[Group, Sums]]
    totals: Sums
    after: Group | None


class LedgerReading(Protocol):
    """Reads what the ledger's writer has stored."""

    def rows(self, wanted: UsageFilter, *, reach: Reach, after: Position | None, limit: int) -> Rows:
        """Newest first. A part may be shorter than `limit` before the end: what one call looks through is bounded."""

    def request(self, request_id: str, *, reach: Reach) -> Request | None: ...

    def summary(
        self, wanted: UsageFilter, *, reach: Reach, by: Sequence[GroupBy], after: Group | None, limit: int
    ) -> Summary:
        """Sums of whole days: all that `since` and `until` touch. The roll-ups know nothing of the requested model and
        of the status of single rows: `model` is not asked for here, nor `status`."""
