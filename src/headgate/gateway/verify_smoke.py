"""The smoke test of one model: a small call with a tool to call, or one text to embed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.offer import Offer
from headgate.catalogue.operations import Operation
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import InvalidBody, detail
from headgate.core.failure import Failure
from headgate.core.json import Json, JsonObject, encode
from headgate.dialects.openai import read_error
from headgate.gateway.verify_calls import SmallCall, small_call
from headgate.gateway.verify_exchange import Answered

_WEATHER_TOOL: Final = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The current weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


_ASKED: Final[Mapping[str, tuple[Operation, JsonObject]]] = MappingProxyType(
    {
        "completions": (
            Operation.CHAT,
            {
                "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
                "tools": [_WEATHER_TOOL],
                "max_tokens": 256,
            },
        ),
        "embeddings": (Operation.EMBEDDING, {"input": "Salut"}),
    }
)
OPERATIONS: Final = tuple(_ASKED)


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


def smoke_call(offer: Offer, operation: str) -> SmallCall | SmokeResult:
    """The call that tests an entry, or the result if none can be made."""
    route = offer.route
    if isinstance(route, Unroutable):
        return _unroutable(route.message)
    what, fields = _ASKED[operation]
    call = small_call(route, what, fields=fields)
    return call if call is not None else _unroutable(f"the dialect {route.dialect!r} is not served here")


def _unroutable(reason: str) -> SmokeResult:
    return SmokeResult(ok=False, response={"error": "ModelNotRoutable", "message": reason})


def smoke_result(answered: Answered, result: bytes | Failure) -> SmokeResult:
    """What an answer as a caller would get it shows, or a failure. Nothing in it is the secret that was presented."""
    if isinstance(result, Failure):
        told = read_error(result.body)
        message = answered.told(told.message if told is not None else result.message)
        shown: dict[str, Json] = {"error": "ProviderError", "kind": result.kind, "message": message}
        return SmokeResult(ok=False, response={**shown, **({"status": result.status} if result.status else {})})
    try:
        response = msgspec.json.decode(answered.wire.redacted(encode(msgspec.json.decode(result))))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return SmokeResult(ok=False, response={"error": "ProviderError", "message": "the answer is not JSON"})
    if "choices" in response:
        return SmokeResult(ok=bool(response["choices"]), response=response)
    dimensions = _dimensions(response)
    return SmokeResult(ok=dimensions is not None, response=response, dimensions=dimensions)


def _dimensions(response: Json) -> int | None:
    try:
        return len(response["data"][0]["embedding"])
    except (KeyError, IndexError, TypeError):
        return None
