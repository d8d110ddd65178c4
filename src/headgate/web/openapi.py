"""The OpenAPI document of the management APIs.

It is made when Headgate is built (`python -m tools.openapi`), not when it starts or is asked, and a test holds the
file against the routes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from headgate.core.json import Json, JsonObject
from headgate.web.admin_api.price_bodies import SCHEMAS as PRICES
from headgate.web.assets_api.described import SCHEMAS as ASSETS
from headgate.web.catalogue_api.described import SCHEMAS
from headgate.web.describe import ERROR
from headgate.web.registry_api.schemas import SCHEMAS as REGISTRY

FILE: Final = Path(__file__).with_name("openapi.json")

_DESCRIPTION: Final = (
    "The catalogue API, on the mount `/v1` and unchanged for clients of the published API below "
    "`/v2/workspaces/slug:llm-gateway/webhooks/v1`; the registry API below `/api/models`; the assets API below "
    "`/assets/models`; Headgate's own management below `/admin/v1`. "
    "Errors are flat: `error`, `code`, `message` and `status` always, `details` and `retryAfter` where they apply; "
    'the assets API has the platform\'s envelope, the registry API `{"detail": ...}`. '
    "Every answer carries `x-request-id`."
)
_SECURITY: Final[JsonObject] = {
    "BearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token (`at:`), a session token, or an organization key (`iak_`).",
    },
    "OrgApiKeyAuth": {
        "type": "apiKey",
        "in": "header",
        "name": "x-prismeai-api-key",
        "description": "An organization key. `x-api-key`, `api-key` and `x-goog-api-key` carry it as well.",
    },
}


def document(app: FastAPI) -> JsonObject:
    """What the routes of an application say of themselves."""
    made: JsonObject = get_openapi(
        title=app.title, version=app.version, description=_DESCRIPTION, routes=list(app.routes)
    )
    made["components"] = {
        "schemas": {"Error": ERROR, **SCHEMAS, **PRICES, **ASSETS, **REGISTRY},
        "securitySchemes": _SECURITY,
    }
    made["security"] = [{name: []} for name in _SECURITY]
    for operations in made["paths"].values():
        for operation in operations.values():
            _without_framework_words(operation)
    return made


def _without_framework_words(operation: JsonObject) -> None:
    """Leave out what the framework adds about validation that it does not do here."""
    responses: JsonObject = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    operation["responses"] = dict(sorted(responses.items()))
    answer: Json = responses.get("200", {})
    content = answer.get("content", {})
    if len(content) > 1 and content.get("application/json", {}).get("schema") == {}:
        del content["application/json"]
