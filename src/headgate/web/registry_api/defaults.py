"""The models that people choose for a purpose."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.catalogue.kinds import CATEGORIES
from headgate.catalogue.offer import Offer
from headgate.catalogue.values import INTEGER_LIMIT, found
from headgate.core.errors import ModelNotFound, Unsuitable
from headgate.core.json import Json, JsonObject
from headgate.core.principal import Principal
from headgate.gateway.administer import Desk
from headgate.gateway.user_defaults import CONFIG_TYPES, GENERAL, Chosen, UserDefault, UserDefaults
from headgate.web import times
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.bodies import read_object
from headgate.web.detail import item
from headgate.web.registry_api import described
from headgate.web.registry_api.meant import numbered, own_scope
from headgate.web.registry_api.reading import refuse
from headgate.web.registry_api.routing import add_route
from headgate.web.registry_api.view import as_recipient, shown
from headgate.web.running import Runner
from headgate.web.turns import at_once

Person = Annotated[Principal, Depends(Requires(user=True))]

_WORDS: Final = {"llm": GENERAL}
_FIELDS: Final = ("model_id", "config_type")


class Defaults:
    """The handlers of chosen models."""

    def __init__(self, desk: Desk, defaults: UserDefaults, *, writer: Runner) -> None:
        self._desk = desk
        self._defaults = defaults
        self._writer = writer

    def add_to(self, router: APIRouter) -> None:
        add_route(router, "GET /user-default", handler=self.list, name="listUserDefaults", said=described.USER_DEFAULTS)
        add_route(router, "POST /user-default", handler=self.choose, name="setUserDefault", said=described.SET_DEFAULT)
        one = "/user-default/{config_type}"
        add_route(router, f"GET {one}", handler=self.own, name="getUserDefault", said=described.USER_DEFAULT)
        add_route(router, f"DELETE {one}", handler=self.clear, name="deleteUserDefault", said=described.CLEAR_DEFAULT)
        add_route(
            router,
            "GET /default/{model_provider}",
            handler=self.in_force,
            name="getDefaultModel",
            said=described.DEFAULT,
        )

    async def list(self, principal: Person) -> Response:
        chosen = await self._writer.run(lambda: self._defaults.all(principal))
        return json_response([self._with_model(each, principal) for each in chosen])

    async def choose(self, request: Request, principal: Person) -> Response:
        number, config_type = _asked(await read_object(request))
        own_scope(principal)

        def choose() -> JsonObject:
            offer = at_once(numbered(self._desk.snapshot, principal, text=str(number)))
            if offer is None:
                raise ModelNotFound(str(number))
            if not CONFIG_TYPES[config_type].fits(offer):
                raise Unsuitable(
                    f"a model of the category {CATEGORIES[offer.kind]!r} with the abilities "
                    f"{sorted(offer.capabilities)} cannot be the default of the type {config_type!r}"
                )
            return _row(self._defaults.choose(principal, config_type, offer=offer), offer)

        return json_response(await self._writer.run(choose))

    async def own(self, request: Request, principal: Person) -> Response:
        config_type = request.path_params["config_type"]
        chosen = await self._writer.run(lambda: self._defaults.own(principal, config_type))
        return json_response(_row(chosen.default, chosen.offer) if chosen is not None else None)

    async def clear(self, request: Request, principal: Person) -> Response:
        config_type = request.path_params["config_type"]
        await self._writer.run(lambda: self._defaults.clear(principal, config_type))
        return json_response({"message": "the default was deleted"})

    async def in_force(self, request: Request, principal: Person) -> Response:
        config_type = _config_type(request.path_params["model_provider"])
        chosen = await self._writer.run(lambda: self._defaults.in_force(principal, config_type))
        return json_response(self._model(chosen, principal) if chosen is not None else None)

    def _with_model(self, chosen: Chosen, principal: Principal) -> JsonObject:
        return {**_row(chosen.default, chosen.offer), "model": self._model(chosen, principal)}

    def _model(self, chosen: Chosen, principal: Principal) -> JsonObject:
        body = shown(chosen.offer, principal, snapshot=self._desk.snapshot)
        return body if chosen.default.user == principal.user else as_recipient(body)


def _row(default: UserDefault, offer: Offer) -> JsonObject:
    return {
        "id": default.number,
        "user_id": default.user,
        "model_id": offer.number,
        "config_type": default.config_type,
        "created_at": times.written(default.created_at),
        "updated_at": times.written_or_null(default.updated_at),
    }


def _config_type(word: str) -> str:
    """The purpose that the path names; a word that names none means the general one."""
    known = _WORDS.get(word, word.replace("-", "_"))
    return known if known in CONFIG_TYPES else GENERAL


def _asked(body: JsonObject) -> tuple[int, str]:
    """The row id and the type. InvalidBody."""
    number, config_type = body.get("model_id"), body.get("config_type")
    faults = [item(key, f"{key!r} is required", type_="missing") for key in _FIELDS if key not in body]
    faults += [
        item(key, f"{key!r} is not known; accepted: {', '.join(_FIELDS)}", type_="extra_forbidden")
        for key in body
        if key not in _FIELDS
    ]
    if "model_id" in body and not _is_row_id(number):
        message = f"'model_id' takes the whole number of a row, not {found(number)}"
        faults.append(item("model_id", message, type_="int_type"))
    if "config_type" in body and (not isinstance(config_type, str) or config_type not in CONFIG_TYPES):
        message = f"'config_type' takes one of {', '.join(CONFIG_TYPES)}, not {found(config_type)}"
        faults.append(item("config_type", message, type_="value_error"))
    refuse(faults)
    return number, config_type  # type: ignore[return-value]  # anything else is a fault


def _is_row_id(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INTEGER_LIMIT
