"""The catalogue API on its two mounts."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from headgate.access.rate import Rate
from headgate.core.clock import Clock
from headgate.gateway.administer import Administer
from headgate.gateway.defaults import PlatformDefaults
from headgate.gateway.directory import Directory
from headgate.gateway.road import CurrentSnapshot
from headgate.web.catalogue_api.bulk import Bulk, BulkMeter
from headgate.web.catalogue_api.extras import Extras, SmokeTests
from headgate.web.catalogue_api.lists import Lists
from headgate.web.catalogue_api.models import Models
from headgate.web.catalogue_api.mount import FIRST, MOUNTS, Mount
from headgate.web.running import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueApi:
    """What the handlers need. `bulk_rate` is how often each principal may replace the whole catalogue."""

    current: CurrentSnapshot
    administer: Administer
    directory: Directory
    defaults: PlatformDefaults
    tests: SmokeTests
    writer: Runner
    clock: Clock
    bulk_rate: Rate

    def routers(self) -> list[APIRouter]:
        meter = BulkMeter(self.bulk_rate, self.clock)
        return [self._router(mount, meter) for mount in MOUNTS]

    def _router(self, mount: Mount, meter: BulkMeter) -> APIRouter:
        # The second mount is the first one for other clients: one description serves both.
        router = APIRouter(prefix=mount.prefix, tags=["catalogue"], include_in_schema=mount is FIRST)
        Lists(
            mount,
            current=self.current,
            administer=self.administer,
            directory=self.directory,
            writer=self.writer,
            clock=self.clock,
        ).add_to(router)
        Models(mount, current=self.current, administer=self.administer, writer=self.writer, clock=self.clock).add_to(
            router
        )
        Bulk(mount, administer=self.administer, writer=self.writer, meter=meter).add_to(router)
        Extras(current=self.current, defaults=self.defaults, tests=self.tests).add_to(router)
        return router
