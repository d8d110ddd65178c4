"""Requests in OpenAI's wire format to upstreams that speak it too: bodies pass through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from headgate.catalogue.upstream import Route
from headgate.dialects.exchange import Extra, Inbound
from headgate.dialects.openai import Fields, classify, encode
from headgate.dialects.openai_chat import ChatRequest, whole_answer
from headgate.dialects.openai_stream import StreamRelay

_TRUE: Final = msgspec.Raw(b"true")
_USAGE_ASKED: Final = msgspec.Raw(b'{"include_usage":true}')

_object = msgspec.json.Decoder(Fields).decode


class ChatOverOpenAI:
    """Chat completions, as the caller wrote them."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.chat_path

    def outbound(self, request: Inbound, route: Route, defaults: Mapping[str, object]) -> bytes:
        """The caller's body with the upstream's name of the model, and usage asked for."""
        assert isinstance(request, ChatRequest), "a codec takes what its own inbound side parsed"
        fields = request.fields.copy()
        fields["model"] = route.json_model
        if defaults:
            for name, value in defaults.items():
                if name not in fields and not (name == "max_tokens" and "max_completion_tokens" in fields):
                    fields[name] = msgspec.Raw(encode(value))
        if request.stream and route.provider.stream_usage:
            fields["stream_options"] = _with_usage(fields.get("stream_options"))
        return encode(fields)

    def relay(self, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> StreamRelay:
        assert isinstance(request, ChatRequest), "a codec takes what its own inbound side parsed"
        return StreamRelay(json_name, request, extra)

    whole = staticmethod(whole_answer)
    classify = staticmethod(classify)


def _with_usage(given: msgspec.Raw | None) -> msgspec.Raw:
    if given is None or bytes(given) == b"null":
        return _USAGE_ASKED
    options = _object(given)
    options["include_usage"] = _TRUE
    return msgspec.Raw(encode(options))


class CompletionOverOpenAI(ChatOverOpenAI):
    """Completions of a text, as the caller wrote them."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.path(route.provider.completions_path)
