"""`GET /metrics`: what is measured, for Prometheus. It shows every tenant's models, so only administrators see it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from headgate.core.errors import Forbidden, NotAuthenticated
from headgate.core.principal import Principal
from headgate.web.authorisation import Requires
from headgate.web.describe import TEXT, operation

Administrator = Annotated[Principal, Depends(Requires(platform_admin=True))]


class MetricsPage:
    """The measurements of one registry, in the format that the scraper asks for."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def router(self) -> APIRouter:
        router = APIRouter(tags=["metrics"])
        described = operation("Measurements", answer=TEXT, errors=(NotAuthenticated, Forbidden))
        router.add_api_route("/metrics", self.show, methods=["GET"], operation_id="metrics", openapi_extra=described)
        return router

    async def show(self, request: Request, _: Administrator) -> Response:
        encoder, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encoder(self._registry), headers={"content-type": content_type})
