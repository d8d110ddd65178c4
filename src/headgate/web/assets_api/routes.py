"""The assets API, as one router."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from headgate.gateway.administer import Administer, Desk
from headgate.web.assets_api.lists import Lists
from headgate.web.assets_api.models import Models
from headgate.web.assets_api.verifying import Probes
from headgate.web.running import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetsApi:
    """What the handlers need."""

    desk: Desk
    administer: Administer
    writer: Runner
    probes: Probes

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/assets/models", tags=["assets"])
        Lists(self.desk).add_to(router)
        Models(self.desk, self.administer, writer=self.writer, probes=self.probes).add_to(router)
        return router
