"""One model at a time: register, get, change, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.catalogue.entry import Document
from headgate.catalogue.offer import Offer, document_of
from headgate.catalogue.scope import Scope
from headgate.core.errors import Conflict, InvalidBody, ModelExists
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Desk, Write
from headgate.gateway.sharing import Sharing
from headgate.gateway.user_defaults import UserDefaults
from headgate.web import query
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.bodies import read_object
from headgate.web.registry_api import described
from headgate.web.registry_api.changing import changed, demand_category, demand_unlocked, registered
from headgate.web.registry_api.fields import translated
from headgate.web.registry_api.meant import meant, numbered, own_scope
from headgate.web.registry_api.reading import Reading, read_change, read_new
from headgate.web.registry_api.routing import add_route
from headgate.web.registry_api.view import is_own, shown
from headgate.web.running import Runner
from headgate.web.turns import at_once, in_turns

Person = Annotated[Principal, Depends(Requires(user=True))]

BY_ID: Final = "/by-id/{model_id:path}"
ONE: Final = "/{model_id:path}"
"""Behind every other route, because it takes every path."""


class Models:
    """The handlers of single models."""

    def __init__(
        self, desk: Desk, administer: Administer, *, sharing: Sharing, defaults: UserDefaults, writer: Runner
    ) -> None:
        self._desk = desk
        self._administer = administer
        self._sharing = sharing
        self._defaults = defaults
        self._writer = writer

    def add_to(self, router: APIRouter) -> None:
        add_route(router, "POST /register", handler=self.create, name="registerModel", said=described.CREATE)
        add_route(router, "POST ", handler=self.create, name="createRegisteredModel", said=described.CREATE)

    def add_single_to(self, router: APIRouter) -> None:
        """The routes of one model, which come last."""
        for path, name in ((BY_ID, "RegisteredModelById"), (ONE, "RegisteredModel")):
            add_route(router, f"GET {path}", handler=self.get, name=f"get{name}", said=described.GET)
            add_route(router, f"PUT {path}", handler=self.change, name=f"update{name}", said=described.CHANGE)
            add_route(router, f"DELETE {path}", handler=self.delete, name=f"delete{name}", said=described.DELETE)

    async def create(self, request: Request, principal: Person) -> Response:
        reading = read_new(await read_object(request))
        scope = own_scope(principal)
        made = await self._writer.run(lambda: self._create(principal, reading, scope))
        return self._shown(made, principal)

    async def get(self, request: Request, principal: Person) -> Response:
        return self._shown(await self._meant(request, principal), principal)

    async def change(self, request: Request, principal: Person) -> Response:
        reading = read_change(await read_object(request))
        offer = await self._meant(request, principal)
        made = await self._writer.run(lambda: self._change(principal, reading, offer.uid))
        return self._shown(made, principal)

    async def delete(self, request: Request, principal: Person) -> Response:
        offer = await self._meant(request, principal)

        def delete() -> None:
            if is_own(offer, principal) and self._defaults.is_chosen(principal, offer):
                raise Conflict("the model is one of your defaults: choose another default first")
            self._administer.delete(principal, offer.uid)

        await self._writer.run(delete)
        return json_response({"message": "the model was deleted"})

    # On the writer's thread

    def _create(self, by: Principal, reading: Reading, scope: Scope) -> Offer:
        snapshot, name = self._desk.snapshot, reading.name
        if snapshot.taken(scope, name, organization_slug=by.organization_slug) is not None:
            raise ModelExists(name)
        if at_once(numbered(snapshot, by, text=name)) is not None:
            # Everywhere an id of digits stands for the row with that number.
            raise ModelExists(name)
        if reading.share:
            self._sharing.demand_right(by)
        demand_category(reading)
        document = registered(reading, self._desk.providers)
        write, shared = Write(document, reading.secret), reading.share is True
        return _in_our_words(lambda: self._administer.create(by, write, scope=scope, shared=shared).offer)

    def _change(self, by: Principal, reading: Reading, uid: str) -> Offer:
        def change(before: Document) -> Write:
            self._demand_changeable(by, reading, uid)
            return Write(changed(before, reading, providers=self._desk.providers), reading.secret)

        made = _in_our_words(lambda: self._administer.update(by, uid, change=change).offer)
        if reading.share is True and is_own(made, by):
            self._sharing.share(by, made)
        elif reading.share is False and is_own(made, by):
            # Both, whether it is shared or not: an earlier attempt may have ended between the two.
            self._sharing.unshare(by, made)
            self._defaults.forget_others(made)
        return made

    def _demand_changeable(self, by: Principal, reading: Reading, uid: str) -> None:
        """Everything that a change is refused for besides its values, before anything is written."""
        offer = self._desk.snapshot.by_uid(uid)
        assert offer is not None, "it is being changed"
        shared = self._sharing.is_shared(offer)
        if shared:
            demand_unlocked(document_of(offer), reading)
        if reading.share is True and not shared and is_own(offer, by):
            self._sharing.demand_right(by)
        if reading.share is False and not is_own(offer, by):
            self._sharing.demand_shareable(offer)
        if reading.share is False and shared and self._defaults.is_chosen(by, offer):
            raise Conflict("the model is one of your defaults: choose another default before you un-share it")

    # On the event loop

    async def _meant(self, request: Request, principal: Principal) -> Offer:
        text, scope = request.path_params["model_id"], query.scope(request.query_params, principal)
        return await in_turns(meant(self._desk.snapshot, principal, text=text, scope=scope))

    def _shown(self, offer: Offer, principal: Principal) -> Response:
        return json_response(shown(offer, principal, snapshot=self._desk.snapshot))


def _in_our_words(work: Callable[[], Offer]) -> Offer:
    try:
        return work()
    except InvalidBody as error:
        raise translated(error) from None
