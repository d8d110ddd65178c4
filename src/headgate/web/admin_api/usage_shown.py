"""Usage as JSON: rows, sums, whole requests. Amounts are in USD with a digit for every picodollar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from headgate.catalogue.price import PriceList, Rates, resolved
from headgate.core.json import Json, JsonObject
from headgate.core.money import Picodollars, usd
from headgate.gateway.usage import Named
from headgate.gateway.usage_store import BUCKETS, Attempt, Group, GroupBy, Request, Row, Sums
from headgate.ledger.cost import Line, lines
from headgate.ledger.records import End
from headgate.web import times

_EPOCH: Final = date(1970, 1, 1)
_SECOND: Final = 1_000_000


def amount(value: Picodollars | None) -> msgspec.Raw | None:
    """An amount in USD as a JSON number, null where it is unknown."""
    return None if value is None else msgspec.Raw(usd(value))


def milliseconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1000


def day_of(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).isoformat()


def shown_row(row: Row, named: Named) -> JsonObject:
    """A row. Its fields are the columns of a CSV file as well, so each is one word, number or flag."""
    account = row.account
    return {
        "request_id": row.request,
        "admitted_at": times.written(row.admitted / _SECOND),
        "organization": account.organization or None,
        "organization_slug": named.organizations.get(account.organization),
        "project": account.project or None,
        "project_slug": named.projects.get(account.project),
        "user": account.user or None,
        "user_name": named.users.get(account.user),
        "key": account.key or None,
        "key_name": named.keys.get(account.key),
        "model": row.model or None,
        "served_model": row.served_model,
        "entry": row.entry,
        "provider": row.provider or None,
        "upstream_model": row.upstream_model or None,
        "operation": row.operation,
        "end_reason": row.end.name.lower(),
        "status": row.status.name.lower(),
        "code": row.code,
        "cost": amount(row.cost),
        "exposure": amount(row.exposure),
        "input_tokens": row.tokens_in,
        "output_tokens": row.tokens_out,
        "duration_ms": milliseconds(row.duration),
        "first_byte_ms": milliseconds(row.first_byte),
        "attempts": row.attempts,
        "overrun": row.overrun,
    }


COLUMNS: Final = (
    "request_id",
    "admitted_at",
    "organization",
    "organization_slug",
    "project",
    "project_slug",
    "user",
    "user_name",
    "key",
    "key_name",
    "model",
    "served_model",
    "entry",
    "provider",
    "upstream_model",
    "operation",
    "end_reason",
    "status",
    "code",
    "cost",
    "exposure",
    "input_tokens",
    "output_tokens",
    "duration_ms",
    "first_byte_ms",
    "attempts",
    "overrun",
)
"""The fields of a row in their order."""


def shown_sums(sums: Sums) -> JsonObject:
    average = round(sums.duration / sums.requests / 1000, 3) if sums.requests else None
    return {
        "requests": sums.requests,
        "attempts": sums.attempts,
        "estimated": sums.estimated,
        "unknown": sums.unknown,
        "input_tokens": sums.tokens_in,
        "output_tokens": sums.tokens_out,
        "buckets": dict(sums.buckets),
        "cost": amount(sums.cost),
        "exposure": amount(sums.exposure),
        "average_duration_ms": average,
    }


def shown_group(by: Sequence[GroupBy], group: Group, *, named: Named) -> JsonObject:
    """What the sums of a group have in common."""
    shown: JsonObject = {}
    for each, value in zip(by, group, strict=True):
        if each is GroupBy.DAY:
            shown["day"] = day_of(int(value))
        elif each is GroupBy.END_REASON:
            shown["end_reason"] = End(int(value)).name.lower()
        else:
            shown[each.value] = value or None
        match each:
            case GroupBy.ORGANIZATION:
                shown["organization_slug"] = named.organizations.get(str(value))
            case GroupBy.USER:
                shown["user_name"] = named.users.get(str(value))
    return shown


def shown_request(request: Request, named: Named) -> JsonObject:
    attempts = [_attempt(each) for each in request.attempts]
    return {
        **shown_row(request.row, named),
        "attempts": attempts,
        "why": msgspec.Raw(request.why.encode()) if request.why else None,
    }


def _attempt(attempt: Attempt) -> JsonObject:
    reckoned = reckoning(attempt)
    return {
        "number": attempt.number,
        "entry": attempt.entry,
        "served_model": attempt.name,
        "provider": attempt.provider or None,
        "upstream_model": attempt.model or None,
        "revision": attempt.revision,
        "status": attempt.status.name.lower(),
        "outcome": attempt.outcome or None,
        "code": attempt.code or None,
        "began_at": times.written(attempt.began / _SECOND),
        "ended_at": times.written(attempt.ended / _SECOND),
        "duration_ms": milliseconds(attempt.ended - attempt.began),
        "first_byte_ms": milliseconds(attempt.first_byte),
        "buckets": {name: count for name in BUCKETS if (count := getattr(attempt.usage, name))},
        "service_tier": attempt.usage.tier or None,
        "hold": amount(attempt.hold),
        "hold_tokens": attempt.hold_tokens,
        "cost": amount(attempt.cost),
        "exposure": amount(attempt.exposure),
        "price_id": attempt.price or None,
        "price": None if attempt.prices is None else shown_prices(attempt.prices),
        "lines": [
            {"bucket": each.bucket, "count": each.count, "rate": amount(each.rate), "amount": amount(each.amount)}
            for each in reckoned
        ],
        "sum": amount(sum(each.amount for each in reckoned)),
    }


def reckoning(attempt: Attempt) -> Sequence[Line]:
    """The price arithmetic of an attempt, line by line; nothing of one that was not billed."""
    billed = attempt.cost or any(getattr(attempt.usage, name) for name in BUCKETS)
    if attempt.prices is None or not billed:
        return ()
    return lines(attempt.usage, resolved(attempt.prices))


def shown_prices(prices: PriceList) -> JsonObject:
    """A price list with its rates in USD a unit."""
    tiers: list[Json] = [
        {"service_tier": tier.service_tier or None, "above": tier.above, "rates": _rates(tier.rates)}
        for tier in prices.tiers
    ]
    return {"rates": _rates(prices.rates), "tiers": tiers}


def _rates(rates: Rates) -> JsonObject:
    said = msgspec.structs.asdict(rates)
    return {name: amount(value) for name, value in said.items() if value is not None}
