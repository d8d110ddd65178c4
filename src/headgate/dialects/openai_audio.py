"""Speech and transcriptions in OpenAI's wire format, and edits of images, which come as forms too.

Source: OpenAI's API reference, Audio and Images.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import msgspec

from headgate.catalogue.upstream import Route
from headgate.core.errors import InvalidBody, detail
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JSON_FAULTS
from headgate.core.usage import Usage
from headgate.dialects.counting import tokens_of
from headgate.dialects.exchange import Extent, Extra, Inbound, Opened, Relay
from headgate.dialects.openai import (
    AGENT_CONTEXT,
    ANY_MODEL,
    MODEL_LIMIT,
    Fields,
    classify,
    encode,
    error_message,
    read_fields,
    take_agent_models,
    text,
)
from headgate.dialects.openai_extent import SOUND_BYTES
from headgate.dialects.openai_form import FormRequest
from headgate.dialects.openai_images import ImageOverOpenAI
from headgate.dialects.openai_media import (
    EVENTS,
    JSON,
    UNKNOWN,
    BytesRelay,
    EventRelay,
    media_type,
    usage_members,
    wrong_type,
)
from headgate.dialects.openai_usage import in_seconds, read_media_usage, with_members

_AUDIO: Final = (b"audio/", b"video/")
_AUDIO_TYPES: Final = frozenset({b"", UNKNOWN, b"binary/octet-stream", b"application/ogg"})
_TEXTS: Final = frozenset({b"text/plain", b"text/vtt", b"text/srt", b"text/x-srt", b"application/x-subrip"})
_EVENT_STREAM: Final = b"text/event-stream; charset=utf-8"

_object = msgspec.json.Decoder(Fields).decode
_number = msgspec.json.Decoder(int | float).decode


class SpeechRequest:
    """An inbound request for speech. Its answer is never JSON."""

    __slots__ = ("agent_models", "fields", "model", "size", "spoken", "stream")

    def __init__(self, body: bytes | memoryview) -> None:
        fields = self.fields = read_fields(body)
        self.size = len(body)
        self.stream = False
        self.agent_models = take_agent_models(fields) if AGENT_CONTEXT in fields else ANY_MODEL
        self.model = text(fields, "model", MODEL_LIMIT)
        if "input" not in fields:
            accepted = "the text to be spoken"
            raise InvalidBody(f"'input' is required: {accepted}", details=[detail("input", accepted)])
        self.spoken = len(bytes(fields["input"]))

    def estimate(self, output_tokens: int) -> Usage:
        """Usage for an upstream that reports none: bytes of the text over four."""
        return Usage(input=tokens_of(self.spoken), output=output_tokens, estimated=True)

    def extent(self) -> Extent:
        return Extent(self.size, spoken=True)


class TranscriptionRequest(FormRequest):
    """An inbound request to write down what is said in a file."""

    __slots__ = ()

    file_bytes_per_token: ClassVar[int] = 1600
    """Ten tokens a second at 128 kbit/s."""

    def extent(self) -> Extent:
        return Extent(self.size - self.file_bytes, sound=-(-self.file_bytes // SOUND_BYTES))


class ImageEditRequest(FormRequest):
    """An inbound request to change images."""

    __slots__ = ()

    file_bytes_per_token: ClassVar[int] = 0
    """The size of an image says nothing of tokens."""

    def extent(self) -> Extent:
        made = self.asked_for or 1
        return Extent(self.size - self.file_bytes, times=made, pictures=self.files, made=made)


class _Media:
    """What the codecs of this module share."""

    def relay(self, _json_name: msgspec.Raw, _request: Inbound, _extra: Extra) -> Relay:
        raise AssertionError("the type of the answer says how it is relayed")

    classify = staticmethod(classify)


class SpeechOverOpenAI(_Media):
    """Speech, as the caller asked for it."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.path(route.provider.speech_path)

    def outbound(self, request: Inbound, route: Route, defaults: Mapping[str, object]) -> bytes:
        assert isinstance(request, SpeechRequest), "a codec takes what its own inbound side parsed"
        fields = request.fields.copy()
        fields["model"] = route.json_model
        for name, value in defaults.items():
            if name not in fields:
                fields[name] = msgspec.Raw(encode(value))
        return encode(fields)

    def opened(
        self, content_type: bytes, request: Inbound, *, json_name: msgspec.Raw, extra: Extra
    ) -> Opened | Failure:
        kind = media_type(content_type)
        if kind == EVENTS:
            return Opened(_EVENT_STREAM, EventRelay(json_name, request, extra=extra, as_sound=True), tells=True)
        if kind == JSON:
            # Some say only there that they failed.
            return Opened(JSON)
        if kind is None or not (kind.startswith(_AUDIO) or kind in _AUDIO_TYPES):
            return wrong_type("sound")
        return Opened(content_type or UNKNOWN, BytesRelay(request, as_text=False))

    def whole(self, body: bytes, _json_name: msgspec.Raw, _request: Inbound, _extra: Extra) -> bytes | Failure:
        message = error_message(body)
        if message:
            return Failure(kind=FailureKind.SERVER_ERROR, message=message, body=body)
        return wrong_type("sound")


class TranscriptionOverOpenAI(_Media):
    """Transcriptions, as the caller asked for them."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.path(route.provider.transcriptions_path)

    def outbound(self, request: Inbound, route: Route, defaults: Mapping[str, object]) -> bytes:
        return _filled(request, route, defaults)

    def opened(
        self, content_type: bytes, request: Inbound, *, json_name: msgspec.Raw, extra: Extra
    ) -> Opened | Failure:
        kind = media_type(content_type)
        if kind == EVENTS:
            return Opened(_EVENT_STREAM, EventRelay(json_name, request, extra=extra), tells=True)
        if kind in (JSON, b""):
            return Opened(JSON)
        if kind not in _TEXTS:
            return wrong_type("a transcription")
        return Opened(content_type, BytesRelay(request, as_text=True))

    def whole(self, body: bytes, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> bytes | Failure:
        try:
            answer = msgspec.json.decode(body, type=Fields | str)
        except JSON_FAULTS as error:
            return Failure(kind=FailureKind.MALFORMED, message=f"the upstream's answer is not JSON: {error}")
        if isinstance(answer, str):
            # Some write subtitles and plain texts so.
            extra(request.estimate(tokens_of(len(body))))
            return body
        if "text" not in answer:
            if "error" in answer:
                message = error_message(body) or "the upstream failed"
                return Failure(kind=FailureKind.SERVER_ERROR, message=message, body=body)
            return Failure(kind=FailureKind.MALFORMED, message="the upstream's answer has no 'text'")
        if "model" in answer:
            answer["model"] = json_name
        raw = answer.get("usage")
        usage = read_media_usage(raw) if raw is not None else None
        if raw is None or usage is None:
            usage = _duration(answer) or request.estimate(tokens_of(len(bytes(answer["text"]))))
            raw = msgspec.Raw(usage_members(usage))
        answer["usage"] = with_members(raw, extra(usage))
        return encode(answer)


class TranslationOverOpenAI(TranscriptionOverOpenAI):
    """Transcriptions in English, as the caller asked for them."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.path(route.provider.translations_path)


class ImageEditOverOpenAI(ImageOverOpenAI):
    """Changed images, as the caller asked for them."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.path(route.provider.image_edits_path)

    def outbound(self, request: Inbound, route: Route, defaults: Mapping[str, object]) -> bytes:
        return _filled(request, route, defaults)

    def opened(
        self, content_type: bytes, request: Inbound, *, json_name: msgspec.Raw, extra: Extra
    ) -> Opened | Failure:
        if media_type(content_type) == EVENTS:
            return Opened(_EVENT_STREAM, EventRelay(json_name, request, extra=extra), tells=True)
        return Opened(JSON)


def _filled(request: Inbound, route: Route, defaults: Mapping[str, object]) -> bytes:
    assert isinstance(request, FormRequest), "a codec takes what its own inbound side parsed"
    request.fill(route.model, defaults)
    return b""


def _duration(answer: Fields) -> Usage | None:
    """Seconds, of an answer that tells the length of the sound though no usage."""
    raw = answer.get("duration")
    try:
        seconds = _number(raw) if raw is not None else 0
    except JSON_FAULTS:
        return None
    return in_seconds(seconds) if seconds > 0 else None
