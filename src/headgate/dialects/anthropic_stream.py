"""A streamed answer of Anthropic's Messages API as a stream of OpenAI's chat completion chunks.

Source: Anthropic's API reference, "Streaming messages"; OpenAI's API reference, "The chat completion chunk object".

The stream is a message that begins, content blocks one after the other, each begun, grown by deltas and ended, then
what changed in the message, and its end. Nothing is forwarded before the first output, so that an error up to then
leaves the call to another upstream. Events and blocks of types that are not known here are passed over, as Anthropic
asks of its clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JsonObject
from headgate.core.usage import Usage
from headgate.dialects.anthropic import (
    CREATED,
    ReportedUsage,
    StopDetails,
    buckets,
    finish_reason,
    malformed,
    read_reported,
    reported_error,
    usage_object,
)
from headgate.dialects.anthropic_answer import Block, arguments, thinking_block
from headgate.dialects.exchange import Extra
from headgate.dialects.openai import encode
from headgate.dialects.openai_chat import ChatRequest
from headgate.dialects.openai_stream import EVENT_LIMIT
from headgate.dialects.sse import EventReader, EventTooLarge, data_of

THINKING_LIMIT: Final = 16 * 1024 * 1024
"""What is kept of the thinking of one answer, in characters: a block of it is told again with its signature."""

_DONE: Final = b"data: [DONE]\n\n"
_NULL: Final = msgspec.Raw(b"null")


class _Message(msgspec.Struct, gc=False):
    id: str = ""
    usage: msgspec.Raw = _NULL


class _Delta(msgspec.Struct, gc=False):
    type: str = ""
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    signature: str = ""
    stop_reason: str | None = None
    stop_details: StopDetails | None = None


class _Event(msgspec.Struct, gc=False):
    type: str
    index: int = -1
    message: _Message | None = None
    content_block: Block | None = None
    delta: _Delta | None = None
    usage: msgspec.Raw = _NULL


_event = msgspec.json.Decoder(_Event).decode


class _Open(msgspec.Struct):
    """A block that has begun. `call` is its number among the calls of tools; `argued`: its arguments have begun."""

    block: Block
    call: int = -1
    argued: bool = False
    thoughts: list[str] = msgspec.field(default_factory=list)


class MessagesRelay:
    """One streamed answer on its way through, as `exchange.Relay` says."""

    __slots__ = (
        "_blocks",
        "_calls",
        "_done",
        "_extra",
        "_head",
        "_json_name",
        "_kept",
        "_message",
        "_reader",
        "_reported",
        "_request",
        "_stop",
        "_tail",
        "events",
        "failure",
        "usage",
    )

    def __init__(self, json_name: msgspec.Raw, request: ChatRequest, *, extra: Extra) -> None:
        self._reader = EventReader(EVENT_LIMIT)
        self._json_name = json_name
        self._request = request
        self._extra = extra
        self._message = _Message()
        self._reported = ReportedUsage()
        self._blocks: dict[int, _Open] = {}
        self._calls = 0
        self._kept = 0
        self._stop: _Delta | None = None
        self._head = b""
        # Every chunk but the last says that usage is yet to come, to a caller that asked for it.
        self._tail = b',"usage":null}\n\n' if request.include_usage else b"}\n\n"
        self._done = False
        self.events = 0
        self.usage: Usage | None = None
        self.failure: Failure | None = None

    def feed(self, data: bytes) -> bytes:
        if self.failure is not None or self._done:
            return b""
        try:
            events = self._reader.feed(data)
        except EventTooLarge as error:
            self.failure = Failure(kind=FailureKind.TOO_LARGE, message=str(error))
            return b""
        return b"".join([self._dispatch(event) for event in events])

    @property
    def complete(self) -> bool:
        """Whether the message ended."""
        return self._done

    def end(self, *, framed: bool) -> bytes:
        # A message has an end of its own, whatever its framing says.
        if self.failure is not None:
            return b""
        if not self._done:
            message = "the upstream's stream ended before the answer was whole"
            self.failure = Failure(kind=FailureKind.CUT, message=message)
            return b""
        usage = self.usage = self.so_far()
        if not self._request.include_usage:
            return _DONE
        return self._chunk([], usage_object(usage, self._extra(usage))) + _DONE

    # Events

    def _dispatch(self, event: bytes) -> bytes:
        data = data_of(event)
        if data is None or self.failure is not None or self._done:
            return b""
        try:
            return self._told(_event(data), data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self.failure = malformed(f"the upstream sent an event that is none of a message: {error}")
            return b""

    def _told(self, event: _Event, data: bytes) -> bytes:
        match event.type:
            case "message_start" if event.message is not None:
                self._message = event.message
                self._reported = read_reported(event.message.usage) or self._reported
            case "content_block_start" if event.content_block is not None:
                return self._begin(event.index, event.content_block)
            case "content_block_delta" if event.delta is not None:
                return self._grow(event.index, event.delta)
            case "content_block_stop":
                return self._end_block(event.index)
            case "message_delta":
                self._stop = event.delta or self._stop
                self._count(event.usage)
            case "message_stop":
                self._done = True
                return self._finish()
            case "error":
                self.failure = reported_error(data)
        return b""

    def _begin(self, index: int, block: Block) -> bytes:
        opened = self._blocks[index] = _Open(block)
        match block.type:
            case "tool_use":
                self.events += 1
                opened.call, self._calls = self._calls, self._calls + 1
                function = {"name": block.name, "arguments": ""}
                call = {"index": opened.call, "id": block.id, "type": "function", "function": function}
                return self._output({"tool_calls": [call]})
            case "text" if block.text:
                self.events += 1
                return self._output({"content": block.text})
            case "thinking" if block.thinking:
                self.events += 1
                return self._think(opened, block.thinking)
        return b""

    def _grow(self, index: int, delta: _Delta) -> bytes:
        opened = self._blocks.get(index)
        if opened is None:
            raise msgspec.ValidationError(f"a delta of the block {index}, which has not begun")
        # What the model writes to the provider's own tools is output too, though the caller does not get it.
        if delta.text or delta.partial_json or delta.thinking:
            self.events += 1
        match delta.type, opened.block.type:
            case "text_delta", "text":
                return self._output({"content": delta.text}) if delta.text else b""
            case "input_json_delta", "tool_use":
                return self._argue(opened, delta.partial_json) if delta.partial_json else b""
            case "thinking_delta", "thinking":
                return self._think(opened, delta.thinking) if delta.thinking else b""
            case "signature_delta", "thinking":
                opened.block.signature += delta.signature
        return b""

    def _end_block(self, index: int) -> bytes:
        opened = self._blocks.pop(index, None)
        if opened is None:
            return b""
        block = opened.block
        if opened.call >= 0 and not opened.argued:
            # A tool without arguments, or an upstream that told them all at once.
            return self._argue(opened, arguments(block.input))
        if block.signature or block.type == "redacted_thinking":
            block.thinking = "".join(opened.thoughts)
            return self._output({"thinking_blocks": [thinking_block(block)]})
        return b""

    def _think(self, opened: _Open, text: str) -> bytes:
        self._kept += len(text)
        opened.thoughts.append(text)
        if self._kept > THINKING_LIMIT:
            message = f"the upstream's thinking is longer than {THINKING_LIMIT} characters"
            self.failure = Failure(kind=FailureKind.TOO_LARGE, message=message)
            return b""
        return self._output({"reasoning_content": text})

    def _argue(self, opened: _Open, text: str) -> bytes:
        opened.argued = True
        return self._output({"tool_calls": [{"index": opened.call, "function": {"arguments": text}}]})

    def _finish(self) -> bytes:
        stop = self._stop or _Delta()
        delta: JsonObject = {}
        if stop.stop_reason == "refusal" and stop.stop_details is not None and stop.stop_details.explanation:
            delta["refusal"] = stop.stop_details.explanation
        return self._output(delta, finish=finish_reason(stop.stop_reason))

    # Chunks

    def _output(self, delta: JsonObject, *, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        if self._head:
            return self._chunk([choice])
        first = {"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}
        return self._chunk([first]) + self._chunk([choice])

    def _chunk(self, choices: list[Mapping[str, object]], usage: msgspec.Raw | None = None) -> bytes:
        if not self._head:
            named = {"id": self._message.id, "object": "chat.completion.chunk", "created": CREATED}
            self._head = b'data: %b,"model":%b,"choices":' % (encode(named)[:-1], bytes(self._json_name))
        tail = self._tail if usage is None else b',"usage":%b}\n\n' % bytes(usage)
        return self._head + encode(choices) + tail

    # Usage

    def _count(self, raw: msgspec.Raw) -> None:
        """The last figures. Those of the message's begin count no output to speak of."""
        reported = read_reported(raw)
        if reported is None:
            return
        usage = buckets(self._reported.updated(reported))
        if usage is not None and reported.output_tokens is not None:
            self._reported = self._reported.updated(reported)
            self.usage = usage

    def so_far(self) -> Usage:
        """The upstream tells at the begin what went in; of output it is a token for each piece."""
        if self.usage is not None:
            return self.usage
        told = buckets(self._reported.updated(ReportedUsage(output_tokens=self.events)))
        if told is None:
            return self._request.estimate(self.events)
        return msgspec.structs.replace(told, estimated=True)
