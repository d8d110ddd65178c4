"""A whole answer of Anthropic's Messages API as a chat completion of OpenAI's format.

Source: Anthropic's API reference, "Messages" and "Handling stop reasons"; OpenAI's API reference, "The chat completion
object". Thinking is told as `reasoning_content`, the name that OpenAI-compatible servers use, and once more as
`thinking_blocks` with its signature, so that a caller can send it back with the results of tools.
"""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.core.failure import Failure
from headgate.core.json import JsonObject
from headgate.dialects.anthropic import (
    CREATED,
    StopDetails,
    buckets,
    finish_reason,
    malformed,
    read_reported,
    reported_error,
    usage_object,
)
from headgate.dialects.counting import tokens_of
from headgate.dialects.exchange import Extra
from headgate.dialects.openai import encode
from headgate.dialects.openai_chat import ChatRequest

_ABSENT: Final = msgspec.Raw(b"")
_NOTHING: Final = msgspec.Raw(b"{}")


class Block(msgspec.Struct, gc=False):
    """A content block of an answer. Types that a chat completion has no place for are read and left."""

    type: str
    text: str = ""
    thinking: str = ""
    signature: str = ""
    data: str = ""
    id: str = ""
    name: str = ""
    input: msgspec.Raw = _NOTHING


class _Message(msgspec.Struct, gc=False):
    type: str = ""
    id: str = ""
    content: list[Block] | None = None
    stop_reason: str | None = None
    stop_details: StopDetails | None = None
    usage: msgspec.Raw = _ABSENT


_message = msgspec.json.Decoder(_Message).decode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def whole_answer(body: bytes, json_name: msgspec.Raw, *, request: ChatRequest, extra: Extra) -> bytes | Failure:
    """A whole answer as the caller gets it; a failure if the body is not one, or says that it failed."""
    try:
        message = _message(body)
        if message.type == "error":
            return reported_error(body)
        if message.content is None:
            return malformed("the upstream's answer has no content")
        told = _told(message.content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return malformed(f"the upstream's answer is not a message: {error}")
    reported = read_reported(message.usage)
    usage = buckets(reported) if reported is not None else None
    if usage is None:
        usage = request.estimate(tokens_of(sum(_said(block) for block in message.content)))
    if message.stop_details is not None and message.stop_reason == "refusal":
        told["refusal"] = message.stop_details.explanation
    choice = {"index": 0, "message": told, "logprobs": None, "finish_reason": finish_reason(message.stop_reason)}
    return encode(
        {
            "id": message.id,
            "object": "chat.completion",
            "created": CREATED,
            "model": json_name,
            "choices": [choice],
            "usage": usage_object(usage, extra(usage)),
        }
    )


def _told(blocks: list[Block]) -> JsonObject:
    texts = [block.text for block in blocks if block.type == "text"]
    calls = [_call(block) for block in blocks if block.type == "tool_use"]
    thinking = [block for block in blocks if block.type in ("thinking", "redacted_thinking")]
    told: JsonObject = {
        "role": "assistant",
        "content": "".join(texts) if texts or not calls else None,
        "refusal": None,
    }
    if calls:
        told["tool_calls"] = calls
    if thinking:
        told["reasoning_content"] = "".join(block.thinking for block in thinking)
        told["thinking_blocks"] = [thinking_block(block) for block in thinking]
    return told


def _said(block: Block) -> int:
    """How many bytes, near enough, of the model's own are in a block."""
    own = len(bytes(block.input)) if block.type.endswith("tool_use") else 0
    return len(block.text) + len(block.thinking) + own


def _call(block: Block) -> JsonObject:
    return {"id": block.id, "type": "function", "function": {"name": block.name, "arguments": arguments(block.input)}}


def arguments(given: msgspec.Raw) -> str:
    """The input of a tool as OpenAI writes it, a string; ValidationError, UnicodeDecodeError if it is no object."""
    _object(given)
    return bytes(given).decode()


def thinking_block(block: Block) -> JsonObject:
    """A thinking block as it must come back."""
    if block.type == "redacted_thinking":
        return {"type": block.type, "data": block.data}
    return {"type": block.type, "thinking": block.thinking, "signature": block.signature}
