"""A value that fits a JSON Schema, for imitated tool calls. Fits the common part of schemas; never fails."""

from __future__ import annotations

from typing import Final

from headgate.core.json import Json, JsonObject

_DEPTH: Final = 8


def example(schema: Json) -> JsonObject:
    """An object for a schema. A schema that describes no object gives an empty one."""
    value = _value(schema, schema, _DEPTH)
    return value if isinstance(value, dict) else {}


def _value(schema: Json, root: Json, depth: int) -> Json:
    if not isinstance(schema, dict) or not depth:
        return {}
    if "const" in schema:
        return schema["const"]
    for listed in ("enum", "examples"):
        values = schema.get(listed)
        if isinstance(values, list) and values:
            return values[0]
    if "default" in schema:
        return schema["default"]
    inner = _inner(schema, root)
    if inner is not None:
        return _value(inner, root, depth - 1)
    return _typed(schema, root, depth)


def _inner(schema: JsonObject, root: Json) -> Json:
    """The schema that stands in for this one: the target of a reference, or the first alternative."""
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        target = root
        for step in reference[2:].split("/"):
            target = target.get(step) if isinstance(target, dict) else None
        return target
    for alternatives in ("anyOf", "oneOf", "allOf"):
        listed = schema.get(alternatives)
        if isinstance(listed, list) and listed:
            return listed[0]
    return None


def _typed(schema: JsonObject, root: Json, depth: int) -> Json:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0] if kind else None
    properties = schema.get("properties")
    match kind:
        case "string":
            return "text"
        case "integer" | "number":
            least = schema.get("minimum")
            return least if isinstance(least, int | float) else 1
        case "boolean":
            return True
        case "null":
            return None
        case "array":
            return [_value(schema["items"], root, depth - 1)] if "items" in schema else []
    if not isinstance(properties, dict):
        return {}
    return {name: _value(inner, root, depth - 1) for name, inner in properties.items()}
