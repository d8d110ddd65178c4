"""Chat requests in OpenAI's wire format to upstreams that speak Anthropic's: both ways are translated."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from headgate.catalogue.upstream import Route
from headgate.core.failure import Failure
from headgate.dialects import anthropic, anthropic_answer
from headgate.dialects.anthropic_request import body_of
from headgate.dialects.anthropic_stream import MessagesRelay
from headgate.dialects.exchange import Extra, Inbound
from headgate.dialects.openai_chat import ChatRequest


class ChatOverAnthropic:
    """Chat completions, as messages."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.chat_path

    def outbound(self, request: Inbound, route: Route, defaults: Mapping[str, object]) -> bytes:
        chat = _chat(request)
        return body_of(chat.fields, model=route.json_model, stream=chat.stream, defaults=defaults)

    def relay(self, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> MessagesRelay:
        return MessagesRelay(json_name, _chat(request), extra=extra)

    def whole(self, body: bytes, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> bytes | Failure:
        return anthropic_answer.whole_answer(body, json_name, request=_chat(request), extra=extra)

    def classify(self, status: int, headers: Mapping[bytes, bytes], body: bytes) -> Failure:
        return anthropic.classify(status, headers, body=body)


def _chat(request: Inbound) -> ChatRequest:
    assert isinstance(request, ChatRequest), "a codec takes what its own inbound side parsed"
    return request
