"""The tools of a chat request, and the choice among them, as Anthropic's Messages API takes them.

Source: OpenAI's API reference, Chat Completions, "tools", "tool_choice", "parallel_tool_calls"; Anthropic's API
reference, "Messages", and its pages on defining tools and on strict tool use.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from headgate.core.json import JSON_FAULTS
from headgate.dialects.anthropic_messages import Block, inexpressible, refused
from headgate.dialects.openai import Fields

_ABSENT: Final = msgspec.Raw(b"")
_NO_PARAMETERS: Final = msgspec.Raw(b'{"type":"object","properties":{}}')
_OBJECT: Final = msgspec.Raw(b'"object"')


class _Function(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    description: str | None = None
    parameters: dict[str, msgspec.Raw] | None = None
    strict: bool | None = None


class _Tool(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["function"]
    function: _Function
    cache_control: msgspec.Raw = _ABSENT


class _Named(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class _Choice(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["function"]
    function: _Named


_tools = msgspec.json.Decoder(list[_Tool] | None).decode
_choice = msgspec.json.Decoder(Literal["none", "auto", "required"] | _Choice | None).decode
_boolean = msgspec.json.Decoder(bool | None).decode
_NULL: Final = msgspec.Raw(b"null")


def translate(fields: Fields) -> Block:
    """The members `tools` and `tool_choice` of the request, as far as there are any. InvalidBody as ever."""
    try:
        tools = _tools(fields.get("tools", _NULL))
    except JSON_FAULTS as error:
        raise refused("tools", error) from error
    choice = _chosen(fields)
    try:
        parallel = _boolean(fields.get("parallel_tool_calls", _NULL))
    except msgspec.MsgspecError as error:
        raise refused("parallel_tool_calls", error) from error
    if not tools:
        # Without tools none can be called, and that is what these say.
        if choice is not None and choice["type"] not in ("none", "auto"):
            raise inexpressible("tool_choice", "it asks for a tool, and 'tools' has none")
        return {}
    if parallel is False and (choice is None or choice["type"] != "none"):
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    said: Block = {"tools": [_tool(tool) for tool in tools]}
    return said if choice is None else {**said, "tool_choice": choice}


def _tool(tool: _Tool) -> Block:
    function = tool.function
    said: Block = {"name": function.name, "input_schema": _NO_PARAMETERS}
    if function.parameters:
        said["input_schema"] = {"type": _OBJECT, **function.parameters}
    if function.description is not None:
        said["description"] = function.description
    if function.strict:
        said["strict"] = True
    if tool.cache_control is not _ABSENT:
        said["cache_control"] = tool.cache_control
    return said


def _chosen(fields: Fields) -> Block | None:
    try:
        choice = _choice(fields.get("tool_choice", _NULL))
    except JSON_FAULTS as error:
        raise refused("tool_choice", error) from error
    if choice is None:
        return None
    if isinstance(choice, _Choice):
        return {"type": "tool", "name": choice.function.name}
    return {"type": "any" if choice == "required" else choice}
