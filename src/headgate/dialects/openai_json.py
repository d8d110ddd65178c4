"""What the operations of OpenAI's wire format share that take a JSON object and answer with one, never in a stream.

Both sides of a call speak it, so bodies pass through raw except for the fields that the catalogue sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from headgate.core.errors import InvalidBody, detail
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JSON_FAULTS
from headgate.core.usage import Usage
from headgate.dialects.counting import tokens_of
from headgate.dialects.exchange import Extent, Extra, Inbound, Relay
from headgate.dialects.openai import (
    AGENT_CONTEXT,
    ANY_MODEL,
    MODEL_LIMIT,
    Fields,
    classify,
    encode,
    error_message,
    flag,
    read_fields,
    take_agent_models,
    text,
)
from headgate.dialects.openai_usage import embedded, priced, read_reported, usage_object

_object = msgspec.json.Decoder(Fields).decode


class JsonRequest:
    """An inbound request without a stream: what decides, and in `fields` all of it, raw."""

    __slots__ = ("agent_models", "fields", "model", "size", "stream")

    needed: ClassVar[Mapping[str, str]] = {}
    """The fields that must be there, and what each takes."""

    def __init__(self, body: bytes | memoryview) -> None:
        fields = self.fields = read_fields(body)
        self.size = len(body)
        self.agent_models = take_agent_models(fields) if AGENT_CONTEXT in fields else ANY_MODEL
        self.model = text(fields, "model", MODEL_LIMIT)
        self.stream = False
        for name, told in self.needed.items():
            if name not in fields:
                raise InvalidBody(f"{name!r} is required: {told}", details=[detail(name, told)])
        if "stream" in fields and flag(fields, "stream"):
            raise InvalidBody("'stream' is not served here; false is", details=[detail("stream", "false")])

    def estimate(self, output_tokens: int) -> Usage:
        """Usage for an upstream that reports none: bytes of the request over four."""
        return Usage(input=tokens_of(self.size), output=output_tokens, estimated=True)

    def extent(self) -> Extent:
        return Extent(self.size)


def sent(request: JsonRequest, model: msgspec.Raw, *, defaults: Mapping[str, object]) -> bytes:
    """The body for an upstream: `model` as JSON, `defaults` where the caller said nothing."""
    fields = request.fields.copy()
    fields["model"] = model
    for name, value in defaults.items():
        if name not in fields:
            fields[name] = msgspec.Raw(encode(value))
    return encode(fields)


def answered(body: bytes, needed: str) -> Fields | Failure:
    """A whole answer that has the field `needed`; a failure if it is none, or says that it failed."""
    try:
        fields = _object(body)
    except JSON_FAULTS as error:
        message = f"the upstream's answer is not a JSON object: {error}"
        return Failure(kind=FailureKind.MALFORMED, message=message)
    if needed in fields:
        return fields
    if "error" in fields:
        return Failure(kind=FailureKind.SERVER_ERROR, message=error_message(body) or "the upstream failed", body=body)
    return Failure(kind=FailureKind.MALFORMED, message=f"the upstream's answer has no {needed!r}")


def with_usage(fields: Fields, *, request: Inbound, extra: Extra) -> None:
    """Put our own members into the usage object of an answer, or make one."""
    raw = fields.get("usage")
    reported = read_reported(raw) if raw is not None else None
    usage = embedded(reported) if reported is not None else None
    if raw is None or reported is None or usage is None:
        usage = request.estimate(0)
        fields["usage"] = usage_object(usage, extra(usage))
    else:
        fields["usage"] = priced(raw, reported, extra=extra(usage))


class WholeOnly:
    """The half of a codec that operations without a stream share."""

    def relay(self, _json_name: msgspec.Raw, _request: Inbound, _extra: Extra) -> Relay:
        raise AssertionError("a request without a stream has no answer in one")

    classify = staticmethod(classify)
