"""One smallest call to an upstream, to see whether an entry works.

A probe is an upstream exchange like any other, told through the same events; it keeps the answer instead of passing
it on. Failures are a result, not an error: who asks wants to know.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from headgate.catalogue.offer import Offer
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import InvalidBody, detail
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import Json, encode
from headgate.core.principal import Principal
from headgate.dialects.openai import classify, read_error
from headgate.gateway.admission import SERVED_DIALECTS, without_secret
from headgate.gateway.ports import ReceivedHeaders, Upstream
from headgate.gateway.road import CurrentSnapshot

TIMEOUT: Final = 30.0
ANSWER_LIMIT: Final = 1024 * 1024
OPERATIONS: Final = ("completions", "embeddings")

_SMOKE_TEXT: Final = "Salut"
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


class Probe:
    """An upstream exchange whose answer is kept. `result` resolves to the body of a 200, or to a Failure."""

    def __init__(self) -> None:
        self.result: asyncio.Future[bytes | Failure] = asyncio.get_running_loop().create_future()
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._status = 0
        self._headers: ReceivedHeaders = ()
        self._parts: list[bytes] = []
        self._size = 0

    def connected(self, _attempt: int) -> None:
        if not self.ready.done():
            self.ready.set_result(None)

    def request_sent(self, _attempt: int) -> None: ...

    def upstream_head(self, _attempt: int, status: int, headers: ReceivedHeaders) -> None:
        self._status, self._headers = status, headers

    def upstream_bytes(self, _attempt: int, data: bytes) -> None:
        self._size += len(data)
        if self._size <= ANSWER_LIMIT:
            self._parts.append(data)
        else:
            self._tell(Failure(kind=FailureKind.TOO_LARGE, message=f"the answer is larger than {ANSWER_LIMIT} bytes"))

    def upstream_done(self, _attempt: int, *, framed: bool) -> None:  # JSON shows its own end
        body = b"".join(self._parts)
        self._tell(body if self._status == 200 else classify(self._status, dict(self._headers), body))

    def upstream_whole(self, attempt: int, status: int, *, headers: ReceivedHeaders, body: bytes) -> None:
        self.upstream_head(attempt, status, headers)
        self.upstream_bytes(attempt, body)
        self.upstream_done(attempt, framed=True)

    def upstream_failed(self, _attempt: int, failure: Failure) -> None:
        self._tell(failure)

    def abandon(self) -> None:
        self._tell(Failure(kind=FailureKind.MALFORMED, message="the probe broke off"))

    def _tell(self, result: bytes | Failure) -> None:
        self.connected(0)
        if not self.result.done():
            self.result.set_result(result)


class Verify:
    """Smoke tests through the same upstreams, credentials and egress rules as calls."""

    def __init__(self, current: CurrentSnapshot, upstream: Upstream) -> None:
        self._current = current
        self._upstream = upstream

    async def smoke(self, principal: Principal, model: str, *, operation: str) -> SmokeResult:
        """One call of `operation`, `completions` or `embeddings`; ModelNotFound, ModelNotAllowed, InvalidBody."""
        if operation not in OPERATIONS:
            accepted = " or ".join(OPERATIONS)
            raise InvalidBody(f"'type' is {accepted}", details=[detail("type", accepted)])
        offer = self._current.snapshot.resolve(principal, model)
        route = offer.route
        if isinstance(route, Unroutable):
            return _unroutable(route.message)
        if route.provider.dialect not in SERVED_DIALECTS:
            return _unroutable(f"the dialect {route.provider.dialect!r} is not served")
        if operation == "embeddings":
            path, body = route.path(route.provider.embeddings_path), {"model": route.model, "input": _SMOKE_TEXT}
        else:
            path, body = route.chat_path, _weather_request(route.model)
        return _judge(await self._post(offer, path, encode(body)), operation)

    async def _post(self, offer: Offer, path: str, body: bytes) -> bytes | Failure:
        probe = Probe()
        wire = self._upstream.connect(offer, probe, 1, fresh=True)
        try:
            async with asyncio.timeout(TIMEOUT):
                if not wire.ready:
                    await probe.ready
                if not probe.result.done():
                    wire.send(path, body)
                result = await probe.result
                return without_secret(result, wire) if isinstance(result, Failure) else wire.redacted(result)
        except TimeoutError:
            return Failure(kind=FailureKind.TOTAL_TIMEOUT, message=f"no answer within {TIMEOUT:.0f} seconds")
        finally:
            wire.abort()


def _unroutable(reason: str) -> SmokeResult:
    return SmokeResult(ok=False, response={"error": "ModelNotRoutable", "message": reason})


def _weather_request(model: str) -> dict[str, Json]:
    question = {"role": "user", "content": "What is the weather in Paris?"}
    return {"model": model, "messages": [question], "tools": [_WEATHER_TOOL], "max_tokens": 256}


def _judge(result: bytes | Failure, operation: str) -> SmokeResult:
    if isinstance(result, Failure):
        told = read_error(result.body)
        shown = {"error": "ProviderError", "kind": result.kind, "message": told.message if told else result.message}
        return SmokeResult(ok=False, response={**shown, **({"status": result.status} if result.status else {})})
    try:
        response = msgspec.json.decode(result)
    except (msgspec.MsgspecError, RecursionError):
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
