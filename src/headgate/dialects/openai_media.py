"""Answers of OpenAI's wire format that are not JSON, on their way to the caller: sound, text, events.

Source: OpenAI's API reference (Create speech, Create transcription, Create image edit). Sound and text pass byte by
byte; of their end only the framing tells, so an answer without one is cut. Events pass whole and as they came, but
for `model` and for the usage that one of the last carries.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JSON_FAULTS
from headgate.core.usage import Usage
from headgate.dialects.counting import tokens_of
from headgate.dialects.exchange import Extra, Inbound
from headgate.dialects.openai import Fields, encode, error_message
from headgate.dialects.openai_usage import read_media_usage, spoken, with_members
from headgate.dialects.sse import EventReader, EventTooLarge, data_of

EVENT_LIMIT: Final = 16 * 1024 * 1024
EVENTS: Final = b"text/event-stream"
JSON: Final = b"application/json"
UNKNOWN: Final = b"application/octet-stream"

_SOUND_PER_TOKEN: Final = 2_400
"""Bytes of sound. A token is a twentieth of a second, and no format takes more for it than bare samples of 16 bits at
24 kHz: so it is never more than what came, and never nothing."""
_LAST: Final = (".done", ".completed")
_PICTURE: Final = ".completed"
_PARAMETER: Final = rb'[ \t]*;[ \t]*[a-z0-9-]{1,40}=(?:[a-z0-9.,+_-]{1,80}|"[a-z0-9., +_-]{0,80}")'
_CONTENT_TYPE: Final = re.compile(rb"([a-z]{1,20}/[a-z0-9.+-]{1,80})(?:" + _PARAMETER + rb")*", re.IGNORECASE)
_CUT: Final = Failure(kind=FailureKind.CUT, message="the connection ended before the upstream's answer was whole")

_object = msgspec.json.Decoder(Fields).decode


def media_type(content_type: bytes) -> bytes | None:
    """The type and subtype of a Content-Type, in lower case; b"" if it is empty, None if it is not one."""
    if not content_type:
        return b""
    found = _CONTENT_TYPE.fullmatch(content_type)
    return found[1].lower() if found is not None else None


def wrong_type(wanted: str) -> Failure:
    """The type itself is not shown: it may be anything that the upstream was sent."""
    return Failure(kind=FailureKind.MALFORMED, message=f"the upstream answered with something other than {wanted}")


class BytesRelay:
    """Sound or text on its way through. `as_text`: it is text."""

    __slots__ = ("_as_text", "_count", "_request", "events", "failure", "usage")

    def __init__(self, request: Inbound, *, as_text: bool) -> None:
        self._request = request
        self._as_text = as_text
        self._count = 0
        self.events = 0
        self.usage: Usage | None = None
        self.failure: Failure | None = None

    @property
    def complete(self) -> bool:
        """Nothing in it says so."""
        return False

    def feed(self, data: bytes) -> bytes:
        self._count += len(data)
        if self._as_text:
            self.events = tokens_of(self._count)
        return data

    def end(self, *, framed: bool) -> bytes:
        if not framed:
            self.failure = _CUT
        elif not self._count and not self._as_text:
            self.failure = Failure(kind=FailureKind.MALFORMED, message="the upstream answered with nothing")
        return b""

    def so_far(self) -> Usage:
        """Such answers tell no usage."""
        known = self._request.estimate(self.events)
        if self._as_text:
            return known
        return msgspec.structs.replace(known, audio_output=-(-self._count // _SOUND_PER_TOKEN))


class EventRelay:
    """Events on their way through.

    The answer is whole with an event whose type says so, or `[DONE]`; without either, when the framing says that
    nothing is missing, since not every server that speaks the format ends its events with a word of their own.
    `as_sound`: the output is sound.
    """

    __slots__ = (
        "_as_sound",
        "_began",
        "_done",
        "_extra",
        "_json_name",
        "_pictures",
        "_reader",
        "_request",
        "events",
        "failure",
        "usage",
    )

    def __init__(self, json_name: msgspec.Raw, request: Inbound, *, extra: Extra, as_sound: bool = False) -> None:
        self._reader = EventReader(EVENT_LIMIT)
        self._json_name = json_name
        self._request = request
        self._extra = extra
        self._as_sound = as_sound
        self._began = self._done = False
        self._pictures = 0
        self.events = 0
        self.usage: Usage | None = None
        self.failure: Failure | None = None

    @property
    def complete(self) -> bool:
        return self._done

    def feed(self, data: bytes) -> bytes:
        if self.failure is not None:
            return b""
        try:
            events = self._reader.feed(data)
        except EventTooLarge as error:
            self.failure = Failure(kind=FailureKind.TOO_LARGE, message=str(error))
            return b""
        return b"".join([self._event(event) for event in events])

    def end(self, *, framed: bool) -> bytes:
        if self.failure is None and not self._done and not (framed and self._began):
            self.failure = _CUT
        return b""

    def _event(self, event: bytes) -> bytes:
        if self.failure is not None:
            return b""
        data = data_of(event)
        if data is None:
            return event if self._began else b""
        if data.strip() == b"[DONE]":
            self._done = True
            return event if self._began else b""
        try:
            fields = _object(data)
            kind = msgspec.json.decode(fields["type"]) if "type" in fields else ""
        except JSON_FAULTS as error:
            message = f"the upstream sent an event that is not a JSON object: {error}"
            self.failure = Failure(kind=FailureKind.MALFORMED, message=message)
            return b""
        if kind == "error" or bytes(fields.get("error", b"null")) != b"null":
            message = error_message(data) or "the upstream failed"
            self.failure = Failure(kind=FailureKind.SERVER_ERROR, message=message, body=data)
            return b""
        self._began = True
        self._count(kind if isinstance(kind, str) else "", fields)
        return self._told(event, fields)

    def _count(self, kind: str, fields: Fields) -> None:
        if not kind.endswith(_LAST):
            self.events += bytes(fields.get("delta", b"1")) != b'""'
            return
        self._done = True
        self._pictures += kind.endswith(_PICTURE)
        if not self.events and "text" in fields:
            # All of it at once, at the end.
            self.events = tokens_of(len(bytes(fields["text"])))

    def so_far(self) -> Usage:
        if self.usage is not None:
            return self.usage
        known = self._request.estimate(self.events)
        if self._pictures:
            return msgspec.structs.replace(known, output=0, images=self._pictures)
        return spoken(known) if self._as_sound else known

    def _told(self, event: bytes, fields: Fields) -> bytes:
        raw = fields.get("usage")
        usage = read_media_usage(raw) if raw is not None else None
        if "model" not in fields and usage is None:
            return event
        if "model" in fields:
            fields["model"] = self._json_name
        if raw is not None and usage is not None:
            usage = self.usage = spoken(usage) if self._as_sound else usage
            fields["usage"] = with_members(raw, self._extra(usage))
        lines = [line for line in event.splitlines() if line and line.partition(b":")[0] != b"data"]
        return b"\n".join([*lines, b"data: " + encode(fields)]) + b"\n\n"


# Usage


def usage_members(usage: Usage) -> bytes:
    """A usage object of our own making, for an upstream that sent none."""
    if usage.seconds:
        return b'{"type":"duration","seconds":%d}' % usage.seconds
    told = (usage.prompt, usage.completion, usage.prompt + usage.completion)
    shown = b'{"type":"tokens","input_tokens":%d,"output_tokens":%d,"total_tokens":%d' % told
    return shown + (b',"estimated":true}' if usage.estimated else b"}")
