"""A finished request as rows: tuples in the order of the tables' columns.

This runs for every request, so it looks nothing up twice and builds nothing but what is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from headgate.adapters.sql.ledger.names import Names
from headgate.adapters.sql.ledger.tables import COLUMN_BUCKETS, MORE_BUCKETS
from headgate.core.money import MAX_COST
from headgate.core.usage import Usage
from headgate.ledger.records import Closed, Finished, Opened, Status

# fmt: off
RequestRow: TypeAlias = tuple[
    int, int, int, int, int, int, int, int, int, int, int | None, int, int, int, int, int | None, int, int, str | None
]
AttemptRow: TypeAlias = tuple[
    int, int, int, int, int, int, int, int, int | None, int, int, int, int, int, int | None,
    int, int, int, int, int, int, bytes | None,
]
# fmt: on

_MOST: Final = MAX_COST
_IN: Final = ("cache_write_1h", "audio_input", "image_input")
_OUT: Final = ("audio_output",)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, int]).decode


Totals: TypeAlias = tuple[int, int | None, int, int, int]
"""What the attempts of one request come to: status, cost, exposure, tokens that went in, tokens that came out. The cost
is None if that of no attempt is known."""


def rows_of(finished: Finished, number: int, *, names: Names) -> tuple[RequestRow, list[AttemptRow]]:
    """The rows of a request of any number of attempts."""
    # Attempts of a request that was sent in parts are closed in any order.
    closed = {each.number: each for each in finished.closed}
    attempts = [_attempt_row(each, closed[each.number], number=number, names=names) for each in finished.opened]
    return _request_row(finished, attempts, names=names), attempts


def rows_of_one(finished: Finished, number: int, *, names: Names) -> tuple[RequestRow, AttemptRow]:
    """The same for a request of one attempt, which is what almost all have: nothing is looked up or added up twice."""
    opened, closed, ended, words = finished.opened[0], finished.closed[0], finished.ended, names.words
    to, account, usage = names.destinations[opened.to], opened.account, closed.usage
    # A plain integer: drivers ask for longer what to do with any other.
    status, cost, exposure = closed.status + 0, closed.cost, closed.exposure
    text, cached, written, output, reasoning = (
        usage.input, usage.cached_input, usage.cache_write, usage.output, usage.reasoning
    )  # fmt: skip
    more = _more(usage)
    # fmt: off
    attempt = (
        number, opened.number, to.id, to.revision, to.price, status, words[closed.outcome], closed.code, cost,
        opened.hold, min(opened.hold_tokens, _MOST), exposure, opened.began, closed.ended, closed.first_byte,
        text, cached, written, output, reasoning, words[usage.tier], more,
    )
    if more is None:
        tokens_in, tokens_out = text + cached + written, output + reasoning
    else:
        _, _, _, tokens_in, tokens_out = _of_one(attempt)
    request = (
        number, opened.admitted, words[account.organization], names.accounts[account], to.id, words[opened.model],
        words[opened.operation], ended.end + 0, status, ended.code, cost, exposure, tokens_in, tokens_out,
        ended.duration, ended.first_byte, 1, 1 if closed.overrun else 0, ended.why or None,
    )
    # fmt: on
    return request, attempt


def _request_row(finished: Finished, attempts: Sequence[AttemptRow], *, names: Names) -> RequestRow:
    first, ended, last = finished.opened[0], finished.ended, attempts[-1]
    account, words = first.account, names.words
    status, cost, exposure, tokens_in, tokens_out = totals(attempts)
    return (
        last[0],
        first.admitted,
        words[account.organization],
        names.accounts[account],
        last[2],
        words[first.model],
        words[first.operation],
        ended.end + 0,
        status,
        ended.code,
        cost,
        exposure,
        tokens_in,
        tokens_out,
        ended.duration,
        ended.first_byte,
        len(attempts),
        1 if any(each.overrun for each in finished.closed) else 0,
        ended.why or None,
    )


def totals(attempts: Sequence[AttemptRow]) -> Totals:
    """The sums of a request. An amount that a row cannot hold is the most that it can."""
    status, costs, exposures, tokens_in, tokens_out = zip(*map(_of_one, attempts), strict=True)
    known = [cost for cost in costs if cost is not None]
    return (
        max(status),
        min(sum(known), _MOST) if known else None,
        min(sum(exposures), _MOST),
        sum(tokens_in),
        sum(tokens_out),
    )


def certain(finished: Finished) -> bool:
    """Whether nothing replaces the row of this request."""
    return all(each.status is not Status.UNKNOWN for each in finished.closed)


def more_of(blob: bytes) -> Mapping[str, int]:
    """The buckets that an attempt has no columns for."""
    return _decode(blob)


def usage_of(row: AttemptRow, *, tier: str) -> Usage:
    """What an attempt used, as it was reckoned."""
    counts = dict(zip(COLUMN_BUCKETS, row[15:20], strict=True))
    more = more_of(row[21]) if row[21] is not None else {}
    return msgspec.structs.replace(Usage(tier=tier), **counts, **more)


def _attempt_row(opened: Opened, closed: Closed, *, number: int, names: Names) -> AttemptRow:
    to, usage, words = names.destinations[opened.to], closed.usage, names.words
    return (
        number,
        opened.number,
        to.id,
        to.revision,
        to.price,
        closed.status + 0,
        words[closed.outcome],
        closed.code,
        closed.cost,
        opened.hold,
        # Callers name the tokens that they want, and not everybody stays within reason.
        min(opened.hold_tokens, _MOST),
        closed.exposure,
        opened.began,
        closed.ended,
        closed.first_byte,
        usage.input,
        usage.cached_input,
        usage.cache_write,
        usage.output,
        usage.reasoning,
        words[usage.tier],
        _more(usage),
    )


def _more(usage: Usage) -> bytes | None:
    if (
        usage.cache_write_1h
        or usage.seconds
        or usage.audio_input
        or usage.audio_output
        or usage.image_input
        or usage.images
        or usage.searches
        or usage.tools
    ):
        return _encode({name: count for name in MORE_BUCKETS if (count := getattr(usage, name))})
    return None


def _of_one(row: AttemptRow) -> Totals:
    tokens_in, tokens_out = row[15] + row[16] + row[17], row[18] + row[19]
    if row[21] is not None:
        more = more_of(row[21])
        tokens_in += sum(more.get(name, 0) for name in _IN)
        tokens_out += sum(more.get(name, 0) for name in _OUT)
    return row[5], row[8], row[11], tokens_in, tokens_out
