"""`/admin/v1/prices/drift`: how prices in force differ from the bundled data set, and what becomes of that.

Nothing is applied by itself. The report is about the entries that one may write, and accepting or ignoring a
difference takes what writing the entry takes.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.core import errors
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.pages import Page
from headgate.gateway.price_drift import FIELDS, Difference, Drift, PriceDrift
from headgate.web import query
from headgate.web.admin_api.price_bodies import model_named
from headgate.web.admin_api.reading import PAGING, Fields, page_of, page_response, paging
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.describe import STRING, header, list_of, object_of, operation
from headgate.web.describe import query as parameter
from headgate.web.running import Runner

# Whether an entry may be written depends on its scope: the use case decides, once it is known which is meant.
Caller = Annotated[Principal, Depends(Requires())]

_MODEL: Final = parameter("model", "The entry's name or uid.")
_ONE: Final = {**_MODEL, "required": True}
_SCOPE: Final = parameter("scope", "`platform`, `organization`, `project`, `user`, or a scope's key.")
_IF_MATCH: Final = header("If-Match", "Refuse if the entry has another ETag.")
_VALUE: Final[JsonObject] = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "array", "items": {"$ref": "#/components/schemas/PriceTier"}},
        {"type": "null"},
    ],
    "description": "USD, or tiers as a whole; null: nothing is said.",
}
_FIELD: Final[JsonObject] = {**STRING, "enum": list(FIELDS)}
_DRIFT: Final = object_of(
    {
        "model_id": STRING,
        "uid": STRING,
        "scope": STRING,
        "price_id": {"type": ["string", "null"], "description": "Of the price in force; null: unpriced."},
        "data_set": {**STRING, "description": "Name and version."},
        "fields": list_of(object_of({"field": _FIELD, "ours": _VALUE, "theirs": _VALUE})),
    }
)
_CHOSEN: Final = object_of({"fields": {**list_of(_FIELD), "description": "Absent: all that differ."}})
_REFUSED: Final = (
    errors.NotAuthenticated, errors.ContextUnknown, errors.InvalidQuery, errors.ModelNotFound, errors.StoreUnavailable,
)  # fmt: skip
_WRITES: Final = (*_REFUSED, errors.Forbidden, errors.InvalidBody, errors.Conflict)


class PriceDriftRoutes:
    """Report, accept, ignore."""

    def __init__(self, drift: PriceDrift, *, writer: Runner, readers: Runner) -> None:
        self._drift = drift
        self._writer = writer
        self._readers = readers

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/prices/drift", tags=["prices"])
        described = operation(
            "How prices in force differ from the bundled data set",
            parameters=(_MODEL, _SCOPE, *PAGING),
            answer=page_of(_DRIFT),
            errors=_REFUSED,
        )
        router.add_api_route("", self.report, methods=["GET"], operation_id="getPriceDrift", openapi_extra=described)
        described = operation(
            "Take over what the data set says, as a price list that counts from now on",
            parameters=(_ONE, _SCOPE, _IF_MATCH),
            body=_CHOSEN,
            answer=_DRIFT,
            errors=(*_WRITES, errors.PreconditionFailed),
        )
        router.add_api_route(
            "/accept", self.accept, methods=["POST"], operation_id="acceptPriceDrift", openapi_extra=described
        )
        described = operation(
            "Leave differences alone until the data set says something else",
            parameters=(_ONE, _SCOPE),
            body=_CHOSEN,
            answer=_DRIFT,
            errors=_WRITES,
        )
        router.add_api_route(
            "/ignore", self.ignore, methods=["POST"], operation_id="ignorePriceDrift", openapi_extra=described
        )
        return router

    async def report(self, request: Request, principal: Caller) -> Response:
        parameters = request.query_params
        scope, model = query.scope(parameters, principal), query.text(parameters, "model")
        offset, limit = paging(request)
        found = await self._readers.run(lambda: self._drift.report(principal, scope=scope, model=model))
        return page_response(Page(found[offset : offset + limit], len(found)), shown)

    async def accept(self, request: Request, principal: Caller) -> Response:
        name, scope = model_named(request), query.scope(request.query_params, principal)
        fields, if_match = await _fields(request), request.headers.get("if-match")
        left = await self._writer.run(
            lambda: self._drift.accept(principal, name, fields=fields, scope=scope, if_match=if_match)
        )
        return json_response(shown(left))

    async def ignore(self, request: Request, principal: Caller) -> Response:
        name, scope = model_named(request), query.scope(request.query_params, principal)
        fields = await _fields(request)
        left = await self._writer.run(lambda: self._drift.ignore(principal, name, fields=fields, scope=scope))
        return json_response(shown(left))


async def _fields(request: Request) -> tuple[str, ...]:
    body = await Fields.of(request, "fields")
    named = body.texts("fields", default=())
    if body.has("fields") and not named:
        body.refuse("fields", f"at least one of {', '.join(FIELDS)} is accepted, or no 'fields' for all that differ")
    body.check()
    return named


def shown(drift: Drift) -> JsonObject:
    return {
        "model_id": drift.offer.name,
        "uid": drift.offer.uid,
        "scope": drift.offer.scope_key,
        "price_id": drift.ours.id if drift.ours is not None else None,
        "data_set": drift.theirs.version,
        "fields": [_shown(each) for each in drift.fields],
    }


def _shown(difference: Difference) -> JsonObject:
    return {"field": difference.field, "ours": difference.ours, "theirs": difference.theirs}
