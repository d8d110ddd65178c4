"""`/admin/v1/organizations`: tenants. Platform administrators make them, who manages one sets it up."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from msgspec import UNSET

from headgate.access.identity import Organization
from headgate.core.errors import (
    Conflict,
    InvalidBody,
    InvalidQuery,
)
from headgate.core.json import JsonObject
from headgate.gateway.tenancy_organizations import Organizations, TenantChange, TenantWish
from headgate.gateway.tenancy_settings import settings_shown
from headgate.web.admin_api.callers import REFUSED, REFUSED_ONE, Administrator, Caller, MembersManager
from headgate.web.admin_api.reading import PAGING, Fields, page_of, page_response, paging
from headgate.web.answers import json_response
from headgate.web.describe import BOOLEAN, OBJECT, STRING, object_of, operation, path
from headgate.web.times import written

_SETTINGS: Final = object_of(
    {
        "sharing": {**STRING, "enum": ["admins", "members"], "description": "Who shares own entries."},
        "public_models": {**BOOLEAN, "description": "Shared entries are listed to people who are not signed in."},
        "overlay": {**OBJECT, "description": "What governs calls; given as a whole. Takes `llm:governance:manage`."},
    }
)
_ORGANIZATION: Final = object_of(
    {
        "id": STRING,
        "slug": STRING,
        "name": STRING,
        "settings": _SETTINGS,
        "created_at": {**STRING, "format": "date-time"},
    }
)
_NAME: Final = path("organization", "Id or slug.")
_PREFIX: Final = "/admin/v1/organizations"


class OrganizationRoutes:
    """Create, list, read, change, delete."""

    def __init__(self, organizations: Organizations) -> None:
        self._organizations = organizations

    def router(self) -> APIRouter:
        router = APIRouter(prefix=_PREFIX, tags=["tenancy"])
        described = operation(
            "Create an organization",
            body=object_of({"slug": STRING, "name": STRING, "settings": _SETTINGS}, ["slug"]),
            answer=_ORGANIZATION,
            errors=(*REFUSED, InvalidBody, Conflict),
        )
        router.add_api_route(
            "", self.create, methods=["POST"], operation_id="createOrganization", openapi_extra=described
        )
        described = operation(
            "List the organizations that one belongs to",
            parameters=PAGING,
            answer=page_of(_ORGANIZATION),
            errors=(*REFUSED, InvalidQuery),
        )
        router.add_api_route("", self.list, methods=["GET"], operation_id="listOrganizations", openapi_extra=described)
        self._add_single(router)
        return router

    def _add_single(self, router: APIRouter) -> None:
        one = "/{organization}"
        described = operation("Read an organization", parameters=(_NAME,), answer=_ORGANIZATION, errors=REFUSED_ONE)
        router.add_api_route(one, self.read, methods=["GET"], operation_id="getOrganization", openapi_extra=described)
        described = operation(
            "Change an organization's name and settings",
            parameters=(_NAME,),
            body=object_of({"name": STRING, "settings": _SETTINGS}),
            answer=_ORGANIZATION,
            errors=(*REFUSED_ONE, InvalidBody),
        )
        router.add_api_route(
            one, self.update, methods=["PATCH"], operation_id="updateOrganization", openapi_extra=described
        )
        described = operation(
            "Delete an organization that is empty",
            parameters=(_NAME,),
            answer=object_of({"deleted": BOOLEAN, "id": STRING}),
            errors=(*REFUSED_ONE, Conflict),
        )
        router.add_api_route(
            one, self.delete, methods=["DELETE"], operation_id="deleteOrganization", openapi_extra=described
        )

    async def create(self, request: Request, principal: Administrator) -> Response:
        made = await self._organizations.create(principal, await tenant_wish(request))
        return json_response(shown(made))

    async def list(self, request: Request, principal: Caller) -> Response:
        offset, limit = paging(request)
        page = self._organizations.list(principal, offset=offset, limit=limit)
        return page_response(page, shown)

    async def read(self, request: Request, principal: Caller) -> Response:
        return json_response(shown(self._organizations.get(principal, request.path_params["organization"])))

    async def update(self, request: Request, principal: MembersManager) -> Response:
        change = await tenant_change(request)
        changed = await self._organizations.update(principal, request.path_params["organization"], change=change)
        return json_response(shown(changed))

    async def delete(self, request: Request, principal: Administrator) -> Response:
        gone = await self._organizations.delete(principal, request.path_params["organization"])
        return json_response({"deleted": True, "id": gone.id})


async def tenant_wish(request: Request) -> TenantWish:
    """What the body of a creation asks for."""
    fields = await Fields.of(request, "slug", "name", "settings")
    wish = TenantWish(
        slug=fields.text("slug"), name=fields.text("name", default=""), settings=fields.mapping("settings")
    )
    fields.check()
    return wish


async def tenant_change(request: Request) -> TenantChange:
    """What the body of a change asks for."""
    fields = await Fields.of(request, "name", "settings")
    change = TenantChange(
        name=fields.text("name") if fields.has("name") else UNSET, settings=fields.mapping("settings")
    )
    fields.check()
    return change


def shown(organization: Organization) -> JsonObject:
    return {
        "id": organization.id,
        "slug": organization.slug,
        "name": organization.name,
        "settings": settings_shown(organization.settings),
        "created_at": written(organization.created_at),
    }
