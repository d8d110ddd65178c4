"""What the routes of usage say of themselves in the OpenAPI document."""

from __future__ import annotations

from typing import Final

from headgate.core import errors
from headgate.core.json import JsonObject
from headgate.gateway.usage_store import BUCKETS, GroupBy
from headgate.web.admin_api.callers import REFUSED
from headgate.web.admin_api.reading import PAGE_DEFAULT, PAGE_LIMIT
from headgate.web.admin_api.usage_asked import ENDS, STATUSES
from headgate.web.admin_api.usage_export import FORMATS
from headgate.web.describe import BOOLEAN, INTEGER, STRING, list_of, object_of, operation, path
from headgate.web.describe import query as parameter

SUMMARY_DEFAULT: Final = 1000
SUMMARY_LIMIT: Final = 10_000
NOTE: Final = (
    "the buckets are those that were counted: another model may make more or fewer tokens of the same text, and the "
    "range is between the lowest and the highest rate of its price list"
)

_TEXT: Final[JsonObject] = {"type": ["string", "null"]}
_AMOUNT: Final[JsonObject] = {"type": "number", "description": "USD, exact to the picodollar."}
_OPEN_AMOUNT: Final[JsonObject] = {**_AMOUNT, "type": ["number", "null"]}
_TIME: Final[JsonObject] = {**STRING, "format": "date-time"}
_MILLISECONDS: Final[JsonObject] = {"type": ["number", "null"]}
_MAYBE: Final[JsonObject] = {"type": ["integer", "null"]}
_STATUS: Final[JsonObject] = {"enum": list(STATUSES)}
_END: Final[JsonObject] = {"enum": list(ENDS)}

ROW: Final[dict[str, JsonObject]] = {
    "request_id": {**STRING, "description": "The `x-request-id` of its answer."},
    "admitted_at": _TIME,
    "organization": _TEXT,
    "organization_slug": _TEXT,
    "project": _TEXT,
    "project_slug": _TEXT,
    "user": _TEXT,
    "user_name": _TEXT,
    "key": _TEXT,
    "key_name": _TEXT,
    "model": {**_TEXT, "description": "What the caller asked for; null for the default."},
    "served_model": {**STRING, "description": "The name of the entry that its last attempt went to."},
    "entry": {**STRING, "description": "Its uid."},
    "provider": _TEXT,
    "upstream_model": _TEXT,
    "operation": {
        **STRING,
        "description": "What kind of call; also `test`, of a stored model, and `verify`, of one stored or not.",
    },
    "end_reason": _END,
    "status": _STATUS,
    "code": INTEGER,
    "cost": {**_OPEN_AMOUNT, "description": "USD, exact to the picodollar; null where it is unknown."},
    "exposure": {**_AMOUNT, "description": "What an unknown cost may come to, in USD."},
    "input_tokens": INTEGER,
    "output_tokens": INTEGER,
    "duration_ms": _MILLISECONDS,
    "first_byte_ms": _MILLISECONDS,
    "attempts": INTEGER,
    "overrun": BOOLEAN,
}
_BUCKETS: Final = object_of(dict.fromkeys(BUCKETS, INTEGER))
_SUMS: Final[dict[str, JsonObject]] = {
    "requests": INTEGER,
    "attempts": INTEGER,
    "estimated": INTEGER,
    "unknown": INTEGER,
    "input_tokens": INTEGER,
    "output_tokens": INTEGER,
    "buckets": _BUCKETS,
    "cost": _AMOUNT,
    "exposure": _AMOUNT,
    "average_duration_ms": _MILLISECONDS,
}
_GROUPS: Final[dict[str, JsonObject]] = {
    **{each.value: _TEXT for each in GroupBy},
    "organization_slug": _TEXT,
    "user_name": _TEXT,
}
_LINE: Final = object_of({"bucket": STRING, "count": INTEGER, "rate": _AMOUNT, "amount": _AMOUNT})
_RATES: Final[JsonObject] = {"type": "object", "additionalProperties": _AMOUNT}
_TIER: Final = object_of({"service_tier": _TEXT, "above": INTEGER, "rates": _RATES})
_PRICE: Final = {**object_of({"rates": _RATES, "tiers": list_of(_TIER)}), "type": ["object", "null"]}
_ATTEMPT: Final = object_of(
    {
        "number": INTEGER,
        "entry": STRING,
        "served_model": STRING,
        "provider": _TEXT,
        "upstream_model": _TEXT,
        "revision": {**INTEGER, "description": "The catalogue's revision that made the entry what it was."},
        "status": _STATUS,
        "outcome": {**_TEXT, "description": "Null for an answer, else the kind of failure."},
        "code": {**_MAYBE, "description": "The upstream's status."},
        "began_at": _TIME,
        "ended_at": _TIME,
        "duration_ms": _MILLISECONDS,
        "first_byte_ms": _MILLISECONDS,
        "buckets": _BUCKETS,
        "service_tier": _TEXT,
        "hold": _AMOUNT,
        "hold_tokens": INTEGER,
        "cost": _OPEN_AMOUNT,
        "exposure": _AMOUNT,
        "price_id": _TEXT,
        "price": _PRICE,
        "lines": list_of(_LINE),
        "sum": _AMOUNT,
    }
)

_FILTERS: Final = (
    parameter("organization", "Only of this organization, by id or slug."),
    parameter("project", "Only of this project, by id or by its slug in the organization."),
    parameter("user", "Only of this user, by id."),
    parameter("key", "Only of this key, by id."),
    parameter("served_model", "Only what the entry of this name served."),
    parameter("provider", "Only what went to this provider."),
    parameter("end_reason", "Only what ended like this.", schema=_END),
    parameter("from", "Only what was admitted from this time on: RFC 3339, a day, or Unix seconds."),
    parameter("to", "Only what was admitted before this time."),
)
_OF_ROWS: Final = (
    *_FILTERS,
    parameter("model", "Only what asked for this model."),
    parameter("status", "Only requests with this status.", schema=_STATUS),
)
_CURSOR: Final = parameter("cursor", "The `next_cursor` of the answer before.")
_ERRORS: Final = (*REFUSED, errors.InvalidQuery, errors.StoreUnavailable)
_BODY_ERRORS: Final = (
    *REFUSED,
    errors.InvalidBody,
    errors.InvalidJson,
    errors.PayloadTooLarge,
    errors.StoreUnavailable,
)

LIST: Final = operation(
    "List requests and what they cost, newest first",
    parameters=(
        *_OF_ROWS,
        _CURSOR,
        parameter(
            "limit",
            f"At most this many, {PAGE_DEFAULT} unless told; more than {PAGE_LIMIT} counts as that. A part may have "
            "fewer and still not be the last: `next_cursor` is null in the last.",
            schema=INTEGER,
        ),
    ),
    answer=object_of({"items": list_of(object_of(ROW)), "next_cursor": _TEXT}, ("items", "next_cursor")),
    errors=_ERRORS,
)
SUMMARY: Final = operation(
    "Sum usage up by day, model, tenant or end",
    parameters=(
        parameter("group_by", f"Any of {', '.join(GroupBy)}, with commas between. `model` is the entry that served."),
        *_FILTERS,
        _CURSOR,
        parameter(
            "limit",
            f"At most this many groups, {SUMMARY_DEFAULT} unless told; more than {SUMMARY_LIMIT} counts as that.",
            schema=INTEGER,
        ),
    ),
    answer=object_of(
        {
            "items": list_of(object_of({**_GROUPS, **_SUMS})),
            "totals": object_of(_SUMS),
            "next_cursor": _TEXT,
        }
    ),
    errors=_ERRORS,
)
EXPORT: Final = operation(
    "Export requests and what they cost as a file",
    parameters=(
        parameter("format", "`csv` unless told.", schema={"enum": list(FORMATS)}),
        *_OF_ROWS,
    ),
    answer={**STRING, "x-media-type": "text/csv"},
    errors=_ERRORS,
)
REQUEST: Final = operation(
    "Read one request: why it went where, and how its cost was reckoned",
    parameters=(path("request_id", "The `x-request-id` of its answer."),),
    answer=object_of({**ROW, "attempts": list_of(_ATTEMPT), "why": {"description": "Null when the name said it all."}}),
    errors=(*REFUSED, errors.NotFound, errors.StoreUnavailable),
)
WHAT_IF: Final = operation(
    "Say what the same usage would have cost at another entry",
    body=object_of(
        {
            "model": {**STRING, "description": "Name or uid of the other entry."},
            **{each["name"]: {"description": each["description"]} for each in _FILTERS},
        },
        ("model",),
    ),
    answer=object_of(
        {
            "model": STRING,
            "entry": STRING,
            "price_id": _TEXT,
            "actual": object_of(_SUMS),
            "what_if": object_of(
                {
                    "least": _OPEN_AMOUNT,
                    "most": _OPEN_AMOUNT,
                    "lines": list_of(
                        object_of({"bucket": STRING, "count": INTEGER, "rate_least": _AMOUNT, "rate_most": _AMOUNT})
                    ),
                    "unpriced": list_of(STRING),
                }
            ),
            "note": STRING,
        }
    ),
    errors=(*_BODY_ERRORS, errors.ModelNotFound),
)
_BILLED: Final = {
    **object_of({"requests": _MAYBE, "input_tokens": _MAYBE, "output_tokens": _MAYBE, "cost": _OPEN_AMOUNT}),
    "type": ["object", "null"],
}
_REPORTED: Final = object_of(
    {
        "provider": STRING,
        "model": {**_TEXT, "description": "The provider's name for it; null: all of them together."},
        "day": {**STRING, "format": "date"},
        "requests": _MAYBE,
        "input_tokens": _MAYBE,
        "output_tokens": _MAYBE,
        "cost_usd": _OPEN_AMOUNT,
    },
    ("provider", "day"),
)
RECONCILE: Final = operation(
    "Hold a provider's own report against the ledger",
    parameters=(
        parameter("organization", "Only against the usage of this organization, by id or slug."),
        parameter("provider", "Whose a report in OpenAI's form is, `openai` unless told."),
    ),
    body={
        **list_of(_REPORTED),
        "description": "Or the same columns as `text/csv`, or a page of OpenAI's organization usage or costs.",
    },
    answer=object_of(
        {
            "items": list_of(
                object_of(
                    {
                        "provider": STRING,
                        "model": _TEXT,
                        "day": STRING,
                        "side": {"enum": ["both", "theirs", "ours"]},
                        "theirs": _BILLED,
                        "ours": _BILLED,
                        "difference": _BILLED,
                        "exposure": _AMOUNT,
                    }
                )
            ),
            "differing": INTEGER,
        }
    ),
    errors=(*_BODY_ERRORS, errors.TooManyItems),
)
