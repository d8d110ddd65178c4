"""A provider's own report of what was used, as it is sent for reconciliation.

Three forms are read: a JSON array of rows, CSV with the same columns, and what OpenAI answers to questions about an
organization's usage and costs (`object: page`, with buckets of a day). Costs there are told by line items, whose names
are not models', so they count for a day as a whole.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Final

import msgspec

from headgate.core.errors import InvalidBody, InvalidJson, TooManyItems, detail
from headgate.core.json import Json, JsonObject
from headgate.core.money import MAX_COST, PICODOLLARS_PER_USD
from headgate.gateway.usage_reconcile import Billed, Reported
from headgate.web.bodies import name_of

FIELDS: Final = ("provider", "model", "day", "requests", "input_tokens", "output_tokens", "cost_usd")
MOST_ROWS: Final = 100_000
_MOST_FAULTS: Final = 20
_MOST_COUNT: Final = 2**53
_MOST_DIGITS: Final = 20
_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY_SECONDS: Final = 86_400

_decode: Final = msgspec.json.Decoder(float_hook=Decimal).decode


def reported(body: bytes, *, is_csv: bool, provider: str) -> list[Reported]:
    """The lines of a report. `provider` is whose a report in OpenAI's form is.

    InvalidBody, InvalidJson, TooManyItems.
    """
    rows = _csv(body) if is_csv else _json(body, provider)
    if len(rows) > MOST_ROWS:
        raise TooManyItems(f"the report has more than the {MOST_ROWS} rows that are compared at once")
    found, faults = [], []
    for number, row in enumerate(rows):
        try:
            found.append(_reported(row))
        except _Fault as fault:
            faults.append(detail(f"{number}.{fault.field}", str(fault)))
    if faults:
        shown = faults[:_MOST_FAULTS]
        raise InvalidBody(f"{len(faults)} rows cannot be read; first: {shown[0]['message']}", details=shown)
    return found


class _Fault(Exception):
    """A row has something that is not accepted."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


def _csv(body: bytes) -> list[JsonObject]:
    try:
        # Spreadsheets write a mark at the beginning of UTF-8.
        text = body.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        names = reader.fieldnames or []
        _demand_known(names, "column")
        return [
            {name: value for name, value in row.items() if value not in (None, "")}
            for row in islice(reader, MOST_ROWS + 1)
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidBody(f"the body is not CSV in UTF-8: {error}") from None


def _demand_known(names: Sequence[str], what: str) -> None:
    for name in names:
        if name not in FIELDS:
            message = f"unknown {what} {name[:64]!r}; accepted: {', '.join(FIELDS)}"
            raise InvalidBody(message, details=[detail(name[:64], message)])


def _json(body: bytes, provider: str) -> list[JsonObject]:
    try:
        value: Json = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidJson(f"the body is not JSON: {error}") from None
    if isinstance(value, dict) and value.get("object") == "page":
        value = [value]
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise InvalidJson(f"the body is a JSON array of objects, or a page of OpenAI's, not {name_of(value)}")
    if value and all(each.get("object") == "page" for each in value):
        return [row for page in value for row in _of_page(page, provider)]
    for row in value:
        _demand_known(list(row), "field")
    return value


def _of_page(page: JsonObject, provider: str) -> Iterator[JsonObject]:
    buckets = page.get("data")
    for bucket in buckets if isinstance(buckets, list) else ():
        if not isinstance(bucket, dict) or not isinstance(bucket.get("start_time"), int):
            raise InvalidBody("a bucket of a page has no 'start_time'")
        day = date.fromordinal(_EPOCH + min(max(bucket["start_time"], 0) // _DAY_SECONDS, 2_900_000)).isoformat()
        results = bucket.get("results")
        for each in results if isinstance(results, list) else ():
            if isinstance(each, dict):
                yield {"provider": provider, "day": day, **_of_result(each)}


def _of_result(result: JsonObject) -> JsonObject:
    cost = result.get("amount")
    if isinstance(cost, dict):
        if str(cost.get("currency", "usd")).lower() != "usd":
            raise InvalidBody(f"costs in {str(cost['currency'])[:8]!r} cannot be compared; accepted: usd")
        return {"cost_usd": cost.get("value")}
    names = {"num_model_requests": "requests", "input_tokens": "input_tokens", "output_tokens": "output_tokens"}
    told = {ours: result[theirs] for theirs, ours in names.items() if result.get(theirs) is not None}
    return {"model": result.get("model"), **told}


def _reported(row: Mapping[str, Json]) -> Reported:
    provider, model = _text(row, "provider"), row.get("model")
    if not provider:
        raise _Fault("provider", "a string is required")
    billed = Billed(
        requests=_count(row, "requests"),
        input_tokens=_count(row, "input_tokens"),
        output_tokens=_count(row, "output_tokens"),
        cost=_cost(row.get("cost_usd")),
    )
    return Reported((provider, _text(row, "model") if model is not None else "", _day(row.get("day"))), billed)


def _text(row: Mapping[str, Json], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or len(value) > 256 or "\0" in value:
        raise _Fault(name, "a string of at most 256 characters is accepted")
    return value


def _day(value: Json) -> int:
    try:
        return date.fromisoformat(value).toordinal() - _EPOCH
    except (TypeError, ValueError):
        raise _Fault("day", f"a day like 2026-11-20 is accepted, not {str(value)[:64]!r}") from None


def _count(row: Mapping[str, Json], name: str) -> int | None:
    value = row.get(name)
    if value is None:
        return None
    text = str(value)
    is_number = text.isdecimal() and text.isascii() and len(text) <= _MOST_DIGITS
    if isinstance(value, bool) or not is_number or int(text) > _MOST_COUNT:
        raise _Fault(name, f"a whole number is accepted, not {text[:64]!r}")
    return int(text)


def _cost(value: Json) -> int | None:
    """Picodollars of an amount in USD; what a provider has beyond a picodollar is rounded."""
    if value is None:
        return None
    try:
        amount = Decimal(str(value)) if isinstance(value, int | str | Decimal) else Decimal("nan")
        found = round(amount * PICODOLLARS_PER_USD) if abs(amount) < MAX_COST else None
    except (ArithmeticError, ValueError):
        found = None
    if found is None or isinstance(value, bool):
        raise _Fault("cost_usd", f"an amount in USD is accepted, not {str(value)[:64]!r}")
    return found
