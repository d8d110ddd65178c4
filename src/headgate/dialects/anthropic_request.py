"""A chat request of OpenAI's format as a request of Anthropic's Messages API.

Source: OpenAI's API reference, Chat Completions; Anthropic's API reference, "Messages", and its pages on effort, on
structured outputs and on its own OpenAI compatibility.

Every field of the request is accounted for: translated, passed where Anthropic knows it by the same name, left out
where its value says what happens anyway, or refused by name. Nothing is left out that would change the answer. Which
values a model takes (newer ones refuse `temperature`, older ones `effort`) is left to the upstream, which says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from headgate.core.json import JSON_FAULTS, JsonObject
from headgate.dialects import anthropic_messages, anthropic_tools
from headgate.dialects.anthropic_messages import Block, inexpressible, refused
from headgate.dialects.openai import Fields, encode

MAX_TOKENS: Final = 4096
"""Anthropic asks for a limit; this is what counts where neither the caller nor the entry sets one."""

PASSED: Final = ("cache_control", "container", "diagnostics", "inference_geo", "speed", "thinking", "top_k")
"""Fields of Anthropic's request that a chat request may bear too."""

_HARMLESS: Final[Mapping[str, object]] = {
    "n": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logit_bias": {},
    "logprobs": False,
    "top_logprobs": 0,
    "store": False,
    "modalities": ["text"],
    "verbosity": "medium",
}
"""Fields without a counterpart, and the value of each that says what happens anyway."""

_ELSEWHERE: Final = frozenset(
    {"model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls"}
)

_Effort = Literal["none", "low", "medium", "high", "xhigh", "max"]
_Tier = Literal["auto", "default", "standard_only"]


class _Schema(msgspec.Struct, forbid_unknown_fields=True):
    schema: dict[str, msgspec.Raw]
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


class _Plain(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", tag="text"):
    pass


class _Structured(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", tag="json_schema"):
    json_schema: _Schema


class _Metadata(msgspec.Struct, forbid_unknown_fields=True):
    user_id: str | None = None


class _StreamOptions(msgspec.Struct, forbid_unknown_fields=True):
    include_usage: bool | None = None
    include_obfuscation: Literal[False] | None = None


def _limit(value: int, body: Block) -> None:
    if value < 1:
        raise inexpressible("max_tokens", f"it is {value}, and would have to be 1 or more")
    if body.setdefault("max_tokens", value) != value:
        raise inexpressible("max_tokens", "it differs from 'max_completion_tokens', and there is one limit only")


def _temperature(value: float, body: Block) -> None:
    if not 0 <= value <= 1:
        raise inexpressible("temperature", f"it is {value}, and would have to be from 0 to 1")
    # 1 is what happens anyway, and newer models refuse the very word.
    if value != 1:
        body["temperature"] = value


def _top_p(value: float, body: Block) -> None:
    if not 0 <= value <= 1:
        raise inexpressible("top_p", f"it is {value}, and would have to be from 0 to 1")
    if value != 1:
        body["top_p"] = value


def _stop(value: str | list[str], body: Block) -> None:
    body["stop_sequences"] = [value] if isinstance(value, str) else value


def _user(value: str, body: Block) -> None:
    if body.setdefault("metadata", {"user_id": value}) != {"user_id": value}:
        raise inexpressible("user", "it differs from 'safety_identifier' or 'metadata', and there is one user only")


def _metadata(value: _Metadata, body: Block) -> None:
    if value.user_id is not None:
        _user(value.user_id, body)


def _effort(value: _Effort, body: Block) -> None:
    if value == "none":
        body.setdefault("thinking", {"type": "disabled"})
        return
    # A caller that speaks of thinking in Anthropic's own words has the last one.
    body.setdefault("thinking", {"type": "adaptive"})
    body.setdefault("output_config", {})["effort"] = value


def _response_format(value: _Plain | _Structured, body: Block) -> None:
    if isinstance(value, _Plain):
        return
    given = value.json_schema
    schema: dict[str, object] = dict(given.schema)
    if given.description is not None:
        schema.setdefault("description", given.description)
    body.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": schema}


def _tier(value: _Tier, body: Block) -> None:
    body["service_tier"] = "auto" if value == "auto" else "standard_only"


_Translator = tuple[Callable[[bytes | msgspec.Raw], object], Callable[..., None]]

_TRANSLATED: Final[Mapping[str, _Translator]] = {
    "max_completion_tokens": (msgspec.json.Decoder(int).decode, _limit),
    "max_tokens": (msgspec.json.Decoder(int).decode, _limit),
    "temperature": (msgspec.json.Decoder(float).decode, _temperature),
    "top_p": (msgspec.json.Decoder(float).decode, _top_p),
    "stop": (msgspec.json.Decoder(str | list[str]).decode, _stop),
    "user": (msgspec.json.Decoder(str).decode, _user),
    "safety_identifier": (msgspec.json.Decoder(str).decode, _user),
    "metadata": (msgspec.json.Decoder(_Metadata).decode, _metadata),
    "reasoning_effort": (msgspec.json.Decoder(_Effort).decode, _effort),
    "response_format": (msgspec.json.Decoder(_Plain | _Structured).decode, _response_format),
    "service_tier": (msgspec.json.Decoder(_Tier).decode, _tier),
}
_ACCEPTED: Final[Mapping[str, str]] = {
    "response_format": "; 'text' and 'json_schema' would be accepted",
    "reasoning_effort": "; 'none', 'low', 'medium', 'high', 'xhigh' and 'max' would be accepted",
    "functions": "; 'tools' would be accepted",
    "function_call": "; 'tool_choice' would be accepted",
}

_stream_options = msgspec.json.Decoder(_StreamOptions | None).decode
_value = msgspec.json.Decoder().decode


def body_of(fields: Fields, *, model: msgspec.Raw, stream: bool, defaults: Mapping[str, object]) -> bytes:
    """The body for Anthropic; InvalidBody if its format cannot say what the request says."""
    fields = {name: raw for name, raw in _with_defaults(fields, defaults).items() if bytes(raw) != b"null"}
    _check_stream_options(fields)
    system, turns = anthropic_messages.translate(fields.get("messages", msgspec.Raw(b"null")))
    body: JsonObject = {"model": model, **{name: fields[name] for name in PASSED if name in fields}}
    for name, raw in fields.items():
        if name not in _ELSEWHERE and name not in PASSED:
            _say(name, raw, body)
    body.setdefault("max_tokens", MAX_TOKENS)
    if system:
        body["system"] = system
    body["messages"] = turns
    body.update(anthropic_tools.translate(fields))
    if stream:
        body["stream"] = True
    return encode(body)


def _with_defaults(fields: Fields, defaults: Mapping[str, object]) -> Fields:
    filled = fields.copy()
    for name, value in defaults.items():
        if name not in fields and not (name == "max_tokens" and "max_completion_tokens" in fields):
            filled[name] = msgspec.Raw(encode(value))
    return filled


def _say(name: str, raw: msgspec.Raw, body: JsonObject) -> None:
    """One field of the request, in the body."""
    translator = _TRANSLATED.get(name)
    if translator is None:
        _leave_out(name, raw)
        return
    decode, say = translator
    try:
        value = decode(raw)
    except JSON_FAULTS as error:
        raise refused(name, error, accepted=_ACCEPTED.get(name, "")) from error
    say(value, body)


def _leave_out(name: str, raw: msgspec.Raw) -> None:
    """Refuse a field that has no counterpart, unless its value says what happens anyway."""
    if name not in _HARMLESS:
        raise inexpressible(name, f"there is no such field{_ACCEPTED.get(name, '')}")
    harmless = _HARMLESS[name]
    try:
        value = _value(raw)
    except JSON_FAULTS as error:
        raise refused(name, error) from error
    # In Python, true equals 1.
    if value != harmless or isinstance(value, bool) is not isinstance(harmless, bool):
        raise inexpressible(name, f"it is refused but for {encode(harmless).decode()}, which says what happens anyway")


def _check_stream_options(fields: Fields) -> None:
    """Whether the caller sees usage is our own affair; of the other options there is none."""
    try:
        _stream_options(fields.get("stream_options", msgspec.Raw(b"null")))
    except msgspec.MsgspecError as error:
        raise refused("stream_options", error) from error
