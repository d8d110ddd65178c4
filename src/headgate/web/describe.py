"""The words with which routes describe themselves in the OpenAPI document.

Bodies are decoded by our own code, which says more than a schema when it refuses, so the schemas here are written by
hand; tests hold them against what the routes take and answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from headgate.core.errors import ContextUnknown, GatewayError, IdentityPending, NotAuthenticated, TwoCredentials
from headgate.core.json import JsonObject
from headgate.web.errors import ANSWERS

OBJECT: Final[JsonObject] = {"type": "object"}
STRING: Final[JsonObject] = {"type": "string"}
INTEGER: Final[JsonObject] = {"type": "integer"}
BOOLEAN: Final[JsonObject] = {"type": "boolean"}
TEXT: Final[JsonObject] = {"type": "string", "x-media-type": "text/plain"}

_OF_CALLERS: Final = (TwoCredentials, ContextUnknown, IdentityPending)
"""What besides a missing credential may be wrong with who asks, wherever that is asked."""

ERROR: Final[JsonObject] = {
    "type": "object",
    "required": ["error", "code", "message", "status"],
    "properties": {
        "error": {"type": "string", "description": "Stable name, in PascalCase."},
        "code": {"type": "string", "description": "Stable code, in capitals."},
        "message": {"type": "string", "description": "For people."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "details": {"description": "What is wrong where, usually a list of `{path, message}`."},
        "retryAfter": {"type": "integer", "description": "Seconds, with RATE_LIMITED."},
    },
}


def operation(
    summary: str,
    *,
    answer: JsonObject,
    parameters: Sequence[JsonObject] = (),
    body: JsonObject | None = None,
    errors: Sequence[type[GatewayError]] = (),
) -> JsonObject:
    """What OpenAPI says of one operation: its parameters, body, success and the errors that it can answer with."""
    described: JsonObject = {"summary": summary, "responses": {"200": _content("Success", answer), **_errors(errors)}}
    if parameters:
        described["parameters"] = list(parameters)
    if body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return described


def query(name: str, description: str, *, schema: JsonObject = STRING) -> JsonObject:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def path(name: str, description: str, *, schema: JsonObject = STRING) -> JsonObject:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def header(name: str, description: str) -> JsonObject:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": STRING}


def object_of(properties: Mapping[str, JsonObject], required: Sequence[str] = ()) -> JsonObject:
    described: JsonObject = {"type": "object", "properties": dict(properties)}
    if required:
        described["required"] = list(required)
    return described


def list_of(item: JsonObject) -> JsonObject:
    return {"type": "array", "items": item}


def component(name: str) -> JsonObject:
    """A reference to a schema that stands in the document's components."""
    return {"$ref": f"#/components/schemas/{name}"}


def _content(description: str, schema: JsonObject) -> JsonObject:
    media = schema.get("x-media-type", "application/json")
    shown = {key: value for key, value in schema.items() if key != "x-media-type"}
    return {"description": description, "content": {media: {"schema": shown}}}


def _errors(errors: Sequence[type[GatewayError]]) -> JsonObject:
    codes: dict[str, list[str]] = {}
    for error in (*errors, *(_OF_CALLERS if NotAuthenticated in errors else ())):
        answer = ANSWERS[error]
        codes.setdefault(str(answer.status), []).append(answer.code)
    return {status: _content(", ".join(dict.fromkeys(words)), component("Error")) for status, words in codes.items()}
