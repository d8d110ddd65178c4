"""Images made from a text, in OpenAI's wire format.

Source: OpenAI's API reference, Images. Usage comes from the models that count tokens; the others are counted by the
text alone, since the size of an image says nothing of tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import msgspec

from headgate.catalogue.upstream import Route
from headgate.core.failure import Failure
from headgate.core.json import JSON_FAULTS
from headgate.core.usage import Usage
from headgate.dialects.exchange import Extra, Inbound
from headgate.dialects.openai import Fields, encode
from headgate.dialects.openai_json import JsonRequest, WholeOnly, answered, sent

_MOST_TOKENS: Final = 2**40


class ImageRequest(JsonRequest):
    """An inbound request for images."""

    __slots__ = ()

    needed: ClassVar[Mapping[str, str]] = {"prompt": "a text that says what to show"}


class ImageOverOpenAI(WholeOnly):
    """Images, as the caller asked for them."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.path(route.provider.images_path)

    def outbound(self, request: Inbound, route: Route, defaults: Mapping[str, object]) -> bytes:
        assert isinstance(request, ImageRequest), "a codec takes what its own inbound side parsed"
        return sent(request, route.json_model, defaults=defaults)

    def whole(self, body: bytes, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> bytes | Failure:
        fields = answered(body, "data")
        if isinstance(fields, Failure):
            return fields
        if "model" in fields:
            fields["model"] = json_name
        raw = fields.get("usage")
        usage = _read_usage(raw) if raw is not None else None
        if raw is None or usage is None:
            usage = request.estimate(0)
            raw = msgspec.Raw(
                b'{"input_tokens":%d,"output_tokens":0,"total_tokens":%d,"estimated":true}' % (usage.input, usage.input)
            )
        # Ours win over the members of an upstream that counts costs itself.
        fields["usage"] = msgspec.Raw(encode({**_object(raw), **_object(b"{%b}" % extra(usage))}))
        return encode(fields)


class _Reported(msgspec.Struct, gc=False):
    input_tokens: int
    output_tokens: int


_object = msgspec.json.Decoder(Fields).decode
_reported = msgspec.json.Decoder(_Reported).decode


def _read_usage(raw: msgspec.Raw) -> Usage | None:
    try:
        bytes(raw).decode()
        reported = _reported(raw)
    except JSON_FAULTS:
        return None
    inward, outward = reported.input_tokens, reported.output_tokens
    if not (0 <= inward < _MOST_TOKENS and 0 <= outward < _MOST_TOKENS):
        return None
    return Usage(input=inward, output=outward)
