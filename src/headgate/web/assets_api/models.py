"""One model at a time: create, get, update, delete, verify."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from headgate.access.entries import may_enter_secrets
from headgate.access.permissions import MODELS_DELETE, MODELS_READ, MODELS_WRITE
from headgate.catalogue import scope as scopes
from headgate.catalogue.entry import Document
from headgate.catalogue.merge import written
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import Scope
from headgate.catalogue.upstream import ASSETS
from headgate.core.errors import Forbidden, ProjectMissing
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Desk, Write
from headgate.gateway.administer_desk import target
from headgate.gateway.stores import Verification, VerificationState
from headgate.web.answers import json_response
from headgate.web.assets_api import described
from headgate.web.assets_api.handles import derived
from headgate.web.assets_api.reading import Change, Changed, New, read_change, read_new, read_unsaved
from headgate.web.assets_api.status import Status
from headgate.web.assets_api.verifying import Probes, target_of, told
from headgate.web.assets_api.view import shown
from headgate.web.authorisation import Requires
from headgate.web.bodies import read_object
from headgate.web.running import Runner

Reader = Annotated[Principal, Depends(Requires(MODELS_READ))]
Writer = Annotated[Principal, Depends(Requires(MODELS_WRITE))]
Deleter = Annotated[Principal, Depends(Requires(MODELS_DELETE))]

# Handles have no slashes, but the names of entries that other APIs made in the project may.
ONE: Final = "/{resource_uri:path}"


class _Update(msgspec.Struct, frozen=True):
    """The entry after an update, and whether it has to be verified."""

    offer: Offer
    verify: bool


class Models:
    """The handlers of single models."""

    def __init__(self, desk: Desk, administer: Administer, *, writer: Runner, probes: Probes) -> None:
        self._desk = desk
        self._administer = administer
        self._writer = writer
        self._probes = probes

    def add_to(self, router: APIRouter) -> None:
        for path, handler, method, of in (
            ("", self.create, "POST", described.CREATE),
            # Before the verification of a stored model, whose handle may be anything.
            ("/verify", self.verify_unsaved, "POST", described.VERIFY_UNSAVED),
            (f"{ONE}/verify", self.verify, "POST", described.VERIFY),
            (ONE, self.get, "GET", described.GET),
            (ONE, self.update, "PUT", described.UPDATE),
            (ONE, self.delete, "DELETE", described.DELETE),
        ):
            router.add_api_route(
                path, handler, methods=[method], operation_id=of.id, status_code=of.status, openapi_extra=of.words
            )

    async def create(self, request: Request, principal: Writer) -> Response:
        scope = project_of(principal)
        new = read_new(await read_object(request))
        made = await self._writer.run(lambda: self._create(principal, scope, new=new))
        self._probes.later(made)
        return self._model(made, status=201)

    async def get(self, request: Request, principal: Reader) -> Response:
        return self._model(self._target(request, principal))

    async def update(self, request: Request, principal: Writer) -> Response:
        scope = project_of(principal)
        change = read_change(await read_object(request))
        name = _name(request)
        made = await self._writer.run(lambda: self._update(principal, scope, name=name, change=change))
        if made.verify:
            self._probes.later(made.offer)
        return self._model(made.offer)

    async def delete(self, request: Request, principal: Deleter) -> Response:
        scope, name = project_of(principal), _name(request)
        await self._writer.run(lambda: self._administer.delete(principal, name, scope=scope))
        return Response(status_code=204)

    async def verify_unsaved(self, request: Request, principal: Writer) -> Response:
        scope = project_of(principal)
        unsaved = read_unsaved(await read_object(request))
        if unsaved.secret is not None and not may_enter_secrets(principal, scope):
            raise Forbidden("credentials may be verified by those who may enter them")
        target = target_of(unsaved, self._desk.providers, scope=scope, private=principal.platform_admin)
        return json_response(told(await self._probes.probe(target, by=principal)))

    async def verify(self, request: Request, principal: Writer) -> Response:
        outcome = await self._probes.stored(self._target(request, principal), by=principal)
        return json_response(told(outcome))

    # On the writer thread

    def _create(self, by: Principal, scope: Scope, *, new: New) -> Offer:
        desk = self._desk
        desk.catch_up()
        handle = new.handle or derived(
            new.name, lambda name: desk.snapshot.taken(scope, name, organization_slug=by.organization_slug) is not None
        )
        document = written(None, {**new.fields, "name": handle}, by=ASSETS)
        secret = msgspec.UNSET if new.secret is None else new.secret
        return self._administer.create(by, Write(document, secret), scope=scope).offer

    def _update(self, by: Principal, scope: Scope, *, name: str, change: Change) -> _Update:
        desk = self._desk
        desk.catch_up()
        before = target(desk.snapshot, by, name=name, scope=scope)
        asked = change.of(shown(before, desk.board.of(before.uid)), before.kind)

        def changed(document: Document) -> Write:
            return Write(written(document, asked.fields, by=ASSETS), change.secret)

        made = self._administer.update(by, before.uid, change=changed, scope=scope).offer
        self._decree(made, asked)
        state = desk.board.of(made.uid).state
        asks = asked.status in {Status.ACTIVE, Status.PENDING} and state is not VerificationState.OK
        return _Update(made, verify=asks or (made is not before and state is VerificationState.PENDING))

    def _decree(self, made: Offer, asked: Changed) -> None:
        """Verification as an update asks for it: forgotten, or failed until the next one says otherwise."""
        states = {Status.PENDING: VerificationState.PENDING, Status.ERROR: VerificationState.FAILED}
        state = states.get(asked.status) if asked.status is not None else None
        if state is not None:
            self._desk.board.pin(Verification(uid=made.uid, state=state, at=self._desk.clock.wall()))
            self._desk.board.flush()

    def _target(self, request: Request, principal: Principal) -> Offer:
        return target(self._desk.snapshot, principal, name=_name(request), scope=project_of(principal))

    def _model(self, offer: Offer, status: int = 200) -> Response:
        return json_response(shown(offer, self._desk.board.of(offer.uid)), status=status)


def project_of(principal: Principal) -> Scope:
    """The scope of the request's project; ProjectMissing."""
    if not principal.project:
        raise ProjectMissing
    return scopes.project(principal.organization, principal.project)


def _name(request: Request) -> str:
    name: str = request.path_params["resource_uri"]
    return name
