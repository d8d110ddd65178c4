"""`/admin/v1/catalogue`: the history of the catalogue, going back in it, and what a bulk replace would change.

A scope's history is for those who may write the scope. Without `?scope=` it is the platform's for its administrators
and the organization's for everybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.entries import own_scope
from headgate.access.permissions import GOVERNANCE_MANAGE
from headgate.catalogue.kinds import TYPES
from headgate.catalogue.revision import Difference
from headgate.catalogue.scope import Scope
from headgate.core import errors
from headgate.core.errors import NotFound
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer
from headgate.web import query
from headgate.web.admin_api.histories import DIFFERENCES, REVISION, shown_difference, shown_revision, summary
from headgate.web.admin_api.reading import PAGE_DEFAULT, PAGE_LIMIT, Fields
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.bodies import read_object
from headgate.web.catalogue_api.items import items_of, read_items
from headgate.web.describe import BOOLEAN, INTEGER, STRING, component, header, list_of, object_of, operation, path
from headgate.web.describe import query as parameter
from headgate.web.running import Runner

Manager = Annotated[Principal, Depends(Requires(GOVERNANCE_MANAGE))]

_SCOPE: Final = parameter("scope", "`platform`, `organization`, `project`, `user`, or a scope's key.")
_NAMES: Final = parameter("model_ids", "Only these entries, with commas between.")
_NUMBER: Final = path("number", "The revision's number.", schema=INTEGER)
_OLD: Final = path("old", "From here.", schema=INTEGER)
_NEW: Final = path("new", "To here.", schema=INTEGER)
_LISTED: Final = (
    _SCOPE,
    parameter("before", "Only revisions below this number.", schema=INTEGER),
    parameter("limit", f"At most this many, {PAGE_DEFAULT} unless told.", schema=INTEGER),
    parameter("model_id", "Only revisions that changed this entry."),
)
_REFUSED: Final = (errors.NotAuthenticated, errors.Forbidden, errors.ContextUnknown, errors.InvalidQuery)
_WRITES: Final = (*_REFUSED, errors.InvalidBody, errors.StoreUnavailable)
_WARNINGS: Final = list_of(STRING)


class CatalogueRoutes:
    """Revisions, rollback and plan."""

    def __init__(self, administer: Administer, writer: Runner) -> None:
        self._administer = administer
        self._writer = writer

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/catalogue", tags=["history"])
        described = operation(
            "List a scope's revisions, newest first",
            parameters=_LISTED,
            answer=object_of({"items": list_of(REVISION), "has_more": BOOLEAN}),
            errors=_REFUSED,
        )
        router.add_api_route(
            "/revisions", self.list, methods=["GET"], operation_id="listRevisions", openapi_extra=described
        )
        described = operation(
            "Get a revision with everything that it changed",
            parameters=(_NUMBER, _SCOPE),
            answer=REVISION,
            errors=(*_REFUSED, NotFound),
        )
        router.add_api_route(
            "/revisions/{number}", self.get, methods=["GET"], operation_id="getRevision", openapi_extra=described
        )
        described = operation(
            "How a scope differs between two revisions",
            parameters=(_OLD, _NEW, _SCOPE, _NAMES),
            answer=object_of({"differences": DIFFERENCES}),
            errors=(*_REFUSED, NotFound),
        )
        compare = "/revisions/{old}/diff/{new}"
        router.add_api_route(
            compare, self.difference, methods=["GET"], operation_id="compareRevisions", openapi_extra=described
        )
        self._add_writes(router)
        return router

    def _add_writes(self, router: APIRouter) -> None:
        described = operation(
            "Restore documents as a revision left them",
            parameters=(_SCOPE,),
            body=object_of({"revision": INTEGER, "model_ids": list_of(STRING)}, ["revision"]),
            answer=object_of({"revision": INTEGER, "differences": DIFFERENCES, "warnings": _WARNINGS}),
            errors=(*_WRITES, NotFound, errors.NamesTaken),
        )
        router.add_api_route(
            "/rollback", self.rollback, methods=["POST"], operation_id="rollback", openapi_extra=described
        )
        described = operation(
            "What a bulk replace would change",
            parameters=(_SCOPE, header("If-Match", "Refuse if the scope has another ETag.")),
            body=component("ModelReplaceInput"),
            answer=object_of({"differences": DIFFERENCES}),
            errors=(*_WRITES, errors.InvalidItems, errors.TooManyItems, errors.PreconditionFailed),
        )
        router.add_api_route("/plan", self.plan, methods=["POST"], operation_id="planReplace", openapi_extra=described)

    async def list(self, request: Request, principal: Manager) -> Response:
        parameters = request.query_params
        scope = query.scope(parameters, principal)
        before, name = query.number(parameters, "before", least=1), query.text(parameters, "model_id")
        limit = min(query.number(parameters, "limit", least=1) or PAGE_DEFAULT, PAGE_LIMIT)
        found = await self._writer.run(
            lambda: self._administer.revisions(principal, scope, before=before, limit=limit + 1, name=name)
        )
        return json_response({"items": [summary(each) for each in found[:limit]], "has_more": len(found) > limit})

    async def get(self, request: Request, principal: Manager) -> Response:
        number, scope = _number(request, "number"), query.scope(request.query_params, principal)
        found = await self._writer.run(lambda: self._administer.revision(principal, number, scope=scope))
        return json_response(shown_revision(found))

    async def difference(self, request: Request, principal: Manager) -> Response:
        old, new = _number(request, "old"), _number(request, "new")
        scope = _scope(request, principal)
        names = query.words(request.query_params, "model_ids") or None
        found = await self._writer.run(
            lambda: self._administer.difference(principal, scope, old=old, new=new, names=names)
        )
        return json_response({"differences": _shown(found)})

    async def rollback(self, request: Request, principal: Manager) -> Response:
        scope = _scope(request, principal)
        fields = await Fields.of(request, "revision", "model_ids")
        number, names = fields.integer("revision"), fields.texts("model_ids", default=()) or None
        fields.check()
        done = await self._writer.run(lambda: self._administer.rollback(principal, scope, number=number, names=names))
        body = {"revision": done.revision, "differences": _shown(done.differences), "warnings": done.warnings}
        return json_response(body)

    async def plan(self, request: Request, principal: Manager) -> Response:
        scope = _scope(request, principal)
        items = read_items(items_of(await read_object(request)), types=TYPES, scope=scope)
        if_match = request.headers.get("if-match")

        def plan() -> tuple[Sequence[Difference], str]:
            found = self._administer.plan(principal, items, scope=scope, if_match=if_match)
            return found, self._administer.scope_version(scope)

        found, etag = await self._writer.run(plan)
        return json_response({"differences": _shown(found)}, etag=etag)


def _scope(request: Request, principal: Principal) -> Scope:
    return query.scope(request.query_params, principal) or own_scope(principal)


def _number(request: Request, name: str) -> int:
    text: str = request.path_params[name]
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise NotFound(f"revision {text[:64]!r} does not exist")
    return int(text)


def _shown(found: Sequence[Difference]) -> list[object]:
    return [shown_difference(each) for each in found]
