"""`/admin/v1/prices/overrides`: what an entry costs one organization in place of what it costs everybody.

Platform administrators write them for any entry, an organization for its own entries; it reads all that are its own.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.identity import Organization
from headgate.access.permissions import GOVERNANCE_MANAGE
from headgate.core import errors
from headgate.core.clock import Clock
from headgate.core.errors import NotFound
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.directory import Directory
from headgate.gateway.pages import Page
from headgate.gateway.price_overrides import PriceOverrides, Shown, Wanted
from headgate.web import query, times
from headgate.web.admin_api.price_bodies import (
    EFFECTIVE_AT,
    PRICE,
    PRICE_INPUT,
    TIME,
    instant_of_query,
    model_named,
    read_price,
    shown_price,
)
from headgate.web.admin_api.reading import PAGING, page_of, page_response, paging
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.bodies import read_object
from headgate.web.describe import STRING, list_of, object_of, operation
from headgate.web.describe import query as parameter
from headgate.web.running import Runner

Manager = Annotated[Principal, Depends(Requires(GOVERNANCE_MANAGE))]

_ORGANIZATION: Final = parameter("organization", "Id or slug; without it the caller's own.")
_MODEL: Final = parameter("model", "The entry's name or uid.")
_ONE: Final = {**_MODEL, "required": True}
_SCOPE: Final = parameter("scope", "`platform`, `organization`, `project`, `user`, or a scope's key.")
_PLANNED: Final = parameter(
    EFFECTIVE_AT, "Take back what was to count from then; without it the override ends.", schema=TIME
)
_OVERRIDE: Final = object_of(
    {
        "organization": STRING,
        "model_id": STRING,
        "uid": STRING,
        "scope": STRING,
        "price": {
            "anyOf": [PRICE, {"type": "null"}],
            "description": "In force; null: the entry's own still counts.",
        },
        "planned": list_of(PRICE),
        "past": list_of(PRICE),
        "created_at": TIME,
        "created_by": STRING,
        "updated_at": TIME,
    }
)
_REFUSED: Final = (
    errors.NotAuthenticated, errors.Forbidden, errors.ContextUnknown, errors.InvalidQuery, NotFound,
    errors.ModelNotFound, errors.StoreUnavailable,
)  # fmt: skip


class PriceOverrideRoutes:
    """List, write, withdraw or end."""

    def __init__(
        self, overrides: PriceOverrides, directory: Directory, *, clock: Clock, writer: Runner, readers: Runner
    ) -> None:
        self._overrides = overrides
        self._directory = directory
        self._clock = clock
        self._writer = writer
        self._readers = readers

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/prices/overrides", tags=["prices"])
        described = operation(
            "List the prices that organizations have of their own",
            parameters=(
                parameter("organization", "Id or slug; without it the caller's, or all for platform administrators."),
                _MODEL,
                _SCOPE,
                *PAGING,
            ),
            answer=page_of(_OVERRIDE),
            errors=_REFUSED,
        )
        router.add_api_route("", self.list, methods=["GET"], operation_id="listPriceOverrides", openapi_extra=described)
        described = operation(
            "Give an organization a price of its own, to count at once or later",
            parameters=(_ORGANIZATION, _ONE, _SCOPE),
            body=PRICE_INPUT,
            answer=_OVERRIDE,
            errors=(*_REFUSED, errors.InvalidBody, errors.Conflict),
        )
        router.add_api_route("", self.put, methods=["PUT"], operation_id="putPriceOverride", openapi_extra=described)
        described = operation(
            "Take back a planned price, or end the override",
            parameters=(_ORGANIZATION, _ONE, _SCOPE, _PLANNED),
            answer=_OVERRIDE,
            errors=(*_REFUSED, errors.Conflict),
        )
        router.add_api_route(
            "", self.withdraw, methods=["DELETE"], operation_id="deletePriceOverride", openapi_extra=described
        )
        return router

    async def list(self, request: Request, principal: Manager) -> Response:
        parameters = request.query_params
        every = principal.platform_admin and query.text(parameters, "organization") is None
        organization = None if every else self._organization(request, principal)
        model, scope = query.text(parameters, "model"), query.scope(parameters, principal)
        offset, limit = paging(request)
        found = await self._readers.run(
            lambda: self._overrides.list(principal, organization=organization, model=model, scope=scope)
        )
        return page_response(Page(found[offset : offset + limit], len(found)), self._shown)

    async def put(self, request: Request, principal: Manager) -> Response:
        wanted = self._wanted(request, principal)
        prices, effective_at = read_price(await read_object(request))
        made = await self._writer.run(
            lambda: self._overrides.put(principal, wanted, prices=prices, effective_at=effective_at)
        )
        return json_response(self._shown(made))

    async def withdraw(self, request: Request, principal: Manager) -> Response:
        wanted = self._wanted(request, principal)
        effective_at = instant_of_query(request.query_params, EFFECTIVE_AT)
        left = await self._writer.run(lambda: self._overrides.withdraw(principal, wanted, effective_at=effective_at))
        return json_response(self._shown(left))

    def _wanted(self, request: Request, principal: Principal) -> Wanted:
        organization = self._organization(request, principal)
        return Wanted(organization, model_named(request), query.scope(request.query_params, principal))

    def _organization(self, request: Request, principal: Principal) -> Organization:
        """The organization that is meant; one that is not the caller's to price for is as if it did not exist."""
        name = query.text(request.query_params, "organization") or principal.organization
        if not name:
            accepted = "an organization's id or slug, because the caller has none"
            raise query.refused("organization", "", accepted=accepted)
        found = self._directory.organization(name)
        if found is None or not (principal.platform_admin or found.id == principal.organization):
            raise NotFound(f"organization {name[:64]!r} does not exist")
        return found

    def _shown(self, each: Shown) -> JsonObject:
        override, offer, now = each.override, each.offer, self._clock.wall()
        organization = self._directory.organization(override.organization)
        held = [price for price in override.prices if price.effective_at <= now]
        return {
            "organization": organization.slug if organization is not None else override.organization,
            "model_id": offer.name,
            "uid": offer.uid,
            "scope": offer.scope_key,
            "price": shown_price(held[-1]) if held else None,
            "planned": [shown_price(price) for price in override.prices if price.effective_at > now],
            "past": [shown_price(price) for price in held[-2::-1]],
            "created_at": times.written(override.created_at),
            "created_by": override.created_by,
            "updated_at": times.written(override.updated_at),
        }
