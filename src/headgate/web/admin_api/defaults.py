"""`/admin/v1/defaults`: the models that calls go to which name none."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from headgate.core import errors
from headgate.gateway.defaults import PlatformDefaults, shown
from headgate.web.admin_api.callers import Administrator
from headgate.web.answers import json_response
from headgate.web.bodies import read_object
from headgate.web.describe import STRING, object_of, operation
from headgate.web.running import Runner

_MODEL: Final = object_of({"model_id": STRING}, ["model_id"])
_DEFAULTS: Final = object_of(
    {
        "completions": _MODEL,
        "embeddings": _MODEL,
        "image_generation": _MODEL,
        "file_parsing": object_of({"image": _MODEL, "audio": _MODEL, "document": _MODEL}),
    }
)
_REFUSED: Final = (errors.NotAuthenticated, errors.Forbidden)


class DefaultRoutes:
    """The platform's defaults, read and replaced as a whole."""

    def __init__(self, defaults: PlatformDefaults, writer: Runner) -> None:
        self._defaults = defaults
        self._writer = writer

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/defaults", tags=["defaults"])
        described = operation("The platform's default models", answer=_DEFAULTS, errors=_REFUSED)
        router.add_api_route(
            "", self.read, methods=["GET"], operation_id="getPlatformDefaults", openapi_extra=described
        )
        described = operation(
            "Put other default models in force",
            body=_DEFAULTS,
            answer=_DEFAULTS,
            errors=(*_REFUSED, errors.InvalidBody, errors.StoreUnavailable),
        )
        router.add_api_route(
            "", self.replace, methods=["PUT"], operation_id="replacePlatformDefaults", openapi_extra=described
        )
        return router

    async def read(self, _: Administrator) -> Response:
        return json_response(shown(self._defaults.current))

    async def replace(self, request: Request, principal: Administrator) -> Response:
        body = await read_object(request)
        return json_response(shown(await self._writer.run(lambda: self._defaults.replace(principal, body))))
