"""`/admin/v1/limits`: how many requests and tokens a minute, and how many requests at a time."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.limits import Limits, Metric, SetLimits
from headgate.access.permissions import GOVERNANCE_MANAGE
from headgate.core.errors import ContextUnknown, Forbidden, InvalidBody, InvalidQuery, NotAuthenticated, NotFound
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.core.subject import PLAN_ID, SubjectKind
from headgate.gateway.limits import RateLimits
from headgate.web.admin_api.reading import PAGING, Fields, page_of, page_response, paging
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.describe import INTEGER, OBJECT, object_of, operation, path, query
from headgate.web.query import text
from headgate.web.times import written

Governor = Annotated[Principal, Depends(Requires(GOVERNANCE_MANAGE))]

MOST: Final = 10**12

_REFUSALS: Final = (NotAuthenticated, Forbidden, ContextUnknown, InvalidQuery, NotFound)
_ONE: Final = "/{subject_kind}/{subject_id}"
_SUBJECT: Final = (
    path("subject_kind", f"One of {', '.join(SubjectKind)}."),
    path("subject_id", f"Id or slug; of a role its word, of the plan {PLAN_ID!r}."),
)
_OF: Final = query("organization", "Only those of this organization (id or slug).")
_BODY: Final = object_of(
    {
        "rpm": {**INTEGER, "description": "Requests a minute; 0: not said."},
        "tpm": {**INTEGER, "description": "Tokens a minute; 0: no limit."},
        "parallel": {**INTEGER, "description": "Requests at a time; 0: not said."},
    }
)


class LimitRoutes:
    """List, read, set, delete."""

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/limits", tags=["limits"])
        add = router.add_api_route
        listed = operation("List limits", answer=page_of(OBJECT), parameters=[_OF, *PAGING], errors=_REFUSALS)
        add("", self.list, methods=["GET"], operation_id="listLimits", openapi_extra=listed)
        read = operation("Read the limits of a subject", answer=OBJECT, parameters=_SUBJECT, errors=_REFUSALS)
        add(_ONE, self.read, methods=["GET"], operation_id="getLimits", openapi_extra=read)
        put = operation(
            "Set the limits of a subject",
            answer=OBJECT,
            parameters=_SUBJECT,
            body=_BODY,
            errors=(*_REFUSALS, InvalidBody),
        )
        add(_ONE, self.put, methods=["PUT"], operation_id="putLimits", openapi_extra=put)
        ended = operation("Delete the limits of a subject", answer=OBJECT, parameters=_SUBJECT, errors=_REFUSALS)
        add(_ONE, self.delete, methods=["DELETE"], operation_id="deleteLimits", openapi_extra=ended)
        return router

    async def list(self, request: Request, principal: Governor) -> Response:
        offset, limit = paging(request)
        organization = text(request.query_params, "organization")
        return page_response(
            self._limits.list(principal, organization=organization, offset=offset, limit=limit), _shown
        )

    async def read(self, request: Request, principal: Governor) -> Response:
        kind, name = _subject(request)
        return json_response(_shown(self._limits.get(principal, kind, name=name)))

    async def put(self, request: Request, principal: Governor) -> Response:
        kind, name = _subject(request)
        fields = await Fields.of(request, *Metric)
        limits = Limits(rpm=_count(fields, "rpm"), tpm=_count(fields, "tpm"), parallel=_count(fields, "parallel"))
        if limits == Limits():
            fields.refuse("rpm", f"at least one of {', '.join(Metric)} is to be said")
        fields.check()
        return json_response(_shown(await self._limits.put(principal, kind, name=name, limits=limits)))

    async def delete(self, request: Request, principal: Governor) -> Response:
        kind, name = _subject(request)
        return json_response(_shown(await self._limits.delete(principal, kind, name=name)))


def _subject(request: Request) -> tuple[SubjectKind, str]:
    word, name = request.path_params["subject_kind"], request.path_params["subject_id"]
    if word not in list(SubjectKind):
        raise NotFound(f"{word!r} is no kind of subject; accepted: {', '.join(SubjectKind)}")
    return SubjectKind(word), name


def _count(fields: Fields, name: str) -> int | None:
    if not fields.says(name):
        return None
    count = fields.integer(name)
    if not 0 <= count <= MOST:
        fields.refuse(name, f"a whole number from 0 to {MOST} is accepted, not {count}")
    return count


def _shown(limits: SetLimits) -> JsonObject:
    subject = limits.subject
    return {
        "organization": subject.organization or None,
        "subject_kind": subject.kind.value,
        "subject_id": subject.id,
        "rpm": limits.limits.rpm,
        "tpm": limits.limits.tpm,
        "parallel": limits.limits.parallel,
        "by_platform": limits.by_platform,
        "created_at": written(limits.created_at),
        "created_by": limits.created_by,
        "updated_at": written(limits.updated_at),
    }
