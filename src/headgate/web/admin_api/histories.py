"""Revisions and differences as JSON. Fields are named by their paths in the catalogue API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headgate.catalogue.price import PriceFrom
from headgate.catalogue.revision import Change, Difference, FieldChange, Revision, difference
from headgate.catalogue.rules import RULES
from headgate.core.json import Json, JsonObject
from headgate.web import times
from headgate.web.admin_api.price_bodies import shown_price
from headgate.web.describe import INTEGER, STRING, list_of, object_of

_CHANGE: Final = object_of(
    {
        "model_id": STRING,
        "uid": STRING,
        "change": {**STRING, "enum": ["added", "removed", "changed"]},
        "fields": list_of(object_of({"path": STRING, "before": {}, "after": {}})),
    }
)
DIFFERENCES: Final = list_of(_CHANGE)
REVISION: Final = object_of(
    {
        "number": INTEGER,
        "scope": STRING,
        "at": {**STRING, "format": "date-time"},
        "by": STRING,
        "action": {**STRING, "enum": ["create", "update", "replace", "delete", "rollback"]},
        "changes": DIFFERENCES,
    }
)


def summary(revision: Revision) -> JsonObject:
    """A row of the history: which entries changed, without how."""
    return {**_head(revision), "changes": [_change(each) for each in revision.changes]}


def shown_revision(revision: Revision) -> JsonObject:
    """A revision with every field that it changed. A change without fields put in another secret."""
    changes = []
    for change in revision.changes:
        found = difference(change.before, change.after)
        changes.append({**_change(change), "fields": _fields(found.fields) if found is not None else []})
    return {**_head(revision), "changes": changes}


def shown_difference(found: Difference) -> JsonObject:
    return {"model_id": found.name, "uid": found.uid, "change": found.change, "fields": _fields(found.fields)}


def _head(revision: Revision) -> JsonObject:
    return {
        "number": revision.number,
        "scope": revision.scope.key,
        "at": times.written(revision.at),
        "by": revision.by,
        "action": revision.action,
    }


def _change(change: Change) -> JsonObject:
    word = "added" if change.before is None else "removed" if change.after is None else "changed"
    return {"model_id": change.entry.name, "uid": change.entry.uid, "change": word}


def _fields(fields: Sequence[FieldChange]) -> list[JsonObject]:
    return [
        {"path": _path(each.field), "before": _value(each.field, each.before), "after": _value(each.field, each.after)}
        for each in fields
    ]


def _value(field: str, value: Json) -> Json:
    # Documents hold picodollars, which nobody reads.
    if field != "prices" or value is None:
        return value
    return [shown_price(each) for each in msgspec.convert(value, tuple[PriceFrom, ...])]


def _path(field: str) -> str:
    # Two kinds may share one word of the catalogue API, and then the word would hide the change.
    return field if field == "kind" else RULES[field].path
