"""Completions of OpenAI's wire format: the request that is sent on, and the whole answer that comes back.

Source: OpenAI's API reference, Chat Completions and Completions (legacy). Both sides of a call speak
it here, so bodies pass through raw except for the fields that the catalogue sets.
"""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

from headgate.core.errors import InvalidBody, detail
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JSON_FAULTS
from headgate.core.usage import Usage
from headgate.dialects.counting import PICTURE_TOKENS, SOUND_TOKENS, read_tier, tokens_of
from headgate.dialects.exchange import Extent, Extra, Inbound
from headgate.dialects.openai import (
    AGENT_CONTEXT,
    ANY_MODEL,
    MODEL_LIMIT,
    Fields,
    encode,
    error_message,
    flag,
    read_fields,
    take_agent_models,
    text,
)
from headgate.dialects.openai_extent import longest, media, number, prompts
from headgate.dialects.openai_output import output_tokens
from headgate.dialects.openai_usage import buckets, priced, read_reported, usage_object

_NO_MESSAGES: Final = msgspec.Raw(b"[]")

_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_object = msgspec.json.Decoder(Fields).decode


class ChatRequest:
    """An inbound chat request: what decides, and in `fields` all of it, raw."""

    __slots__ = ("agent_models", "fields", "include_usage", "model", "size", "stream")

    needed: ClassVar = "messages"
    told: ClassVar = "a list of messages"

    def __init__(self, body: bytes | memoryview) -> None:
        fields = read_fields(body)
        self.fields = fields
        self.size = len(body)
        self.agent_models = take_agent_models(fields) if AGENT_CONTEXT in fields else ANY_MODEL
        self.model = text(fields, "model", MODEL_LIMIT)
        self.stream = flag(fields, "stream") if "stream" in fields else False
        self.include_usage = self._asks_for_usage() if "stream_options" in fields else False
        if self.needed not in fields:
            raise InvalidBody(f"{self.needed!r} is required: {self.told}", details=[detail(self.needed, self.told)])

    @property
    def messages(self) -> int:
        """How many there are; 0 for what is no list."""
        try:
            return len(_list(self.fields.get("messages", _NO_MESSAGES)))
        except msgspec.MsgspecError:
            return 0

    def _asks_for_usage(self) -> bool:
        try:
            return flag(_object(self.fields["stream_options"]), "include_usage")
        except msgspec.MsgspecError as error:
            raise InvalidBody(
                "'stream_options' is an object", details=[detail("stream_options", "an object")]
            ) from error

    def estimate(self, output_tokens: int) -> Usage:
        """Usage for an upstream that reports none: bytes of the text over four, pictures and sound as they usually are,
        and the tokens that were counted."""
        size, pictures, sound = media(self.fields.get("messages"))
        return Usage(
            input=tokens_of(self.size - size),
            output=output_tokens,
            estimated=True,
            audio_input=sound * SOUND_TOKENS,
            image_input=pictures * PICTURE_TOKENS,
        )

    def extent(self) -> Extent:
        fields = self.fields
        size, pictures, sound = media(fields["messages"])
        times = (number(fields["n"]) or 1) if "n" in fields else 1
        return Extent(self.size - size, longest(fields), times, pictures, sound, 0, 0, "audio" in fields)


class CompletionRequest(ChatRequest):
    """An inbound request to go on with a text: the older form of a chat."""

    __slots__ = ()

    needed: ClassVar = "prompt"
    told: ClassVar = "a text, or a list of texts or tokens"

    def extent(self) -> Extent:
        """Of `best_of` answers one is shown, and all are billed."""
        fields = self.fields
        times = max(number(fields.get("n")) or 1, number(fields.get("best_of")) or 1)
        return Extent(self.size, longest(fields), times * prompts(fields["prompt"]))


def whole_answer(body: bytes, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> bytes | Failure:
    """A whole answer as the caller gets it; a failure if the body is not one, or says that it failed."""
    try:
        fields = _object(body)
    except JSON_FAULTS as error:
        return _malformed(f"the upstream's answer is not a JSON object: {error}")
    if "error" in fields and "choices" not in fields:
        return Failure(kind=FailureKind.SERVER_ERROR, message=error_message(body) or "the upstream failed", body=body)
    raw = fields.get("usage")
    reported = read_reported(raw) if raw is not None else None
    usage = buckets(reported, read_tier(fields.get("service_tier"))) if reported is not None else None
    fields["model"] = json_name
    if raw is None or reported is None or usage is None:
        usage = msgspec.structs.replace(
            request.estimate(output_tokens(body)), tier=read_tier(fields.get("service_tier"))
        )
        fields["usage"] = usage_object(usage, extra(usage))
    else:
        fields["usage"] = priced(raw, reported, extra=extra(usage))
    return encode(fields)


def _malformed(message: str) -> Failure:
    return Failure(kind=FailureKind.MALFORMED, message=message)
