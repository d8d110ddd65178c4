"""`/admin/v1/projects`: the projects of the organization in whose context the request is made."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from headgate.access.identity import Project
from headgate.core.errors import (
    Conflict,
    InvalidBody,
    InvalidQuery,
)
from headgate.core.json import JsonObject
from headgate.gateway.tenancy_projects import Projects
from headgate.gateway.tenancy_settings import settings_shown
from headgate.web.admin_api.callers import REFUSED, REFUSED_ONE, Caller, MembersManager
from headgate.web.admin_api.organizations import tenant_change, tenant_wish
from headgate.web.admin_api.reading import PAGING, page_of, page_response, paging
from headgate.web.answers import json_response
from headgate.web.describe import BOOLEAN, STRING, object_of, operation, path
from headgate.web.times import written

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
            errors=(*REFUSED_ONE, InvalidBody, Conflict),
        )
        router.add_api_route("", self.create, methods=["POST"], operation_id="createProject", openapi_extra=described)
        described = operation(
            "List the projects that one may enter",
            parameters=PAGING,
            answer=page_of(_PROJECT),
            errors=(*REFUSED, InvalidQuery),
        )
        router.add_api_route("", self.list, methods=["GET"], operation_id="listProjects", openapi_extra=described)
        described = operation("Read a project", parameters=(_NAME,), answer=_PROJECT, errors=REFUSED_ONE)
        router.add_api_route(one, self.read, methods=["GET"], operation_id="getProject", openapi_extra=described)
        described = operation(
            "Change a project's name and settings",
            parameters=(_NAME,),
            body=object_of({"name": STRING, "settings": _SETTINGS}),
            answer=_PROJECT,
            errors=(*REFUSED_ONE, InvalidBody),
        )
        router.add_api_route(one, self.update, methods=["PATCH"], operation_id="updateProject", openapi_extra=described)
        described = operation(
            "Delete a project that is empty",
            parameters=(_NAME,),
            answer=object_of({"deleted": BOOLEAN, "id": STRING}),
            errors=(*REFUSED_ONE, Conflict),
        )
        router.add_api_route(
            one, self.delete, methods=["DELETE"], operation_id="deleteProject", openapi_extra=described
        )
        return router

    async def create(self, request: Request, principal: MembersManager) -> Response:
        return json_response(shown(await self._projects.create(principal, await tenant_wish(request))))

    async def list(self, request: Request, principal: Caller) -> Response:
        offset, limit = paging(request)
        page = self._projects.list(principal, offset=offset, limit=limit)
        return page_response(page, shown)

    async def read(self, request: Request, principal: Caller) -> Response:
        return json_response(shown(self._projects.get(principal, request.path_params["project"])))

    async def update(self, request: Request, principal: MembersManager) -> Response:
        change = await tenant_change(request)
        return json_response(
            shown(await self._projects.update(principal, request.path_params["project"], change=change))
        )

    async def delete(self, request: Request, principal: MembersManager) -> Response:
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
