"""The registry API below `/api/models`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter

from headgate.gateway.administer import Administer, Desk
from headgate.gateway.directory import Directory
from headgate.gateway.sharing import Sharing
from headgate.gateway.user_defaults import UserDefaults
from headgate.web.registry_api.defaults import Defaults
from headgate.web.registry_api.lists import Lists
from headgate.web.registry_api.models import Models
from headgate.web.registry_api.offering import Offering
from headgate.web.registry_api.probes import Probes, Testing
from headgate.web.running import Runner

PREFIX: Final = "/api/models"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryApi:
    """What the handlers need."""

    desk: Desk
    administer: Administer
    directory: Directory
    sharing: Sharing
    defaults: UserDefaults
    probes: Probes
    writer: Runner

    def router(self) -> APIRouter:
        router = APIRouter(prefix=PREFIX, tags=["registry"])
        models = Models(self.desk, self.administer, sharing=self.sharing, defaults=self.defaults, writer=self.writer)
        models.add_to(router)
        Lists(self.desk.current, self.directory).add_to(router)
        Defaults(self.desk, self.defaults, writer=self.writer).add_to(router)
        Offering(self.desk.providers).add_to(router)
        Testing(self.desk, self.probes).add_to(router)
        # What stands in a path of one segment is an id only if nothing else is meant by it.
        models.add_single_to(router)
        return router
