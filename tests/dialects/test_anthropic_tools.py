"""The tools of a chat request as Anthropic's Messages API takes them."""

from __future__ import annotations

import json

import pytest

from headgate.core.errors import InvalidBody
from tests.dialects.messages import sent

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "number", "maximum": 1.5}}, "additionalProperties": False}


def test_a_tool_is_told_with_its_schema_unchanged() -> None:
    function = {"name": "f", "description": "what it does", "parameters": SCHEMA, "strict": True}

    [tool] = sent({"tools": [{"type": "function", "function": function}]})["tools"]

    assert tool == {"name": "f", "description": "what it does", "input_schema": SCHEMA, "strict": True}


@pytest.mark.parametrize(
    ("parameters", "schema"),
    [
        (None, {"type": "object", "properties": {}}),
        ({}, {"type": "object", "properties": {}}),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
    ],
)
def test_a_tool_without_a_whole_schema_takes_an_object(parameters: object, schema: object) -> None:
    [tool] = sent({"tools": [{"type": "function", "function": {"name": "f", "parameters": parameters}}]})["tools"]

    assert tool == {"name": "f", "input_schema": schema}


@pytest.mark.parametrize(
    ("fields", "choice"),
    [
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, {"type": "tool", "name": "f"}),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        (
            {"parallel_tool_calls": False, "tool_choice": "required"},
            {"type": "any", "disable_parallel_tool_use": True},
        ),
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
        ({"parallel_tool_calls": True}, None),
        ({}, None),
    ],
)
def test_the_choice_among_tools_is_translated(fields: dict[str, object], choice: object) -> None:
    assert sent({"tools": [TOOL], **fields}).get("tool_choice") == choice


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "custom", "custom": {"name": "f"}}]},
        {"tools": [{"type": "function", "function": {"name": "f", "examples": []}}]},
        {"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "allowed_tools": {}}},
        {"tools": [TOOL], "parallel_tool_calls": "no"},
    ],
    ids=json.dumps,
)
def test_tools_of_other_kinds_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidBody):
        sent(fields)
