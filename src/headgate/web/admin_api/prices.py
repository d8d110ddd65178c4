"""`/admin/v1/prices`: whole price lists of an entry, in force, planned and past.

An entry is named in `?model=`, not in the path, because names may contain slashes. Writing a price takes what writing
the entry takes, and reading it what seeing the entry takes.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.catalogue.offer import Offer
from headgate.core import errors
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.administer import Written
from headgate.gateway.price_lists import PriceChange, PriceLists, Sheet
from headgate.web import query, times
from headgate.web.admin_api.price_bodies import (
    EFFECTIVE_AT,
    PRICE,
    PRICE_INPUT,
    TIME,
    instant_of_query,
    missing,
    model_named,
    read_price,
    shown_price,
)
from headgate.web.admin_api.reading import PAGE_DEFAULT, PAGE_LIMIT
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.bodies import read_object
from headgate.web.describe import BOOLEAN, INTEGER, STRING, header, list_of, object_of, operation
from headgate.web.describe import query as parameter
from headgate.web.running import Runner

# Whether an entry may be seen or written depends on its scope: the use case decides, once it is known which is meant.
Caller = Annotated[Principal, Depends(Requires())]

_MODEL: Final = {**parameter("model", "The entry's name or uid."), "required": True}
_SCOPE: Final = parameter("scope", "`platform`, `organization`, `project`, `user`, or a scope's key.")
_IF_MATCH: Final = header("If-Match", "Refuse if the entry has another ETag.")
_READ: Final = (
    _MODEL,
    _SCOPE,
    parameter("as_of", "The prices at this time, past or to come; RFC 3339 or Unix seconds.", schema=TIME),
    parameter("before", "Of the history, only revisions below this number.", schema=INTEGER),
    parameter("limit", f"Of the history, at most this many, {PAGE_DEFAULT} unless told.", schema=INTEGER),
)
_OR_NULL: Final[JsonObject] = {"anyOf": [PRICE, {"type": "null"}]}
_CHANGE: Final = object_of(
    {
        "revision": INTEGER,
        "at": TIME,
        "by": STRING,
        "action": STRING,
        "price": {**_OR_NULL, "description": "What counted from then on; null: unpriced."},
        "planned": list_of(PRICE),
    }
)
_SHEET: Final = object_of(
    {
        "model_id": STRING,
        "uid": STRING,
        "scope": STRING,
        "as_of": {**TIME, "description": "If it was asked for."},
        "price": {**_OR_NULL, "description": "In force; null: unpriced."},
        "planned": list_of(PRICE),
        "history": list_of(_CHANGE),
        "has_more": BOOLEAN,
        "warnings": list_of(STRING),
    }
)
_REFUSED: Final = (
    errors.NotAuthenticated, errors.ContextUnknown, errors.InvalidQuery, errors.ModelNotFound, errors.StoreUnavailable,
)  # fmt: skip
_WRITES: Final = (*_REFUSED, errors.Forbidden, errors.PreconditionFailed)


class PriceRoutes:
    """Read, add, withdraw."""

    def __init__(self, prices: PriceLists, *, writer: Runner, readers: Runner) -> None:
        self._prices = prices
        self._writer = writer
        self._readers = readers

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/prices", tags=["prices"])
        described = operation(
            "An entry's price in force, planned prices and their history",
            parameters=_READ,
            answer=_SHEET,
            errors=(*_REFUSED, errors.ModelNotAllowed),
        )
        router.add_api_route("", self.read, methods=["GET"], operation_id="getPrices", openapi_extra=described)
        described = operation(
            "Write a whole price list, to count at once or later",
            parameters=(_MODEL, _SCOPE, _IF_MATCH),
            body=PRICE_INPUT,
            answer=_SHEET,
            errors=(*_WRITES, errors.InvalidBody),
        )
        router.add_api_route("", self.add, methods=["POST"], operation_id="addPrice", openapi_extra=described)
        planned = {**parameter(EFFECTIVE_AT, "When it was to count from.", schema=TIME), "required": True}
        described = operation(
            "Withdraw a planned price",
            parameters=(_MODEL, planned, _SCOPE, _IF_MATCH),
            answer=_SHEET,
            errors=(*_WRITES, errors.NotFound, errors.Conflict),
        )
        router.add_api_route(
            "", self.withdraw, methods=["DELETE"], operation_id="withdrawPrice", openapi_extra=described
        )
        return router

    async def read(self, request: Request, principal: Caller) -> Response:
        parameters = request.query_params
        name, scope = model_named(request), query.scope(parameters, principal)
        as_of = instant_of_query(parameters, "as_of")
        before = query.number(parameters, "before", least=1)
        limit = min(query.number(parameters, "limit", least=1) or PAGE_DEFAULT, PAGE_LIMIT)
        sheet = await self._readers.run(
            lambda: self._prices.read(principal, name, scope=scope, as_of=as_of, before=before, limit=limit + 1)
        )
        shown = _shown(sheet, limit)
        if as_of is None:
            return json_response(shown, etag=_etag(sheet))
        return json_response({**shown, "as_of": times.written(as_of)})

    async def add(self, request: Request, principal: Caller) -> Response:
        name, scope = model_named(request), query.scope(request.query_params, principal)
        prices, effective_at = read_price(await read_object(request))
        if_match = request.headers.get("if-match")

        def add() -> Response:
            made = self._prices.add(
                principal, name, prices=prices, effective_at=effective_at, scope=scope, if_match=if_match
            )
            return self._written(principal, made)

        return await self._writer.run(add)

    async def withdraw(self, request: Request, principal: Caller) -> Response:
        parameters = request.query_params
        name, scope = model_named(request), query.scope(parameters, principal)
        effective_at = instant_of_query(parameters, EFFECTIVE_AT)
        if effective_at is None:
            raise missing(EFFECTIVE_AT)
        if_match = request.headers.get("if-match")

        def withdraw() -> Response:
            made = self._prices.withdraw(principal, name, effective_at=effective_at, scope=scope, if_match=if_match)
            return self._written(principal, made)

        return await self._writer.run(withdraw)

    def _written(self, principal: Principal, made: Written) -> Response:
        offer: Offer = made.offer
        sheet = self._prices.read(principal, offer.uid, scope=offer.scope, limit=PAGE_DEFAULT + 1)
        shown = _shown(sheet, PAGE_DEFAULT)
        if made.warnings:
            shown["warnings"] = list(made.warnings)
        return json_response(shown, etag=_etag(sheet))


def _shown(sheet: Sheet, limit: int) -> JsonObject:
    return {
        "model_id": sheet.offer.name,
        "uid": sheet.offer.uid,
        "scope": sheet.offer.scope_key,
        "price": shown_price(sheet.price) if sheet.price is not None else None,
        "planned": [shown_price(each) for each in sheet.planned],
        "history": [_shown_change(each) for each in sheet.history[:limit]],
        "has_more": len(sheet.history) > limit,
    }


def _shown_change(change: PriceChange) -> JsonObject:
    revision = change.revision
    return {
        "revision": revision.number,
        "at": times.written(revision.at),
        "by": revision.by,
        "action": revision.action,
        "price": shown_price(change.price) if change.price is not None else None,
        "planned": [shown_price(each) for each in change.planned],
    }


def _etag(sheet: Sheet) -> str:
    return sheet.offer.etag(sheet.at)
