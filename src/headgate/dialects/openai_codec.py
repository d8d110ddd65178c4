"""Requests in OpenAI's wire format to upstreams that speak it too: bodies pass through."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from headgate.catalogue.upstream import Route
from headgate.dialects.exchange import Extra, Inbound
from headgate.dialects.openai import classify
from headgate.dialects.openai_chat import ChatRequest, whole_answer
from headgate.dialects.openai_stream import StreamRelay


class ChatOverOpenAI:
    """Chat completions, as the caller wrote them."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.chat_path

    def outbound(self, request: Inbound, route: Route, defaults: Mapping[str, object]) -> bytes:
        assert isinstance(request, ChatRequest), "a codec takes what its own inbound side parsed"
        return request.outbound(route.json_model, defaults, stream_usage=route.provider.stream_usage)

    def relay(self, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> StreamRelay:
        assert isinstance(request, ChatRequest), "a codec takes what its own inbound side parsed"
        return StreamRelay(json_name, request, extra)

    whole = staticmethod(whole_answer)
    classify = staticmethod(classify)


class CompletionOverOpenAI(ChatOverOpenAI):
    """Completions of a text, as the caller wrote them."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.path(route.provider.completions_path)
