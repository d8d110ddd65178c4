"""One model entry at a time: create, get, change, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.entries import may_write, own_scope
from headgate.access.permissions import GOVERNANCE_MANAGE
from headgate.catalogue.merge import written
from headgate.catalogue.offer import Offer
from headgate.core.clock import Clock
from headgate.core.errors import ModelNotFound
from headgate.core.json import Json, JsonObject
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Write, Written
from headgate.gateway.administer_desk import target
from headgate.gateway.road import CurrentSnapshot
from headgate.web import query
from headgate.web.answers import json_response, not_modified
from headgate.web.authorisation import Requires
from headgate.web.bodies import read_object
from headgate.web.catalogue_api import described
from headgate.web.catalogue_api.mount import Mount
from headgate.web.catalogue_api.reading import checked, read, read_new
from headgate.web.catalogue_api.view import shown, superset
from headgate.web.running import Runner

Reader = Annotated[Principal, Depends(Requires())]
Creator = Annotated[Principal, Depends(Requires(GOVERNANCE_MANAGE, seed_takes_bearer_key=True))]
# Whether an entry may be changed depends on its scope: the use case decides, once it is known which entry is meant.
Changer = Annotated[Principal, Depends(Requires(seed_takes_bearer_key=True))]
Deleter = Annotated[Principal, Depends(Requires())]

ONE: Final = "/models/{model_id:path}"


class Models:
    """The handlers of single entries on one mount."""

    def __init__(
        self, mount: Mount, *, current: CurrentSnapshot, administer: Administer, writer: Runner, clock: Clock
    ) -> None:
        self._mount = mount
        self._clock = clock
        self._current = current
        self._administer = administer
        self._writer = writer

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route(
            "/models", self.create, methods=["POST"], operation_id="createModel", openapi_extra=described.CREATE
        )
        router.add_api_route(ONE, self.get, methods=["GET"], operation_id="getModel", openapi_extra=described.GET)
        router.add_api_route(
            ONE, self.change, methods=["PATCH"], operation_id="updateModel", openapi_extra=described.CHANGE
        )
        router.add_api_route(
            ONE, self.delete, methods=["DELETE"], operation_id="deleteModel", openapi_extra=described.DELETE
        )

    async def create(self, request: Request, principal: Creator) -> Response:
        reading = read_new(await read_object(request), self._mount.types)
        scope = query.scope(request.query_params, principal) or own_scope(principal)

        def create() -> Written:
            document = written(None, {"name": reading.name, **reading.with_kind(None)})
            return self._administer.create(principal, Write(document, reading.secret), scope=scope)

        made = await self._writer.run(create)
        return self._model(made.offer, made.warnings, wall=self._clock.wall())

    async def get(self, request: Request, principal: Reader) -> Response:
        name, scope = _name(request), query.scope(request.query_params, principal)
        snapshot = self._current.snapshot
        offer = target(snapshot, principal, name=name, scope=scope)
        if not self._mount.shows(offer):
            raise ModelNotFound(name)
        if not may_write(principal, offer.scope):
            # Visible is not yet callable: who may not write an entry sees what a call of it would say.
            snapshot.resolve(principal, offer.uid)
        wall = self._clock.wall()
        return not_modified(request, offer.etag(wall)) or self._model(offer, wall=wall)

    async def change(self, request: Request, principal: Changer) -> Response:
        name, scope = _name(request), query.scope(request.query_params, principal)
        body = await read_object(request)
        renamed = body.pop("model_id", None)
        reading = checked(read(body, self._mount.types))

        def change() -> Written:
            return self._administer.update(
                principal,
                name,
                change=lambda document: Write(written(document, reading.with_kind(document.kind)), reading.secret),
                scope=scope,
                kinds=self._mount.kinds,
                if_match=request.headers.get("if-match"),
            )

        made = await self._writer.run(change)
        warnings = (*_renaming(renamed, made.offer.name), *made.warnings)
        return self._model(made.offer, warnings, wall=self._clock.wall())

    async def delete(self, request: Request, principal: Deleter) -> Response:
        name, scope = _name(request), query.scope(request.query_params, principal)

        def delete() -> Offer:
            if_match, kinds = request.headers.get("if-match"), self._mount.kinds
            return self._administer.delete(principal, name, scope=scope, kinds=kinds, if_match=if_match)

        gone = await self._writer.run(delete)
        body: JsonObject = {"deleted": True, "model_id": gone.name}
        return json_response({**body, "id": gone.name, "object": "model"} if self._mount.superset else body)

    def _model(self, offer: Offer, warnings: Sequence[str] = (), *, wall: float) -> Response:
        body = shown(offer, warnings, wall=wall)
        return json_response({**superset(offer), **body} if self._mount.superset else body, etag=offer.etag(wall))


def _name(request: Request) -> str:
    name: str = request.path_params["model_id"]
    return name


def _renaming(given: Json, name: str) -> tuple[str, ...]:
    if given is None or given == name:
        return ()
    return (f"'model_id' cannot be changed and was ignored: the entry is {name!r}",)
