"""A chat request, translated for Anthropic and checked against the types of its own package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from pydantic import TypeAdapter

from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.upstream import Route
from headgate.core.usage import Usage
from headgate.dialects.anthropic_chat import ChatOverAnthropic
from headgate.dialects.openai_chat import ChatRequest

MINE: Final = msgspec.Raw(b'"mine"')
CODEC: Final = ChatOverAnthropic()
HELLO: Final = [{"role": "user", "content": "Hello"}]

_WHOLE: Final[TypeAdapter[Any]] = TypeAdapter(MessageCreateParamsNonStreaming)
_STREAMED: Final[TypeAdapter[Any]] = TypeAdapter(MessageCreateParamsStreaming)


def extra(usage: Usage) -> bytes:
    return b'"cost":%d' % (usage.prompt + usage.completion)


def route() -> Route:
    provider = BUNDLED.find("anthropic")
    assert provider is not None
    path = f"/v1{provider.chat_path}"
    return Route(
        provider=provider,
        model="claude-up",
        url=None,
        api_version="",
        chat_path=path,
        json_model=msgspec.Raw(b'"claude-up"'),
    )


def chat(fields: Mapping[str, object] | None = None) -> ChatRequest:
    return ChatRequest(json.dumps({"model": "m", "messages": HELLO, **(fields or {})}).encode())


def sent(fields: Mapping[str, object] | None = None, defaults: Mapping[str, object] | None = None) -> dict[str, Any]:
    """The body that goes to Anthropic, which its own types accept; InvalidBody."""
    body: dict[str, Any] = json.loads(CODEC.outbound(chat(fields), route(), defaults or {}))
    _exhaust((_STREAMED if body.get("stream") else _WHOLE).validate_python(body))
    return body


def turns(*messages: Mapping[str, object]) -> list[dict[str, Any]]:
    """The turns that messages become."""
    body = sent({"messages": list(messages)})
    return list(body["messages"])


def _exhaust(value: object) -> None:
    """Look at every part: pydantic checks an iterable while it is read."""
    if isinstance(value, Mapping):
        for part in value.values():
            _exhaust(part)
    elif isinstance(value, list) or (isinstance(value, Iterator) and not isinstance(value, str)):
        for part in value:
            _exhaust(part)
