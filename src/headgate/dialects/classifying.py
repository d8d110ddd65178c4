"""Asking a chat model which model fits a request: the request that asks, and how its answer is read."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.core.json import JSON_FAULTS, Json, JsonObject, encode
from headgate.dialects.openai_chat import ChatRequest

MAX_TOKENS: Final = 64
"""What the answer may take: it is one name."""
WORDS_LIMIT: Final = 4_000
"""Characters of the request that the question quotes."""


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Completion(msgspec.Struct):
    choices: list[_Choice]


_completion = msgspec.json.Decoder(_Completion).decode
_messages = msgspec.json.Decoder(list[JsonObject]).decode


def asked(question: str, *, dialect: str) -> ChatRequest:
    """A request that puts one question to a model of that dialect."""
    body: JsonObject = {"messages": [{"role": "user", "content": question}], "max_tokens": MAX_TOKENS}
    # Newer models of Anthropic's refuse the very word, and would never be understood.
    if dialect != "anthropic":
        body["temperature"] = 0
    return ChatRequest(encode(body))


def answered(body: bytes) -> str:
    """What the model said, "" if the answer to `asked` says nothing."""
    try:
        return _completion(body).choices[0].message.content or ""
    except (*JSON_FAULTS, LookupError):
        return ""


def last_words(request: ChatRequest) -> str:
    """The text that the user said last, of a long one the end; "" if there is none."""
    try:
        messages = _messages(request.fields["messages"])
    except (*JSON_FAULTS, KeyError):
        return ""
    said = next((each.get("content") for each in reversed(messages) if each.get("role") == "user"), None)
    return _text(said)[-WORDS_LIMIT:]


def _text(content: Json) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))
