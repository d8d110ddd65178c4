"""The bodies of the registry API, as its OpenAPI document describes them."""

from __future__ import annotations

from typing import Final

from headgate.catalogue.entry import NAME_LIMIT
from headgate.catalogue.kinds import CATEGORY_WORDS
from headgate.core.json import JsonObject
from headgate.gateway.user_defaults import CONFIG_TYPES
from headgate.web.describe import BOOLEAN, INTEGER, STRING, list_of, object_of

NUMBER: Final[JsonObject] = {"type": "number"}


def or_null(schema: JsonObject) -> JsonObject:
    return {"anyOf": [schema, {"type": "null"}]}


TEXT: Final = or_null(STRING)
_CATEGORY: Final[JsonObject] = {**STRING, "enum": list(CATEGORY_WORDS)}
_MODEL_ID: Final[JsonObject] = {**STRING, "maxLength": NAME_LIMIT, "description": "What callers put in `model`."}
ROW: Final[JsonObject] = {**INTEGER, "description": "The key of the row."}
API_KEY: Final[JsonObject] = {**STRING, "writeOnly": True, "description": "Sealed at once, never shown."}

_OF_MODEL: Final[JsonObject] = {
    "base_url": TEXT,
    "temperature": or_null(NUMBER),
    "dimension": or_null(INTEGER),
    "abilities": or_null(list_of(STRING)),
    "description": TEXT,
}
_EXTRAS: Final[JsonObject] = {
    "context_window": or_null(INTEGER),
    "language": TEXT,
    "voice": TEXT,
    "format": TEXT,
    "sample_rate": or_null(INTEGER),
    "top_n": or_null(INTEGER),
    "instruct": TEXT,
}
_SHOWN: Final[JsonObject] = {
    "id": ROW,
    "model_id": _MODEL_ID,
    "category": _CATEGORY,
    "model_provider": STRING,
    "model_name": STRING,
    **_OF_MODEL,
    "context_window": or_null(INTEGER),
    "created_at": TEXT,
    "updated_at": TEXT,
    "is_active": BOOLEAN,
    "is_owner": BOOLEAN,
    "can_edit": BOOLEAN,
    "can_delete": BOOLEAN,
    "is_shared": BOOLEAN,
}
DEFAULT_ROW: Final[JsonObject] = {
    "id": ROW,
    "user_id": STRING,
    "model_id": {**INTEGER, "description": "The key of the model's row."},
    "config_type": {**STRING, "enum": list(CONFIG_TYPES)},
    "created_at": STRING,
    "updated_at": TEXT,
}
_TESTED: Final[JsonObject] = {
    "model_id": STRING,
    "status": {**STRING, "enum": ["passed", "failed"]},
    "response_time": or_null(NUMBER),
    "message": STRING,
    "error": TEXT,
}

SCHEMAS: Final[JsonObject] = {
    "RegistryModelCreate": object_of(
        {
            "model_id": _MODEL_ID,
            "model_provider": STRING,
            "model_name": STRING,
            "api_key": API_KEY,
            "category": {**STRING, "default": "llm", "description": f"One of {', '.join(CATEGORY_WORDS)}."},
            **_OF_MODEL,
            "share_with_users": {**BOOLEAN, "default": False},
            **_EXTRAS,
        },
        ["model_id", "model_provider", "model_name", "api_key"],
    ),
    "RegistryModelUpdate": object_of(
        {
            "category": TEXT,
            "model_provider": TEXT,
            "model_name": TEXT,
            "api_key": or_null(API_KEY),
            **_OF_MODEL,
            "share_with_users": or_null(BOOLEAN),
            **_EXTRAS,
        }
    ),
    "RegistryModel": object_of(_SHOWN, list(_SHOWN)),
    "RegistryDefault": object_of(DEFAULT_ROW, list(DEFAULT_ROW)),
    "RegistryTest": object_of(_TESTED, list(_TESTED)),
    "RegistryError": object_of(
        {
            "detail": {
                "anyOf": [
                    STRING,
                    list_of(
                        object_of(
                            {"type": STRING, "loc": list_of({"anyOf": [STRING, INTEGER]}), "msg": STRING},
                            ["type", "loc", "msg"],
                        )
                    ),
                ]
            }
        },
        ["detail"],
    ),
}
