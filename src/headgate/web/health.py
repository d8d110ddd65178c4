"""Whether the process lives, and whether it may be sent requests. Public: load balancers have no credential."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Response

from headgate.core.json import encode
from headgate.web.describe import OBJECT, operation
from headgate.web.flat import JSON

_ALIVE: Final = encode({"status": "alive"})
_READY: Final = encode({"status": "ready"})
_NOT_READY: Final = encode({"status": "not ready"})


class Health:
    """The probes. Both are asked each time: `is_ready` is false until the start is complete and from a stop signal on,
    `fault` is why calls are refused meanwhile, "" if they are not."""

    def __init__(self, is_ready: Callable[[], bool], fault: Callable[[], str]) -> None:
        self._is_ready = is_ready
        self._fault = fault

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/health", tags=["health"])
        for name, probe, summary in (
            ("liveness", self.liveness, "The process answers"),
            ("readiness", self.readiness, "The process may be sent requests"),
        ):
            described = operation(summary, answer=OBJECT)
            described["security"] = []
            router.add_api_route(f"/{name}", probe, methods=["GET"], operation_id=name, openapi_extra=described)
            router.add_api_route(f"/{name}", probe, methods=["HEAD"], include_in_schema=False)
        return router

    async def liveness(self) -> Response:
        return Response(_ALIVE, media_type=JSON)

    async def readiness(self) -> Response:
        fault = self._fault()
        if fault:
            return Response(encode({"status": "not ready", "reason": fault}), status_code=503, media_type=JSON)
        if self._is_ready():
            return Response(_READY, media_type=JSON)
        return Response(_NOT_READY, status_code=503, media_type=JSON)
