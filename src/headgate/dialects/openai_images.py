"""Images made from a text, in OpenAI's wire format.

Source: OpenAI's API reference, Images. Usage comes from the models that count tokens; the others are counted by the
pictures and the text, since the size of an image says nothing of tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from headgate.catalogue.upstream import Route
from headgate.core.failure import Failure
from headgate.core.json import JSON_FAULTS
from headgate.dialects.exchange import Extent, Extra, Inbound
from headgate.dialects.openai import encode
from headgate.dialects.openai_extent import number
from headgate.dialects.openai_json import JsonRequest, WholeOnly, answered, sent
from headgate.dialects.openai_usage import read_media_usage, with_members

_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class ImageRequest(JsonRequest):
    """An inbound request for images."""

    __slots__ = ()

    needed: ClassVar[Mapping[str, str]] = {"prompt": "a text that says what to show"}

    def extent(self) -> Extent:
        made = number(self.fields.get("n")) or 1
        return Extent(self.size, times=made, made=made)


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
        usage = read_media_usage(raw) if raw is not None else None
        if raw is None or usage is None:
            usage = msgspec.structs.replace(request.estimate(0), images=_pictures(fields["data"]))
            raw = msgspec.Raw(
                b'{"input_tokens":%d,"output_tokens":0,"total_tokens":%d,"estimated":true}' % (usage.input, usage.input)
            )
        fields["usage"] = with_members(raw, extra(usage))
        return encode(fields)


def _pictures(data: msgspec.Raw) -> int:
    """How many came; 0 for what is no list."""
    try:
        return len(_list(data))
    except JSON_FAULTS:
        return 0
