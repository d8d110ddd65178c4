"""The smoke test of one model: a small call with a tool to call, or one text to embed."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.offer import Offer
from headgate.catalogue.upstream import Route, Unroutable
from headgate.core.errors import InvalidBody, detail
from headgate.core.failure import Failure
from headgate.core.json import Json, encode
from headgate.dialects.openai import read_error
from headgate.gateway.admission import SERVED_DIALECTS
from headgate.gateway.verify_exchange import Answered, Question

OPERATIONS: Final = ("completions", "embeddings")

_TEXT: Final = "Salut"
_WEATHER_TOOL: Final = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The current weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class SmokeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one smoke test found. `response` is the upstream's answer, or an object that says why there is none."""

    ok: bool
    response: Json
    dimensions: int | None = None


def demand_operation(operation: str) -> None:
    """InvalidBody unless a smoke test can do `operation`."""
    if operation not in OPERATIONS:
        accepted = " or ".join(OPERATIONS)
        raise InvalidBody(f"'type' is {accepted}", details=[detail("type", accepted)])


def smoke_question(offer: Offer, operation: str) -> Question | SmokeResult:
    """The call that tests an entry, or the result if none can be made."""
    route = offer.route
    if isinstance(route, Unroutable):
        return _unroutable(route.message)
    if route.provider.dialect not in SERVED_DIALECTS:
        return _unroutable(f"the dialect {route.provider.dialect!r} is not served")
    if operation == "embeddings":
        return Question(route.path(route.provider.embeddings_path), encode({"model": route.model, "input": _TEXT}))
    return Question(route.chat_path, encode(_weather(route)))


def _weather(route: Route) -> dict[str, Json]:
    question = {"role": "user", "content": "What is the weather in Paris?"}
    return {"model": route.model, "messages": [question], "tools": [_WEATHER_TOOL], "max_tokens": 256}


def _unroutable(reason: str) -> SmokeResult:
    return SmokeResult(ok=False, response={"error": "ModelNotRoutable", "message": reason})


def smoke_result(answered: Answered, operation: str) -> SmokeResult:
    """What an answer shows. Nothing in it is the secret that was presented."""
    result = answered.result
    if isinstance(result, Failure):
        told = read_error(result.body)
        message = answered.told(told.message) if told is not None else result.message
        shown: dict[str, Json] = {"error": "ProviderError", "kind": result.kind, "message": message}
        return SmokeResult(ok=False, response={**shown, **({"status": result.status} if result.status else {})})
    try:
        response = msgspec.json.decode(answered.wire.redacted(encode(msgspec.json.decode(result))))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return SmokeResult(ok=False, response={"error": "ProviderError", "message": "the answer is not JSON"})
    if operation == "completions":
        return SmokeResult(ok=isinstance(response, dict) and bool(response.get("choices")), response=response)
    dimensions = _dimensions(response)
    return SmokeResult(ok=dimensions is not None, response=response, dimensions=dimensions)


def _dimensions(response: Json) -> int | None:
    try:
        return len(response["data"][0]["embedding"])
    except (KeyError, IndexError, TypeError):
        return None
