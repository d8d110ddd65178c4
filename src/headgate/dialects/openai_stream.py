"""Chat completions of OpenAI's wire format: an answer in a stream, on its way to the caller.

Source: OpenAI's API reference, Chat Completions, streaming events.

A stream is forwarded in whole events. Most of them need nothing but another `model`: once the first event has shown
how this upstream writes `model` and a null `finish_reason`, a piece in which every event has both is rewritten by byte
replacement; once such an event has shown its frame, what stands before and after its text, a piece that is one event
in the same frame needs not even that. Only other events are decoded. The bytes searched for contain quotes, which JSON
escapes inside strings, so no text of a model can be mistaken for them.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JSON_FAULTS
from headgate.core.usage import Usage
from headgate.dialects.counting import read_tier
from headgate.dialects.exchange import Extra
from headgate.dialects.openai import Fields, encode, error_message
from headgate.dialects.openai_chat import ChatRequest
from headgate.dialects.openai_output import may_be_empty, outputs, speaks
from headgate.dialects.openai_usage import buckets, priced, read_reported, running, usage_object
from headgate.dialects.sse import EventReader, EventTooLarge, data_of

EVENT_LIMIT: Final = 16 * 1024 * 1024
_QUOTE, _LINE_FEED, _CARRIAGE_RETURN, _BACKSLASH = b'"\n\r\\'
"""As numbers: bytes of length one take five times as long to look for."""
_NULL: Final = msgspec.Raw(b"null")
_NOTHING: Final = msgspec.Raw(b"[]")
_DONE: Final = b"data: [DONE]\n\n"
_MODEL: Final = re.compile(rb'"model"\s*:\s*"(?:[^"\\]|\\.)*"')
_NO_FINISH: Final = re.compile(rb'"finish_reason"\s*:\s*null')
_NO_USAGE: Final = re.compile(rb'"usage"\s*:\s*null')
_TEXT: Final = re.compile(rb'(?P<before>.*"content"\s*:\s*")(?:[^"\\]|\\.)*(?P<after>".*\n\n)', re.DOTALL)
_MOST_FRAMES: Final = 8

_object = msgspec.json.Decoder(Fields).decode


class _Choice(msgspec.Struct):
    finish_reason: str | None = None
    delta: msgspec.Raw = _NULL
    text: msgspec.Raw = _NULL


class _Chunk(msgspec.Struct):
    model: str | None = None
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = _NULL
    error: msgspec.Raw = _NULL


_chunk = msgspec.json.Decoder(_Chunk).decode


class StreamRelay:
    """One streamed answer on its way through: upstream bytes in, the caller's bytes out.

    `feed` and `end` answer with what to forward, b"" for nothing. `failure` is set when the upstream reports an error
    or breaks the format; from then on nothing is forwarded. `began` tells whether anything but comments came.
    """

    __slots__ = (
        "_after",
        "_before",
        "_done",
        "_extra",
        "_finished",
        "_frames",
        "_json_name",
        "_key",
        "_model",
        "_name",
        "_no_finish",
        "_no_usage",
        "_reader",
        "_request",
        "_shown_after",
        "_shown_before",
        "_template",
        "_text",
        "_tier",
        "_usage_event",
        "began",
        "events",
        "failure",
        "usage",
    )

    def __init__(self, json_name: msgspec.Raw, request: ChatRequest, extra: Extra) -> None:
        self._reader = EventReader(EVENT_LIMIT)
        self._json_name = json_name
        self._name = b'"model":' + bytes(json_name)
        self._request = request
        self._extra = extra
        self._model = b""
        self._no_finish = b'"finish_reason":null'
        self._no_usage = b'"usage":null'
        self._frames = 0
        self._before = self._after = self._shown_before = self._shown_after = b""
        self._key = b""
        self._text = slice(0)
        self._finished = False
        self._done = False
        self._usage_event = b""
        self._template: Fields = {}
        self._tier = ""
        self.began = False
        self.events = 0
        self.usage: Usage | None = None
        self.failure: Failure | None = None

    def feed(self, data: bytes) -> bytes:
        if self.failure is not None:
            return b""
        idle = self._reader.idle
        if idle and self._before and data.startswith(self._before) and data.endswith(self._after):
            text = data[self._text]
            # A text with a quote is another frame, and one that ends in a backslash would escape the quote after it.
            if text and _QUOTE not in text and _LINE_FEED not in text and text[-1] != _BACKSLASH:
                self.events += 1
                return self._shown_before + text + self._shown_after
        if idle and self._model and data.endswith(b"\n\n"):
            count = data.count(b"\n\n")
            if (
                data.count(self._no_finish) == count
                and data.count(self._model) == count
                and data.count(b'"usage"') == data.count(self._no_usage)
                and b'"error"' not in data
                and _CARRIAGE_RETURN not in data
            ):
                self.events += self._outputs(data, count)
                if count == 1 and self._frames < _MOST_FRAMES:
                    self._learn_frame(data)
                return data.replace(self._model, self._name)
        try:
            events = self._reader.feed(data)
        except EventTooLarge as error:
            self.failure = Failure(kind=FailureKind.TOO_LARGE, message=str(error))
            return b""
        return b"".join([self._event(event) for event in events])

    @property
    def complete(self) -> bool:
        """Whether the terminal marker came."""
        return self._done

    def end(self, *, framed: bool) -> bytes:
        """The upstream's body ended. What the caller still gets, or b"" and `failure` if the answer was cut.

        An answer is whole with its terminal marker; without it, if its choices finished and the body's own framing
        says that nothing is missing.
        """
        if self.failure is not None:
            return b""
        if not self._done and not (self._finished and framed):
            self.failure = Failure(
                kind=FailureKind.CUT, message="the upstream's stream ended before the answer was whole"
            )
            return b""
        if self.usage is None:
            self.usage = self.so_far()
        if not self._request.include_usage:
            return _DONE
        return (self._usage_event or self._own_usage_event(self.usage)) + _DONE

    def _outputs(self, data: bytes, count: int) -> int:
        """How many of `count` ordinary events carry output."""
        key = self._key
        # A text each, and none of them empty. To look for a known key is half of what it takes to look for all else.
        if (key and data.count(key) == count and key + b'"' not in data) or not may_be_empty(data):
            return count
        return outputs(data)

    def _event(self, event: bytes) -> bytes:
        if self.failure is not None:
            return b""
        data = data_of(event)
        if data is None:
            return event if self.began else b""
        if data.strip() == b"[DONE]":
            self._done = True
            return b""
        try:
            chunk, fields = _chunk(data), _object(data)
        except JSON_FAULTS as error:
            self.failure = Failure(
                kind=FailureKind.MALFORMED, message=f"the upstream sent an event that is not JSON: {error}"
            )
            return b""
        if bytes(chunk.error) != b"null":
            message = error_message(data) or "the upstream failed"
            self.failure = Failure(kind=FailureKind.SERVER_ERROR, message=message, body=data)
            return b""
        return self._chunk(event, data, chunk=chunk, fields=fields)

    def _chunk(self, event: bytes, data: bytes, *, chunk: _Chunk, fields: Fields) -> bytes:
        if bytes(chunk.usage) != b"null":
            self._keep_usage({**fields, "choices": _NOTHING}, chunk.usage)
            if not chunk.choices:
                return b""
            # Some upstreams put it beside the last choice: it is taken out here, and sent in an event of its own.
            fields["usage"] = _NULL
        if self._done:
            return b""
        spoke = False
        for choice in chunk.choices or ():
            self._finished = self._finished or choice.finish_reason is not None
            spoke = spoke or speaks(choice.delta, choice.text)
        self.began = True
        self.events += spoke
        if not self._model:
            self._learn(event, data, chunk)
            self._tier = read_tier(fields.get("service_tier"))
            self._template = {name: fields[name] for name in ("id", "object", "created") if name in fields}
        fields["model"] = self._json_name
        return b"data: " + encode(fields) + b"\n\n"

    def _learn(self, event: bytes, data: bytes, chunk: _Chunk) -> None:
        """How this upstream writes the two fields that mark an ordinary event."""
        found = _MODEL.search(data)
        if found is None or chunk.model is None or not event.startswith(b"data:"):
            return
        try:
            named = msgspec.json.decode(b"{%b}" % found.group())["model"]
        except JSON_FAULTS:
            # The first one is another object's, of which nothing was read.
            return
        if named == chunk.model:
            self._model = found.group()
        if (finish := _NO_FINISH.search(data)) is not None:
            self._no_finish = finish.group()
        if (usage := _NO_USAGE.search(data)) is not None:
            self._no_usage = usage.group()

    def _learn_frame(self, event: bytes) -> None:
        """What stands around the text of an ordinary event. Whatever made it ordinary is in there."""
        self._frames += 1
        found = _TEXT.fullmatch(event)
        if found is None or not event.startswith(b"data:") or event.count(b"\n") != 2:
            return
        self._before, self._after = found["before"], found["after"]
        self._key = self._before[self._before.rindex(b'"content"') :]
        self._text = slice(len(self._before), -len(self._after))
        self._shown_before = self._before.replace(self._model, self._name)
        self._shown_after = self._after.replace(self._model, self._name)

    def so_far(self) -> Usage:
        usage = self.usage
        if usage is None:
            return msgspec.structs.replace(self._request.estimate(self.events), tier=self._tier)
        return usage if self._done or self._finished else running(usage, self.events)

    def _keep_usage(self, fields: Fields, raw: msgspec.Raw) -> None:
        reported = read_reported(raw)
        usage = buckets(reported, read_tier(fields.get("service_tier")) or self._tier) if reported is not None else None
        if reported is None or usage is None:
            return
        self.usage = usage
        if self._request.include_usage:
            shown = {**fields, "model": self._json_name, "usage": priced(raw, reported, extra=self._extra(usage))}
            self._usage_event = b"data: " + encode(shown) + b"\n\n"

    def _own_usage_event(self, usage: Usage) -> bytes:
        shown = {
            **self._template,
            "model": self._json_name,
            "choices": _NOTHING,
            "usage": usage_object(usage, self._extra(usage)),
        }
        return b"data: " + encode(shown) + b"\n\n"
