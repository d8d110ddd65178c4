"""Replacing all platform entries at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.rate import UNUSED, Rate, allow
from headgate.catalogue.scope import PLATFORM
from headgate.core.clock import Clock
from headgate.core.errors import GatewayError, RateLimited, TooManyItems
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Replaced
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.bodies import read_object
from headgate.web.catalogue_api import described
from headgate.web.catalogue_api.items import items_of, read_items
from headgate.web.catalogue_api.mount import Mount
from headgate.web.running import Runner

Administrator = Annotated[Principal, Depends(Requires(platform_admin=True))]


class BulkMeter:
    """How often each principal may replace the catalogue. One meter serves both mounts.

    A replacement that was refused changed nothing, so it gives its turn back.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._states: dict[str, float] = {}

    def take(self, principal: Principal) -> None:
        verdict = allow(self._rate, self._states.get(principal.id, UNUSED), now=self._clock.now())
        if not verdict.allowed:
            limit = f"{self._rate.count} bulk replacements in {self._rate.period:g} seconds are allowed"
            raise RateLimited(limit, retry_after=verdict.retry_after)
        self._states[principal.id] = verdict.state

    def give_back(self, principal: Principal) -> None:
        self._states[principal.id] -= self._rate.period / self._rate.count


class Bulk:
    """The handler of bulk replacements on one mount.

    Entries of kinds that the mount has no word for are no part of what its clients can list, so they stay.
    """

    def __init__(self, mount: Mount, *, administer: Administer, writer: Runner, meter: BulkMeter) -> None:
        self._mount = mount
        self._administer = administer
        self._writer = writer
        self._meter = meter
        self._kinds = mount.kinds

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route(
            "/models", self.replace, methods=["PUT"], operation_id="replaceModels", openapi_extra=described.REPLACE
        )

    async def replace(self, request: Request, principal: Administrator) -> Response:
        models = items_of(await read_object(request))
        most = self._administer.max_items
        if len(models) > most:
            raise TooManyItems(f"'models' takes at most {most} items, not {len(models)}")
        items = read_items(models, types=self._mount.types, scope=PLATFORM)

        def replace() -> tuple[Replaced, str]:
            if_match = request.headers.get("if-match")
            done = self._administer.replace(principal, items, scope=PLATFORM, kinds=self._kinds, if_match=if_match)
            return done, self._administer.scope_version(PLATFORM)

        self._meter.take(principal)
        try:
            done, etag = await self._writer.run(replace)
        except GatewayError:
            self._meter.give_back(principal)
            raise
        body: JsonObject = {"deleted": done.deleted, "inserted": done.inserted}
        return json_response({**body, "warnings": list(done.warnings)} if done.warnings else body, etag=etag)
