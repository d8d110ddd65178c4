"""How the registry API describes itself in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from headgate.core.json import JsonObject
from headgate.web.describe import BOOLEAN, INTEGER, STRING, component, list_of, object_of, path, query
from headgate.web.registry_api.schemas import API_KEY, DEFAULT_ROW, NUMBER, ROW, TEXT, or_null

_PUBLIC: Final[JsonObject] = {"security": []}

_ERRORS: Final[Mapping[int, str]] = {
    400: "The value does not do, is taken, or an organization must be named.",
    401: "No credential in force.",
    403: "Not yours to do.",
    404: "Unknown, or not yours to see.",
    409: "The state of the model forbids the change.",
    413: "The body is too large.",
    422: "What is wrong with the request.",
    424: "The provider's address is refused, or a credential is missing.",
    429: "The provider limits how often it may be asked.",
    502: "The provider did not answer, or not as it should.",
    503: "The database or the provider is not available.",
    504: "The provider did not answer in time.",
}
_READ: Final = (400, 401, 403)
_FOUND: Final = (*_READ, 404)
_WRITE: Final = (*_READ, 413, 422, 503)


def _said(
    summary: str,
    answer: JsonObject,
    *parameters: JsonObject,
    errors: tuple[int, ...] = _READ,
    body: JsonObject | None = None,
    body_required: bool = True,
) -> JsonObject:
    said: JsonObject = {
        "summary": summary,
        "responses": {
            "200": _content("Success", answer),
            **{str(status): _content(_ERRORS[status], component("RegistryError")) for status in errors},
        },
    }
    if parameters:
        said["parameters"] = list(parameters)
    if body is not None:
        said["requestBody"] = {"required": body_required, "content": {"application/json": {"schema": body}}}
    return said


def _content(description: str, schema: JsonObject) -> JsonObject:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_MODEL: Final = component("RegistryModel")
_MESSAGE: Final = object_of({"message": STRING}, ["message"])
_ID: Final = path("model_id", "The key of the row if it is all digits, else the model's id, else its `model_name`.")
_SCOPE: Final = query(
    "scope", "Look in this scope only: `platform`, `organization`, `project`, `user`, or a scope's key."
)
_TYPE: Final = path("config_type", "The type of default.")
_COUNTS: Final[JsonObject] = {"type": "object", "additionalProperties": INTEGER}
_WORDS: Final = list_of(STRING)
_LISTED: Final = list_of(object_of({"id": STRING}, ["id"]))


def _limit(most: int, default: int) -> JsonObject:
    return query("limit", "Page size.", schema={**INTEGER, "minimum": 1, "maximum": most, "default": default})


CREATE: Final = _said("Register a model of one's own", _MODEL, errors=_WRITE, body=component("RegistryModelCreate"))
LIST: Final = _said(
    "List the models that the caller can call",
    list_of(_MODEL),
    query("skip", "How many to leave out.", schema={**INTEGER, "minimum": 0, "default": 0}),
    _limit(1000, 100),
    query("model_provider", "Only this provider."),
    query("category", "Only this category."),
    query("is_active", "Only active models, or only others.", schema={**BOOLEAN, "default": True}),
    errors=(*_READ, 422),
)
GET: Final = _said("Get a model", _MODEL, _ID, _SCOPE, errors=(*_FOUND, 422))
CHANGE: Final = _said(
    "Change a model: only the keys that the body has",
    _MODEL,
    _ID,
    _SCOPE,
    errors=(*_FOUND, 409, 413, 422, 503),
    body=component("RegistryModelUpdate"),
)
DELETE: Final = _said("Delete a model", _MESSAGE, _ID, _SCOPE, errors=(*_FOUND, 409, 422, 503))
CATEGORIES: Final = _said("The categories of the caller's models", object_of({"categories": _WORDS}, ["categories"]))
PROVIDERS: Final = _said("The providers of the caller's models", object_of({"providers": _WORDS}, ["providers"]))
ABILITIES: Final = _said("The abilities of the caller's models", object_of({"abilities": _WORDS}, ["abilities"]))
_SUMMARY: Final = {"total_models": INTEGER, "by_category": _COUNTS, "by_provider": _COUNTS}
SUMMARY: Final = _said("How many models of what the caller has", object_of(_SUMMARY, list(_SUMMARY)))

_PUBLIC_MODEL: Final = object_of(
    {
        "id": ROW,
        "model_id": STRING,
        "category": STRING,
        "model_provider": STRING,
        "model_name": STRING,
        "abilities": _WORDS,
        "description": TEXT,
        "temperature": or_null(NUMBER),
        "max_tokens": or_null(INTEGER),
        "dimension": or_null(INTEGER),
    }
)
PUBLIC_LIST: Final = {
    **_said(
        "Shared models of the organizations that publish theirs",
        object_of({"models": list_of(_PUBLIC_MODEL), "count": INTEGER}, ["models", "count"]),
        query("category", "Only this category."),
        query("provider", "Only this provider."),
        _limit(100, 50),
        errors=(422,),
    ),
    **_PUBLIC,
}
PUBLIC_CATEGORIES: Final = {
    **_said("The categories of public models", object_of({"categories": _WORDS}, ["categories"]), errors=()),
    **_PUBLIC,
}
PUBLIC_PROVIDERS: Final = {
    **_said("The providers of public models", object_of({"providers": _WORDS}, ["providers"]), errors=()),
    **_PUBLIC,
}
PUBLIC_SUMMARY: Final = {
    **_said(
        "How many public models of what there are",
        object_of({"total_models": INTEGER, "by_category": _COUNTS}, ["total_models", "by_category"]),
        errors=(),
    ),
    **_PUBLIC,
}

USER_DEFAULTS: Final = _said(
    "The caller's default models, with those of the admins where the caller has none",
    list_of(object_of({**DEFAULT_ROW, "model": _MODEL}, [*DEFAULT_ROW, "model"])),
    errors=(*_READ, 503),
)
SET_DEFAULT: Final = _said(
    "Make a model the caller's default for a type",
    component("RegistryDefault"),
    errors=(*_WRITE, 404),
    body=object_of({"model_id": ROW, "config_type": DEFAULT_ROW["config_type"]}, ["model_id", "config_type"]),
)
USER_DEFAULT: Final = _said(
    "The caller's own default of a type", or_null(component("RegistryDefault")), _TYPE, errors=(*_READ, 503)
)
CLEAR_DEFAULT: Final = _said("Delete the caller's default of a type", _MESSAGE, _TYPE, errors=(*_FOUND, 503))
DEFAULT: Final = _said(
    "The model that the caller would use for a type",
    or_null(_MODEL),
    path("model_provider", "A type, or `llm`; any other word means the general one."),
    errors=(*_READ, 503),
)

_UNSAVED: Final[JsonObject] = {
    "model_provider": STRING,
    "model_name": STRING,
    "category": {**STRING, "default": "llm"},
    "api_key": or_null(API_KEY),
    "base_url": TEXT,
    "temperature": or_null(NUMBER),
    "dimension": or_null(INTEGER),
    "abilities": or_null(_WORDS),
    "top_n": or_null(INTEGER),
    "instruct": TEXT,
}
TEST_CONNECTION: Final = _said(
    "Whether a model that is not registered yet would work",
    component("RegistryTest"),
    errors=(*_READ, 413, 422),
    body=object_of(_UNSAVED, ["model_provider", "model_name"]),
)
TEST: Final = _said(
    "Whether models work: some, or all that the caller sees",
    list_of(component("RegistryTest")),
    errors=(*_READ, 413, 422),
    body=object_of({"model_ids": or_null(_WORDS)}),
    body_required=False,
)
PROVIDER_MODELS: Final = _said(
    "The models that a provider lists",
    object_of({"provider": STRING, "models": _LISTED, "count": INTEGER}, ["provider", "models", "count"]),
    path("provider", "A provider's id or alias."),
    errors=(*_READ, 413, 422, 424, 429, 502, 503, 504),
    body=object_of({"api_key": API_KEY, "base_url": TEXT, "category": TEXT}, ["api_key"]),
)
FETCH: Final = _said(
    "The models that the providers of the caller's own models list",
    object_of(
        {
            "results": {
                "type": "object",
                "additionalProperties": object_of({"models": _LISTED, "count": INTEGER, "error": STRING}, ["models"]),
            }
        },
        ["results"],
    ),
    errors=(*_READ, 413, 422),
    body=list_of(STRING),
)

_SUPPORTED: Final = {"id": STRING, "name": STRING, "description": STRING, "requires_base_url": BOOLEAN}
_PROVIDER: Final = object_of({**_SUPPORTED, "default_base_url": STRING, "compatibility": STRING}, list(_SUPPORTED))
SUPPORTED: Final = {
    **_said(
        "The providers that Headgate knows", object_of({"providers": list_of(_PROVIDER)}, ["providers"]), errors=()
    ),
    **_PUBLIC,
}
_KIND: Final = {"type": STRING, "name": STRING, "description": STRING, "examples": _WORDS}
TYPES: Final = {
    **_said(
        "A few providers and models to begin with",
        object_of({"model_providers": list_of(object_of(_KIND, list(_KIND)))}, ["model_providers"]),
        errors=(),
    ),
    **_PUBLIC,
}
