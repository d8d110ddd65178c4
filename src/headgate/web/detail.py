"""Errors in the registry API's form: `{"detail": TEXT}`, and what is wrong with a request as FastAPI lists it.

The items of such a list have `type`, `loc` and `msg`, and never the value that was refused: it may be a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from headgate.core import errors
from headgate.core.errors import GatewayError, InvalidBody, InvalidJson, InvalidQuery
from headgate.core.json import Json, JsonObject, encode

_STATUSES: Final[Mapping[type[GatewayError], int]] = MappingProxyType(
    {
        InvalidBody: 422,
        InvalidJson: 422,
        InvalidQuery: 422,
        # The published API answers a name that is taken with 400.
        errors.ModelExists: 400,
    }
)
"""Where this form has another status than the others."""

_PLACES: Final = MappingProxyType({InvalidBody: "body", InvalidJson: "body", InvalidQuery: "query"})
_ANY_TYPE: Final = "value_error"


def detail_status(error: GatewayError, usual: int) -> int:
    return _STATUSES.get(type(error), usual)


def detail_body(error: GatewayError) -> bytes:
    return detailed(_items(error, _PLACES[type(error)]) if type(error) in _PLACES else error.message)


def detailed(detail: Json) -> bytes:
    return encode({"detail": detail})


def item(path: str, message: str, *, type_: str) -> Mapping[str, str]:
    """One line of an error's `details`, with FastAPI's word for what is wrong."""
    return {"path": path, "message": message, "type": type_}


def _items(error: GatewayError, place: str) -> Json:
    if isinstance(error, InvalidJson):
        return [{"type": "json_invalid", "loc": [place], "msg": error.message}]
    if not isinstance(error.details, list):
        return [{"type": _ANY_TYPE, "loc": [place], "msg": error.message}]
    return [_item(each, place) for each in error.details]


def _item(line: Mapping[str, str], place: str) -> JsonObject:
    path = [part for part in line["path"].split(".") if part]
    where = [place, *(int(part) if part.isdecimal() else part for part in path)]
    return {"type": line.get("type", _ANY_TYPE), "loc": where, "msg": line["message"]}
