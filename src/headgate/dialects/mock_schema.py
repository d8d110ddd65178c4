"""A value that fits a JSON Schema, for imitated tool calls.

It fits the common part of schemas and never fails. A schema may refer to itself, so depth and size are bounded:
beyond them everything is an empty object.
"""

from __future__ import annotations

from typing import Final

from headgate.core.json import Json, JsonObject

_DEPTH: Final = 8
_VALUES: Final = 1000


def example(schema: Json) -> JsonObject:
    """An object for a schema. A schema that describes no object gives an empty one."""
    value = _Example(schema).value(schema, _DEPTH)
    return value if isinstance(value, dict) else {}


class _Example:
    def __init__(self, root: Json) -> None:
        self._root = root
        self._left = _VALUES

    def value(self, schema: Json, depth: int) -> Json:
        self._left -= 1
        if not isinstance(schema, dict) or not depth or self._left < 0:
            return {}
        if "const" in schema:
            return schema["const"]
        for listed in ("enum", "examples"):
            values = schema.get(listed)
            if isinstance(values, list) and values:
                return values[0]
        if "default" in schema:
            return schema["default"]
        inner = self._inner(schema)
        return self._typed(schema, depth) if inner is None else self.value(inner, depth - 1)

    def _inner(self, schema: JsonObject) -> Json:
        """The schema that stands in for this one: the target of a reference, or the first alternative."""
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._target(reference)
        for alternatives in ("anyOf", "oneOf", "allOf"):
            listed = schema.get(alternatives)
            if isinstance(listed, list) and listed:
                return listed[0]
        return None

    def _target(self, reference: str) -> Json:
        target = self._root
        for step in reference.split("/")[1:]:
            target = target.get(step) if isinstance(target, dict) else None
        return target

    def _typed(self, schema: JsonObject, depth: int) -> Json:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = kind[0] if kind else None
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
                return [self.value(schema["items"], depth - 1)] if "items" in schema else []
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            return {}
        return {name: self.value(inner, depth - 1) for name, inner in properties.items()}
