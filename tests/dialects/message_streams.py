"""Streams of Anthropic's Messages API, as its documentation shows them, and what they become."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from openai.types.chat import ChatCompletionChunk

from headgate.dialects.anthropic_stream import MessagesRelay
from tests.dialects.messages import CODEC, MINE, chat, extra

ASKING: Final = {"stream": True, "stream_options": {"include_usage": True}}
SILENT: Final = {"stream": True}


def event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def delta(index: int, kind: str, **fields: object) -> bytes:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def begun(index: int, block: Mapping[str, object]) -> bytes:
    return event("content_block_start", index=index, content_block=block)


def ended(index: int) -> bytes:
    return event("content_block_stop", index=index)


def finish(reason: str, **usage: object) -> bytes:
    stop = {"stop_reason": reason, "stop_sequence": None}
    return event("message_delta", delta=stop, usage=usage) + event("message_stop")


PING = event("ping")
START = event(
    "message_start",
    message={
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "claude-up",
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 25, "cache_read_input_tokens": 5, "output_tokens": 1},
    },
)
TEXT = begun(0, {"type": "text", "text": ""})
HELLO = delta(0, "text_delta", text="Hello") + delta(0, "text_delta", text="! 字")

BASIC = START + TEXT + PING + HELLO + ended(0) + finish("end_turn", output_tokens=15)
TOOLS = (
    START
    + TEXT
    + PING
    + delta(0, "text_delta", text="Okay")
    + ended(0)
    + begun(1, {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}})
    + delta(1, "input_json_delta", partial_json="")
    + delta(1, "input_json_delta", partial_json='{"location": "San')
    + delta(1, "input_json_delta", partial_json=' Francisco"}')
    + ended(1)
    + begun(2, {"type": "tool_use", "id": "toolu_2", "name": "get_time", "input": {}})
    + ended(2)
    + finish("tool_use", output_tokens=89)
)
THINKING = (
    START
    + begun(0, {"type": "thinking", "thinking": "", "signature": ""})
    + delta(0, "thinking_delta", thinking="Let me")
    + delta(0, "thinking_delta", thinking=" see.")
    + delta(0, "signature_delta", signature="EqQB")
    + ended(0)
    + begun(1, {"type": "redacted_thinking", "data": "xyz"})
    + ended(1)
    + begun(2, {"type": "text", "text": ""})
    + delta(2, "text_delta", text="27")
    + ended(2)
    + finish("end_turn", output_tokens=20, output_tokens_details={"thinking_tokens": 12})
)
SEARCH = (
    START
    + begun(0, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})
    + delta(0, "input_json_delta", partial_json='{"query":"x"}')
    + ended(0)
    + begun(1, {"type": "web_search_tool_result", "tool_use_id": "s", "content": []})
    + ended(1)
    + begun(2, {"type": "text", "text": ""})
    + delta(2, "text_delta", text="Found")
    + delta(2, "citations_delta", citation={"url": "https://a.example"})
    + ended(2)
    + event("a_later_event", x=1)
    + finish("end_turn", input_tokens=300, output_tokens=40)
)
STREAMS = [BASIC, TOOLS, THINKING, SEARCH]


def relayed(pieces: list[bytes], fields: Mapping[str, object] | None = None) -> tuple[bytes, MessagesRelay]:
    relay = CODEC.relay(MINE, chat(ASKING if fields is None else fields), extra)
    out = b"".join(relay.feed(piece) for piece in pieces)
    return out + relay.end(framed=True), relay


def chunks(out: bytes) -> list[dict[str, Any]]:
    """The chunks of a stream, each of which OpenAI's own types accept."""
    *events, nothing = out.split(b"\n\n")
    assert nothing == b""
    datas = [event.removeprefix(b"data: ") for event in events if event != b"data: [DONE]"]
    for data in datas:
        ChatCompletionChunk.model_validate_json(data, strict=True)
    return [json.loads(data) for data in datas]


def deltas(out: bytes) -> list[dict[str, Any]]:
    return [choice["delta"] for chunk in chunks(out) for choice in chunk["choices"]]


def finishes(out: bytes) -> list[str]:
    return [reason for chunk in chunks(out) for choice in chunk["choices"] if (reason := choice["finish_reason"])]
