"""The bytes of the origin's answers, in the formats of OpenAI and of Anthropic.

Sources: OpenAI's API reference, "The chat completion object" and "The chat completion chunk object"; Anthropic's API
reference, "Messages" and "Streaming messages". Both count parts inside their totals and beside them in ways of their
own: here the totals are put together from disjoint buckets, so that what is read from them can be held against those.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from tests.money.cases import ANTHROPIC, PIECE, Used, upstream
from tests.money.tariff import OUTPUT, PROMPT
from tests.origin.script import answer, chunk

Document = Mapping[str, object]

_TEXT: Final = PIECE.decode()
_DONE: Final = b"data: [DONE]\n\n"
_STATUSES: Final = {429: "rate_limit_error", 500: "server_error", 503: "server_error", 529: "overloaded_error"}
_encode = msgspec.json.encode


def refusal(status: int) -> bytes:
    error = {"type": _STATUSES[status], "message": "not now", "code": None}
    return answer(_encode({"type": "error", "error": error}), status=status)


# Usage


def usage_of(model: int, used: Used) -> Document:
    return _of_anthropic(used) if model in ANTHROPIC else _of_openai(used)


def _of_openai(used: Used) -> Document:
    count = used.buckets.get
    prompt, completion = sum(count(name, 0) for name in PROMPT), sum(count(name, 0) for name in OUTPUT)
    inward = {
        "cached_tokens": count("cached_input"),
        "cache_write_tokens": count("cache_write"),
        "audio_tokens": count("audio_input"),
        "image_tokens": count("image_input"),
    }
    outward = {"reasoning_tokens": count("reasoning"), "audio_tokens": count("audio_output")}
    told: dict[str, object] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    for name, details in (("prompt_tokens_details", inward), ("completion_tokens_details", outward)):
        if said := {each: value for each, value in details.items() if value is not None}:
            told[name] = said
    return told


def _of_anthropic(used: Used) -> Document:
    return {**_begun(used), **_counted(used), "service_tier": used.tier}


def _begun(used: Used) -> Document:
    """What is known when a message begins: what went in."""
    count = used.buckets.get
    short, long = count("cache_write", 0), count("cache_write_1h", 0)
    told: dict[str, object] = {
        "input_tokens": count("input", 0),
        "cache_read_input_tokens": count("cached_input", 0),
        "cache_creation_input_tokens": short + long,
        "output_tokens": 1,
        "service_tier": used.tier,
    }
    if "cache_write_1h" in used.buckets:
        told["cache_creation"] = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}
    return told


def _counted(used: Used) -> Document:
    """What is told when it ends; the figures are cumulative."""
    count = used.buckets.get
    told: dict[str, object] = {
        "input_tokens": count("input", 0),
        "cache_read_input_tokens": count("cached_input", 0),
        "cache_creation_input_tokens": count("cache_write", 0) + count("cache_write_1h", 0),
        "output_tokens": count("output", 0) + count("reasoning", 0),
    }
    if "reasoning" in used.buckets:
        told["output_tokens_details"] = {"thinking_tokens": count("reasoning", 0)}
    if "searches" in used.buckets:
        told["server_tool_use"] = {"web_search_requests": count("searches", 0)}
    return told


# Whole answers


def whole(model: int, pieces: int, *, used: Used, told: bool) -> bytes:
    """A body. Without `told` it says nothing of what was used."""
    text = _TEXT * pieces
    document: dict[str, object]
    if model in ANTHROPIC:
        content = [{"type": "text", "text": text}]
        document = {"id": "msg_1", "type": "message", "role": "assistant", "model": upstream(model)}
        document |= {"content": content, "stop_reason": "end_turn", "stop_sequence": None}
    else:
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        document = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": upstream(model)}
        document |= {"choices": [choice], **({"service_tier": used.tier} if used.tier else {})}
    if told:
        document["usage"] = usage_of(model, used)
    return _encode(document)


# Streams: each part is one event, or several, in a chunk of its own


def beginning(model: int, *, used: Used, told: bool) -> bytes:
    """What comes before the first piece of text. Of a message of Anthropic's it tells what went in."""
    if model not in ANTHROPIC:
        return _chunk(model, used.tier, _encode({"role": "assistant", "content": ""}))
    message: dict[str, object] = {"id": "msg_1", "type": "message", "role": "assistant", "model": upstream(model)}
    message |= {"content": [], "stop_reason": None, "stop_sequence": None}
    if told:
        message["usage"] = _begun(used)
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    return chunk(_event({"type": "message_start", "message": message}) + _event(block))


@lru_cache
def piece(model: int, tier: str) -> bytes:
    if model in ANTHROPIC:
        delta = {"type": "text_delta", "text": _TEXT}
        return chunk(_event({"type": "content_block_delta", "index": 0, "delta": delta}))
    return _chunk(model, tier, _encode({"content": _TEXT}))


def ending(model: int, *, used: Used, told: bool) -> list[bytes]:
    """What comes after the last."""
    if model in ANTHROPIC:
        delta: dict[str, object] = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
        if told:
            delta["usage"] = _counted(used)
        stops = _event({"type": "content_block_stop", "index": 0})
        return [chunk(stops), chunk(_event(delta)), chunk(_event({"type": "message_stop"}))]
    report = {**_head(model, used.tier), "choices": [], "usage": usage_of(model, used)}
    parts = [_chunk(model, used.tier, b"{}", finish=b'"stop"')]
    return [*parts, *([chunk(_data(report))] if told else []), chunk(_DONE)]


def _head(model: int, tier: str) -> Document:
    said = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": upstream(model)}
    return {**said, **({"service_tier": tier} if tier else {})}


def _chunk(model: int, tier: str, delta: bytes, *, finish: bytes = b"null") -> bytes:
    choice = b'{"index":0,"delta":%b,"logprobs":null,"finish_reason":%b}' % (delta, finish)
    return chunk(b'data: %b,"choices":[%b],"usage":null}\n\n' % (_encode(_head(model, tier))[:-1], choice))


def _data(document: Document) -> bytes:
    return b"data: %b\n\n" % _encode(document)


def _event(document: Document) -> bytes:
    return b"event: %b\n" % str(document["type"]).encode() + _data(document)
