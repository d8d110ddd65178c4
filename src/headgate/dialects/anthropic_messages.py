"""The messages of a chat request as turns of Anthropic's Messages API.

Source: OpenAI's API reference, Chat Completions, "messages"; Anthropic's API reference, "Messages", and its pages on
vision, on tool use, on extended thinking and on mid-conversation system messages.

What either side has and the other has not decides the shape:

- System and developer messages before the first turn become `system`. A later one stays where it is, as a message of
  the role `system`: moved to the front it would say something else. Models that take none there refuse it in their own
  words.
- Turns alternate, so messages of one side in a row are one turn: the results of several tool calls, above all.
- Empty text says nothing and Anthropic refuses it: it is left out, and so is a message that has nothing else.
- A thinking block comes back only with its signature, so `thinking_blocks` are sent, and `reasoning_content`, the same
  text without one, is not. An answer's `annotations` say nothing to a model either.
- Any other member or part that has no counterpart is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from headgate.core.errors import InvalidBody, detail
from headgate.core.json import JSON_FAULTS, Json

Block: TypeAlias = dict[str, Json]
"""One content block as Anthropic writes it."""

IMAGES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
_DATA_URL: Final = re.compile(r"data:(?P<type>[\w.+/-]+)(?:;[\w=.+-]+)*;base64,(?P<data>[A-Za-z0-9+/=]+)", re.ASCII)
_ABSENT: Final = msgspec.Raw(b"")

_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


# Parts


class _Strict(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An object of a request in which every member has a meaning."""


class _Text(_Strict, tag_field="type", tag="text"):
    text: str
    cache_control: msgspec.Raw = _ABSENT


class _Refusal(_Strict, tag_field="type", tag="refusal"):
    refusal: str


class _ImageUrl(_Strict):
    url: str
    detail: Literal["auto", "high"] | None = None
    """`low`, a cheaper look at the image, is not to be had."""


class _Image(_Strict, tag_field="type", tag="image_url"):
    image_url: _ImageUrl
    cache_control: msgspec.Raw = _ABSENT


class _FileData(_Strict):
    file_data: str
    filename: str | None = None


class _File(_Strict, tag_field="type", tag="file"):
    file: _FileData
    cache_control: msgspec.Raw = _ABSENT


class _Function(_Strict):
    name: str
    arguments: str


class _ToolCall(_Strict):
    id: str
    function: _Function
    type: Literal["function"] = "function"
    index: int | None = None


class _Thinking(_Strict, tag_field="type", tag="thinking"):
    thinking: str
    signature: str


class _RedactedThinking(_Strict, tag_field="type", tag="redacted_thinking"):
    data: str


# Messages


class _System(_Strict, tag_field="role", tag="system"):
    content: str | list[_Text]


class _Developer(_Strict, tag_field="role", tag="developer"):
    content: str | list[_Text]


class _User(_Strict, tag_field="role", tag="user"):
    content: str | list[_Text | _Image | _File]


class _Assistant(_Strict, tag_field="role", tag="assistant"):
    content: str | list[_Text | _Refusal] | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None
    thinking_blocks: list[_Thinking | _RedactedThinking] | None = None
    reasoning_content: str | None = None
    annotations: list[msgspec.Raw] | None = None
    audio: None = None
    function_call: None = None


class _Tool(_Strict, tag_field="role", tag="tool"):
    tool_call_id: str
    content: str | list[_Text | _Image]
    name: str | None = None
    """Of the function that was called, which the call names already."""


_Message: TypeAlias = _System | _Developer | _User | _Assistant | _Tool
_messages = msgspec.json.Decoder(list[_Message]).decode


def translate(raw: msgspec.Raw) -> tuple[list[Block], list[Block]]:
    """The blocks of `system`, and the turns. InvalidBody for what cannot be said."""
    try:
        messages = _messages(raw)
    except JSON_FAULTS as error:
        raise refused("messages", error) from error
    system: list[Block] = []
    turns: list[Block] = []
    for index, message in enumerate(messages):
        role, blocks = _turn(message, f"messages[{index}]")
        if role == "system" and not turns:
            system += blocks
        elif blocks and turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    if not turns:
        raise InvalidBody(
            "'messages' needs a message that is not empty and neither 'system' nor 'developer'",
            details=[detail("messages", "at least one message of a user")],
        )
    return system, turns


def _turn(message: _Message, path: str) -> tuple[str, list[Block]]:
    match message:
        case _System() | _Developer():
            return "system", _blocks(message.content, path)
        case _User():
            return "user", _blocks(message.content, path)
        case _Assistant():
            return "assistant", _said(message, path)
        case _Tool():
            result: Block = {"type": "tool_result", "tool_use_id": message.tool_call_id}
            if blocks := _blocks(message.content, path):
                result["content"] = blocks
            return "user", [result]


def _said(message: _Assistant, path: str) -> list[Block]:
    """What the model said before: thinking first, as it came, then text, then the calls of tools."""
    blocks: list[Block] = [msgspec.to_builtins(block) for block in message.thinking_blocks or ()]
    if message.content is not None:
        blocks += _blocks(message.content, path)
    if message.refusal:
        blocks.append({"type": "text", "text": message.refusal})
    for index, call in enumerate(message.tool_calls or ()):
        arguments = _arguments(call.function.arguments, f"{path}.tool_calls[{index}].function.arguments")
        blocks.append({"type": "tool_use", "id": call.id, "name": call.function.name, "input": arguments})
    return blocks


def _arguments(text: str, path: str) -> msgspec.Raw:
    if not text.strip():
        return msgspec.Raw(b"{}")
    data = text.encode()
    try:
        _object(data)
    except JSON_FAULTS as error:
        raise InvalidBody(
            f"{path!r} is a JSON object as a string: {error}", details=[detail(path, "a JSON object as a string")]
        ) from error
    return msgspec.Raw(data)


_Part: TypeAlias = _Text | _Refusal | _Image | _File


def _blocks(content: str | Sequence[_Part], path: str) -> list[Block]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    blocks = []
    for index, part in enumerate(content):
        block = _block(part, f"{path}.content[{index}]")
        if block.get("text") == "":
            continue
        cached = getattr(part, "cache_control", _ABSENT)
        if cached is not _ABSENT:
            block["cache_control"] = cached
        blocks.append(block)
    return blocks


def _block(part: _Part, path: str) -> Block:
    match part:
        case _Text():
            return {"type": "text", "text": part.text}
        case _Refusal():
            return {"type": "text", "text": part.refusal}
        case _Image():
            return {"type": "image", "source": _image_source(part.image_url.url, f"{path}.image_url.url")}
        case _File():
            return _document(part.file, f"{path}.file.file_data")


def _image_source(url: str, path: str) -> Block:
    if url.startswith(("https://", "http://")):
        return {"type": "url", "url": url}
    found = _DATA_URL.fullmatch(url)
    media = found["type"].lower().replace("image/jpg", "image/jpeg") if found is not None else ""
    if found is None or media not in IMAGES:
        accepted = f"an http or https URL, or a base64 data URL of {', '.join(IMAGES)}"
        raise InvalidBody(f"{path!r} is {accepted}; it is {url[:40]!r}", details=[detail(path, accepted)])
    return {"type": "base64", "media_type": media, "data": found["data"]}


def _document(file: _FileData, path: str) -> Block:
    found = _DATA_URL.fullmatch(file.file_data)
    if found is None or found["type"] != "application/pdf":
        accepted = "a base64 data URL of application/pdf"
        raise InvalidBody(f"{path!r} is {accepted}; it is {file.file_data[:40]!r}", details=[detail(path, accepted)])
    source = {"type": "base64", "media_type": "application/pdf", "data": found["data"]}
    block: Block = {"type": "document", "source": source}
    return {**block, "title": file.filename} if file.filename else block


def refused(name: str, error: Exception, *, accepted: str = "") -> InvalidBody:
    """The refusal of a field that does not read as what Anthropic's format can express."""
    reason, _, where = str(error).partition(" - at `$")
    if where.endswith(".role`"):
        accepted = "; 'system', 'developer', 'user', 'assistant' and 'tool' would be accepted"
    reason += accepted
    return inexpressible(name + where.removesuffix("`"), reason[:1].lower() + reason[1:])


def inexpressible(path: str, reason: str) -> InvalidBody:
    return InvalidBody(
        f"{path!r} cannot be sent to this model, which is called in Anthropic's format: {reason}",
        details=[detail(path, reason)],
    )
