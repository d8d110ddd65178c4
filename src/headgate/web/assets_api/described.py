"""How the assets API describes itself in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headgate.catalogue.entry import NAME_LIMIT
from headgate.catalogue.kinds import MODE_WORDS
from headgate.core.json import JsonObject
from headgate.web.assets_api.handles import PATTERN
from headgate.web.assets_api.listing import SORTABLE
from headgate.web.assets_api.status import Status
from headgate.web.assets_api.view import SUMMARY
from headgate.web.describe import INTEGER, STRING, component, header, list_of, object_of, path, query
from headgate.web.envelope import CODES


class Described(msgspec.Struct, frozen=True):
    """One operation: its id, what OpenAPI says of it, and the status of its success."""

    id: str
    words: JsonObject
    status: int = 200


def _or_null(schema: JsonObject) -> JsonObject:
    return {**schema, "type": [schema["type"], "null"]}


_COUNT: Final = _or_null({**INTEGER, "minimum": 0})
_TIME: Final[JsonObject] = {"type": "string", "format": "date-time"}
_NAME: Final[JsonObject] = {**STRING, "minLength": 1, "maxLength": 255}
_ROUTING: Final[JsonObject] = {**STRING, "minLength": 1, "maxLength": 500, "description": "`provider/model`."}
_MODE: Final[JsonObject] = {"enum": [*MODE_WORDS, None]}
_STATUS: Final[JsonObject] = {**STRING, "enum": list(Status)}
_TAGS: Final = list_of(STRING)
_CREDENTIALS: Final[JsonObject] = {
    "type": "object",
    "writeOnly": True,
    "description": "Sealed whole, never shown. `api_key` is what the provider is sent.",
}
_PLACE: Final[JsonObject] = {
    "provider": _or_null({**STRING, "maxLength": 100}),
    "api_base": _or_null({**STRING, "maxLength": 1000}),
    "api_version": _or_null({**STRING, "maxLength": 50}),
}
_OPTIONAL: Final[JsonObject] = {
    "description": _or_null({**STRING, "maxLength": 1000}),
    "tags": _TAGS,
    **_PLACE,
    "mode": _MODE,
    "max_input_tokens": _COUNT,
    "max_output_tokens": _COUNT,
    "rpm": _COUNT,
    "tpm": _COUNT,
    "default_temperature": {"type": ["number", "null"], "minimum": 0, "maximum": 9.99},
    "default_max_tokens": _COUNT,
    "timeout": {**_COUNT, "description": "Seconds."},
}
_MESSAGE: Final = _or_null({**STRING, "maxLength": 1000})
_URI: Final[JsonObject] = {**STRING, "pattern": PATTERN, "maxLength": NAME_LIMIT}
_NEW: Final[JsonObject] = {
    "name": _NAME,
    "litellm_model": _ROUTING,
    "credentials": _CREDENTIALS,
    "resource_uri": {**_or_null(_URI), "description": "Made of the name when it is left out."},
    **_OPTIONAL,
}
_FULL: Final[JsonObject] = {
    "id": STRING,
    "resource_uri": STRING,
    "name": STRING,
    "litellm_model": STRING,
    "status": _STATUS,
    "organization_id": STRING,
    "project_id": STRING,
    "owner_id": {**STRING, "deprecated": True, "description": "The same as `created_by`."},
    "created_at": _TIME,
    "updated_at": _TIME,
    "created_by": STRING,
    "updated_by": STRING,
    "description": _or_null(STRING),
    "tags": _TAGS,
    "provider": _or_null(STRING),
    "api_base": _or_null(STRING),
    "api_version": _or_null(STRING),
    **{key: value for key, value in _OPTIONAL.items() if key not in {"description", "tags", *_PLACE}},
    "status_message": _or_null(STRING),
}
_PAGINATION: Final[JsonObject] = {
    "page": INTEGER,
    "limit": INTEGER,
    "total_items": INTEGER,
    "total_pages": INTEGER,
    "next_page": _or_null(INTEGER),
    "prev_page": _or_null(INTEGER),
}
_ERROR: Final[JsonObject] = {
    "code": {**STRING, "enum": sorted(CODES.values())},
    "message": STRING,
    "status": INTEGER,
    "details": {"type": "object", "description": "`errors` lists what is wrong where, as `{path, message}`."},
    "request_id": STRING,
    "trace_id": {**STRING, "pattern": "^[0-9a-f]{32}$"},
}

SCHEMAS: Final[JsonObject] = {
    "AssetModelCreate": object_of(_NEW, ["name", "litellm_model", "credentials"]),
    "AssetModelUpdate": object_of(
        {
            "name": _or_null(_NAME),
            "litellm_model": _or_null(_ROUTING),
            "credentials": {**_or_null(_CREDENTIALS), "description": "Replaces the stored ones; null removes them."},
            **_OPTIONAL,
            "tags": _or_null(_TAGS),
            "status": {"enum": [*Status, None]},
            "status_message": _MESSAGE,
        }
    ),
    "AssetModelProbe": object_of(
        {"litellm_model": _ROUTING, "credentials": _CREDENTIALS, **_PLACE}, ["litellm_model", "credentials"]
    ),
    "AssetModel": object_of(_FULL, list(_FULL)),
    "AssetModelList": object_of(
        {
            "data": list_of(object_of({key: _FULL[key] for key in SUMMARY}, SUMMARY)),
            "pagination": object_of(_PAGINATION, list(_PAGINATION)),
        },
        ["data", "pagination"],
    ),
    "AssetVerification": object_of(
        {
            "verified": {"type": "boolean"},
            "message": STRING,
            "latency_ms": {"type": ["number", "null"]},
        },
        ["verified", "message", "latency_ms"],
    ),
    "AssetError": object_of({"error": object_of(_ERROR, list(_ERROR))}, ["error"]),
}

_PROJECT: Final = header("X-Project-ID", "The id or slug of a project; may be left out where there is only one.")
_ONE: Final = path("resource_uri", "The model's handle, or its id.")
_READ: Final = (400, 401, 403)
_WRITE: Final = (*_READ, 413, 422, 503)
_UNPAID: Final = (402, 429, 503)
"""Only a call would tell, and it is not to be made."""


def _operation(
    summary: str,
    *,
    parameters: Sequence[JsonObject] = (),
    body: str | None = None,
    answer: str | None,
    errors: Sequence[int],
    status: int = 200,
) -> JsonObject:
    success: JsonObject = {"description": "Success"}
    if answer is not None:
        success["content"] = _json(component(answer))
    told = {str(each): {"description": _code(each), "content": _json(component("AssetError"))} for each in errors}
    words: JsonObject = {
        "summary": summary,
        "parameters": [_PROJECT, *parameters],
        "responses": {str(status): success, **told},
    }
    if body is not None:
        words["requestBody"] = {"required": True, "content": _json(component(body))}
    return words


def _json(schema: JsonObject) -> JsonObject:
    return {"application/json": {"schema": schema}}


def _code(status: int) -> str:
    return CODES.get(status, CODES[400])


LIST: Final = Described(
    "listAssetModels",
    _operation(
        "List the models of the project",
        parameters=(
            query("page", "Page number, from 1.", schema={**INTEGER, "minimum": 1, "default": 1}),
            query("limit", "Page size.", schema={**INTEGER, "minimum": 1, "maximum": 100, "default": 20}),
            query("search", "Part of the name or description, in any case."),
            query("status", "Only this status.", schema=_STATUS),
            query("mode", "Only this mode.", schema={**STRING, "enum": list(MODE_WORDS)}),
            query("tags", "Models with any of these tags, with commas between."),
            query("sort", f"`FIELD:asc` or `FIELD:desc`, with commas between; FIELD is one of {', '.join(SORTABLE)}."),
            query("created_by", "Only what this principal made."),
            query("owner_id", "The same."),
        ),
        answer="AssetModelList",
        errors=_READ,
    ),
)
CREATE: Final = Described(
    "createAssetModel",
    _operation(
        "Create a model, which is then verified",
        body="AssetModelCreate",
        answer="AssetModel",
        errors=(*_WRITE, 409),
        status=201,
    ),
    201,
)
GET: Final = Described(
    "getAssetModel",
    _operation("Get a model", parameters=(_ONE,), answer="AssetModel", errors=(*_READ, 404)),
)
UPDATE: Final = Described(
    "updateAssetModel",
    _operation(
        "Change a model: only the fields that the body has",
        parameters=(_ONE,),
        body="AssetModelUpdate",
        answer="AssetModel",
        errors=(*_WRITE, 404),
    ),
)
DELETE: Final = Described(
    "deleteAssetModel",
    _operation("Delete a model", parameters=(_ONE,), answer=None, errors=(*_READ, 404, 503), status=204),
    204,
)
VERIFY_UNSAVED: Final = Described(
    "verifyAssetModelBeforeSave",
    _operation(
        "Ask the provider whether a model with these parameters would work; nothing is stored",
        body="AssetModelProbe",
        answer="AssetVerification",
        errors=(*_READ, *_UNPAID, 413, 422),
    ),
)
VERIFY: Final = Described(
    "verifyAssetModel",
    _operation(
        "Ask the provider whether a stored model works",
        parameters=(_ONE,),
        answer="AssetVerification",
        errors=(*_READ, *_UNPAID, 404),
    ),
)
