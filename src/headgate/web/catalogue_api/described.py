"""How the catalogue API describes itself in the OpenAPI document."""

from __future__ import annotations

from typing import Final

from headgate.catalogue.entry import NAME_LIMIT, REGION_LIMIT
from headgate.catalogue.kinds import TYPES
from headgate.core import errors
from headgate.core.json import JsonObject
from headgate.web.describe import (
    BOOLEAN,
    INTEGER,
    OBJECT,
    STRING,
    component,
    header,
    list_of,
    object_of,
    operation,
    path,
    query,
)

_ANY: Final[JsonObject] = {}
_FLAG_WORDS: Final[JsonObject] = {"type": "string", "enum": ["true", "false"]}
_TIME: Final[JsonObject] = {"type": "string", "format": "date-time"}
_NUMBER: Final[JsonObject] = {"type": "number"}
_READ: Final = (errors.NotAuthenticated, errors.TwoCredentials, errors.ContextUnknown)
_WRITE: Final = (*_READ, errors.Forbidden, errors.InvalidBody, errors.PayloadTooLarge, errors.StoreUnavailable)

_ID: Final = path("model_id", "The model's id. Its slashes are sent as they are, or as %2F.")
_SCOPE: Final = query(
    "scope", "Look in this scope only: `platform`, `organization`, `project`, `user`, or a scope's key."
)
_IF_MATCH: Final = header("If-Match", "Act only if this is still the ETag.")
_IF_NONE_MATCH: Final = header("If-None-Match", "Answer 304 if this is still the ETag.")

_FIELDS: Final[JsonObject] = {
    "display": {
        **object_of({"name": STRING, "brand": STRING, "hidden": BOOLEAN}),
        "description": "Label, brand, and whether lists made for people leave the model out.",
    },
    "capabilities": {
        **object_of({"vision": BOOLEAN, "audio": BOOLEAN, "text": BOOLEAN, "image": BOOLEAN}),
        "description": "What the model supports. Other keys are kept.",
    },
    "limits": {
        **object_of(
            {
                "context_window": INTEGER,
                "max_output_tokens": INTEGER,
                "rpm": INTEGER,
                "tpm": INTEGER,
                "timeout": {**_NUMBER, "description": "Seconds."},
            }
        ),
        "description": "Limits of the provider. Other keys are kept.",
    },
    "failover": {**STRING, "maxLength": NAME_LIMIT, "description": "The model to try when this one fails."},
    "region": {**STRING, "maxLength": REGION_LIMIT, "description": "Hosting region."},
    "dimensions": {**_ANY, "description": "Default size of embeddings."},
    "supported_dimensions": {**list_of(_NUMBER), "description": "Sizes of embeddings that may be asked for."},
    "metrics": {**_ANY, "description": "`energy_per_token` and `pue_profile` make `usage.carbon`. Anything is kept."},
    "provider_config": {
        **object_of(
            {
                "provider": STRING,
                "model": {**STRING, "description": "The model's name at the provider."},
                "base_url": STRING,
                "api_version": STRING,
                "credential": {**STRING, "description": "The name of a stored credential."},
                "defaults": object_of({"temperature": _NUMBER, "max_tokens": INTEGER}),
                "batch_size": INTEGER,
                "parallelism": INTEGER,
            }
        ),
        "description": "Where calls go. Other keys are kept.",
    },
    "pricing": {
        **object_of({"input_per_1m_tokens": _NUMBER, "output_per_1m_tokens": _NUMBER}),
        "description": "USD per million tokens, at most six decimals; both or neither. The price in force.",
    },
    "tags": list_of(STRING),
    "org_slugs": {**list_of(STRING), "description": "The organizations that see the model; empty: all."},
    "enabled": {**BOOLEAN, "default": True},
    "description": {"type": ["string", "null"], "description": "For people."},
}

_API_KEY: Final[JsonObject] = {**STRING, "writeOnly": True, "description": "Sealed at once, never shown."}
_WRITTEN: Final[JsonObject] = {
    **_FIELDS,
    "provider_config": {
        **_FIELDS["provider_config"],
        "properties": {**_FIELDS["provider_config"]["properties"], "api_key": _API_KEY},
    },
}
_NAME: Final[JsonObject] = {**STRING, "maxLength": NAME_LIMIT, "description": "What callers put in `model`."}
_TYPE: Final[JsonObject] = {**STRING, "enum": list(TYPES)}

SCHEMAS: Final[JsonObject] = {
    "ModelCreateInput": object_of({"model_id": _NAME, "type": _TYPE, **_WRITTEN}, ["model_id", "type"]),
    "ModelUpdateInput": object_of({"type": _TYPE, **_WRITTEN}),
    "Model": object_of(
        {
            "id": {**STRING, "description": "The same as `model_id`."},
            "object": {**STRING, "const": "model"},
            "created": {**INTEGER, "description": "Unix seconds."},
            "owned_by": STRING,
            "model_id": _NAME,
            "type": _TYPE,
            **_FIELDS,
            "scope": {**STRING, "description": "Whose entry it is."},
            "owner": STRING,
            "created_at": _TIME,
            "created_by": STRING,
            "updated_at": _TIME,
            "updated_by": STRING,
            "revision": {**INTEGER, "description": "The revision that last changed it."},
            "warnings": {**list_of(STRING), "description": "In answers to writes: what will not work as it stands."},
        },
        ["model_id", "type"],
    ),
    "ModelRow": object_of(
        {
            "id": STRING,
            "object": STRING,
            "type": {**STRING, "const": "model"},
            "created": INTEGER,
            "created_at": _TIME,
            "owned_by": STRING,
            "display_name": STRING,
        }
    ),
    "ModelList": object_of(
        {
            "items": list_of(component("Model")),
            "total": {**INTEGER, "description": "Matches before paging."},
            "page": INTEGER,
            "limit": INTEGER,
            "object": {**STRING, "const": "list"},
            "data": {
                **list_of(component("ModelRow")),
                "description": "The same models for OpenAI's and Anthropic's SDKs.",
            },
            "has_more": BOOLEAN,
            "first_id": {"type": ["string", "null"]},
            "last_id": {"type": ["string", "null"]},
        },
        ["items", "total", "page", "limit"],
    ),
    "ModelReplaceInput": object_of({"models": {**list_of(component("ModelCreateInput")), "maxItems": 500}}, ["models"]),
}

_MODEL: Final = component("Model")

LIST: Final = operation(
    "List the models that the caller can call",
    parameters=(
        query("limit", "Page size, 1 or more; above 100 it is 100.", schema=INTEGER),
        query("page", "Page number, from 0.", schema=INTEGER),
        query("type", "Only this type.", schema=_TYPE),
        query("enabled", "Only enabled or disabled models.", schema=_FLAG_WORDS),
        query("model_ids", "Only these ids, with commas between."),
        query("tags", "Models with any of these tags, with commas between."),
        query("visible_only", "`true` leaves out models whose `display.hidden` is true.", schema=_FLAG_WORDS),
        query("brand", "Only this `display.brand`."),
        query("search", "Part of the id, `display.name` or `display.brand`, in any case."),
        query(
            "capability", "Only models that have it.", schema={**STRING, "enum": ["vision", "audio", "text", "image"]}
        ),
        query("orgSlug", "For administrators: an organization's view, or `all`."),
        query("after_id", "Only models after this id."),
        query("before_id", "Only the models just before this id."),
        _SCOPE,
    ),
    answer=component("ModelList"),
    errors=(*_READ, errors.InvalidQuery),
)
CREATE: Final = operation(
    "Create a model",
    parameters=(_SCOPE,),
    body=component("ModelCreateInput"),
    answer=_MODEL,
    errors=(*_WRITE, errors.MissingModelId, errors.MissingType, errors.ModelExists),
)
REPLACE: Final = operation(
    "Replace all models of the platform",
    parameters=(_IF_MATCH,),
    body=component("ModelReplaceInput"),
    answer=object_of({"deleted": INTEGER, "inserted": INTEGER, "warnings": list_of(STRING)}, ["deleted", "inserted"]),
    errors=(*_WRITE, errors.InvalidItems, errors.TooManyItems, errors.PreconditionFailed, errors.RateLimited),
)
GET: Final = operation(
    "Get a model",
    parameters=(_ID, _SCOPE, _IF_NONE_MATCH),
    answer=_MODEL,
    errors=(*_READ, errors.InvalidQuery, errors.ModelNotAllowed, errors.ModelNotFound),
)
CHANGE: Final = operation(
    "Change a model: only the fields that the body has",
    parameters=(_ID, _SCOPE, _IF_MATCH),
    body=component("ModelUpdateInput"),
    answer=_MODEL,
    errors=(*_WRITE, errors.ModelNotFound, errors.PreconditionFailed),
)
DELETE: Final = operation(
    "Delete a model",
    parameters=(_ID, _SCOPE, _IF_MATCH),
    answer=object_of({"deleted": {**BOOLEAN, "const": True}, "model_id": STRING}, ["deleted", "model_id"]),
    errors=(*_READ, errors.Forbidden, errors.ModelNotFound, errors.PreconditionFailed, errors.StoreUnavailable),
)
_DEFAULT: Final = object_of({"model_id": STRING}, ["model_id"])
DEFAULTS: Final = operation(
    "The default models of the caller's organization",
    answer=object_of(
        {
            "completions": _DEFAULT,
            "embeddings": object_of(
                {"model_id": STRING, "dimensions": _ANY, "supported_dimensions": list_of(_NUMBER)}, ["model_id"]
            ),
            "image_generation": _DEFAULT,
            "file_parsing": object_of({"image": _DEFAULT, "audio": _DEFAULT, "document": _DEFAULT}),
        }
    ),
    errors=_READ,
)
TEST: Final = operation(
    "Make one small call through a model",
    body=object_of(
        {
            "modelId": {**STRING, "maxLength": 256},
            "type": {**STRING, "enum": ["completions", "embeddings"], "default": "completions"},
        },
        ["modelId"],
    ),
    answer=object_of({"ok": BOOLEAN, "dimensions": INTEGER, "response": OBJECT}, ["ok", "response"]),
    errors=(
        *_READ,
        errors.InvalidBody,
        errors.ModelNotFound,
        errors.ModelNotAllowed,
        errors.PriceMissing,
        errors.BudgetExceeded,
        errors.RateLimited,
        errors.LedgerUnavailable,
    ),
)
