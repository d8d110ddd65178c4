"""What else the published API has: the default models, and the smoke test of one model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.permissions import COMPLETIONS_USE, EMBEDDINGS_USE
from headgate.core.errors import InvalidBody, detail
from headgate.core.json import Json, JsonObject
from headgate.core.principal import Principal
from headgate.gateway.defaults import PlatformDefaults, offered
from headgate.gateway.road import CurrentSnapshot
from headgate.gateway.verify_smoke import SmokeResult
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.bodies import name_of, read_object, refuse_unknown
from headgate.web.catalogue_api import described

Reader = Annotated[Principal, Depends(Requires())]

MODEL_LIMIT: Final = 256

_OPERATIONS: Final[Mapping[str, str]] = {
    "completions": "completions",
    "completion": "completions",
    "embeddings": "embeddings",
    "embedding": "embeddings",
}
_MAY_TEST: Final = {"completions": Requires(COMPLETIONS_USE), "embeddings": Requires(EMBEDDINGS_USE)}
"""A smoke test is a call, and paid for like one."""
_TEST_FIELDS: Final = frozenset({"modelId", "type"})


class SmokeTests(Protocol):
    """Makes one small call through a model."""

    async def smoke(self, principal: Principal, model: str, *, operation: str) -> SmokeResult: ...


class Extras:
    """The handlers of defaults and smoke tests; they are the same on both mounts."""

    def __init__(self, *, current: CurrentSnapshot, defaults: PlatformDefaults, tests: SmokeTests) -> None:
        self._current = current
        self._defaults = defaults
        self._tests = tests

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route(
            "/defaults", self.defaults, methods=["GET"], operation_id="getDefaults", openapi_extra=described.DEFAULTS
        )
        router.add_api_route(
            "/test", self.test, methods=["POST"], operation_id="runModelTest", openapi_extra=described.TEST
        )

    async def defaults(self, principal: Reader) -> Response:
        return json_response(offered(self._defaults.of(principal), principal, snapshot=self._current.snapshot))

    async def test(self, request: Request, principal: Reader) -> Response:
        body = await read_object(request)
        refuse_unknown(body, _TEST_FIELDS)
        model, operation = _model(body), _operation(body.get("type"))
        _MAY_TEST[operation].check(principal)
        result = await self._tests.smoke(principal, model, operation=operation)
        answer: JsonObject = {"ok": result.ok}
        if result.dimensions is not None:
            answer["dimensions"] = result.dimensions
        return json_response({**answer, "response": result.response})


def _model(body: JsonObject) -> str:
    model = body.get("modelId")
    if isinstance(model, str) and 1 <= len(model) <= MODEL_LIMIT:
        return model
    raise _wrong("modelId", f"'modelId' is required: a string of 1 to {MODEL_LIMIT} characters")


def _operation(word: Json) -> str:
    if word is None:
        return "completions"
    if isinstance(word, str) and word in _OPERATIONS:
        return _OPERATIONS[word]
    shown = repr(word[:32]) if isinstance(word, str) else name_of(word)
    raise _wrong("type", f"'type' takes one of {', '.join(_OPERATIONS)}, not {shown}")


def _wrong(path: str, message: str) -> InvalidBody:
    return InvalidBody(message, details=[detail(path, message)])
