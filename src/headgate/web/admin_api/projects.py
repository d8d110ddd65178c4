"""`/admin/v1/projects`: the projects of the organization in whose context the request is made."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.identity import Project
from headgate.access.permissions import MEMBERS_MANAGE
from headgate.core.errors import (
    Conflict,
    ContextUnknown,
    Forbidden,
    InvalidBody,
    InvalidQuery,
    NotAuthenticated,
    NotFound,
)
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.tenancy_projects import Projects
from headgate.gateway.tenancy_settings import settings_shown
from headgate.web.admin_api.organizations import tenant_change, tenant_wish
from headgate.web.admin_api.reading import PAGING, paging
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.describe import BOOLEAN, INTEGER, STRING, list_of, object_of, operation, path
from headgate.web.times import written

Caller = Annotated[Principal, Depends(Requires())]
Manager = Annotated[Principal, Depends(Requires(MEMBERS_MANAGE))]

_SETTINGS: Final = object_of(
    {"developers_manage_secrets": {**BOOLEAN, "description": "Developers enter the secrets of its entries."}}
)
_PROJECT: Final = object_of(
    {
        "id": STRING,
        "organization": STRING,
        "slug": STRING,
        "name": STRING,
        "settings": _SETTINGS,
        "created_at": {**STRING, "format": "date-time"},
    }
)
_NAME: Final = path("project", "Id or slug.")
_REFUSED: Final = (NotAuthenticated, Forbidden, ContextUnknown, InvalidQuery)
_ONE: Final = (*_REFUSED, NotFound)


class ProjectRoutes:
    """Create, list, read, change, delete."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/projects", tags=["tenancy"])
        one = "/{project}"
        described = operation(
            "Create a project",
            body=object_of({"slug": STRING, "name": STRING, "settings": _SETTINGS}, ["slug"]),
            answer=_PROJECT,
            errors=(*_ONE, InvalidBody, Conflict),
        )
        router.add_api_route("", self.create, methods=["POST"], operation_id="createProject", openapi_extra=described)
        described = operation(
            "List the projects that one may enter",
            parameters=PAGING,
            answer=object_of({"items": list_of(_PROJECT), "total": INTEGER}),
            errors=_REFUSED,
        )
        router.add_api_route("", self.list, methods=["GET"], operation_id="listProjects", openapi_extra=described)
        described = operation("Read a project", parameters=(_NAME,), answer=_PROJECT, errors=_ONE)
        router.add_api_route(one, self.read, methods=["GET"], operation_id="getProject", openapi_extra=described)
        described = operation(
            "Change a project's name and settings",
            parameters=(_NAME,),
            body=object_of({"name": STRING, "settings": _SETTINGS}),
            answer=_PROJECT,
            errors=(*_ONE, InvalidBody),
        )
        router.add_api_route(one, self.update, methods=["PATCH"], operation_id="updateProject", openapi_extra=described)
        described = operation(
            "Delete a project that is empty",
            parameters=(_NAME,),
            answer=object_of({"deleted": BOOLEAN, "id": STRING}),
            errors=(*_ONE, Conflict),
        )
        router.add_api_route(
            one, self.delete, methods=["DELETE"], operation_id="deleteProject", openapi_extra=described
        )
        return router

    async def create(self, request: Request, principal: Manager) -> Response:
        return json_response(shown(await self._projects.create(principal, await tenant_wish(request))))

    async def list(self, request: Request, principal: Caller) -> Response:
        offset, limit = paging(request)
        page = self._projects.list(principal, offset=offset, limit=limit)
        return json_response({"items": [shown(each) for each in page.items], "total": page.total})

    async def read(self, request: Request, principal: Caller) -> Response:
        return json_response(shown(self._projects.get(principal, request.path_params["project"])))

    async def update(self, request: Request, principal: Manager) -> Response:
        change = await tenant_change(request)
        return json_response(
            shown(await self._projects.update(principal, request.path_params["project"], change=change))
        )

    async def delete(self, request: Request, principal: Manager) -> Response:
        gone = await self._projects.delete(principal, request.path_params["project"])
        return json_response({"deleted": True, "id": gone.id})


def shown(project: Project) -> JsonObject:
    return {
        "id": project.id,
        "organization": project.organization,
        "slug": project.slug,
        "name": project.name,
        "settings": settings_shown(project.settings),
        "created_at": written(project.created_at),
    }
