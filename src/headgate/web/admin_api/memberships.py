"""`/admin/v1/memberships` and `/admin/v1/projects/{project}/memberships`: who belongs to what, and as what."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from headgate.access.identity import Membership, ProjectMembership, ProjectRole, Role
from headgate.core.errors import (
    Conflict,
    InvalidBody,
    InvalidQuery,
)
from headgate.core.json import JsonObject
from headgate.gateway.tenancy_members import Members
from headgate.gateway.tenancy_project_members import ProjectMembers
from headgate.web.admin_api.callers import REFUSED, REFUSED_ONE, Caller, MembersManager
from headgate.web.admin_api.reading import PAGING, Fields, page_of, page_response, paging
from headgate.web.answers import json_response
from headgate.web.describe import BOOLEAN, INTEGER, STRING, list_of, object_of, operation, path
from headgate.web.times import written

_ROLE: Final[JsonObject] = {**STRING, "enum": list(Role)}
_PROJECT_ROLE: Final[JsonObject] = {**STRING, "enum": list(ProjectRole)}
_SINCE: Final[JsonObject] = {**STRING, "format": "date-time"}
_MEMBERSHIP: Final = object_of({"user": STRING, "organization": STRING, "role": _ROLE, "created_at": _SINCE})
_IN_PROJECT: Final = object_of(
    {"user": STRING, "organization": STRING, "project": STRING, "role": _PROJECT_ROLE, "created_at": _SINCE}
)
_USER: Final = path("user", "The user's id.")
_PROJECT: Final = path("project", "Id or slug.")


class MembershipRoutes:
    """Add, list, read, change, end: of the organization in whose context the request is made."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/memberships", tags=["tenancy"])
        described = operation(
            "Make a user a member, by id or e-mail",
            body=object_of({"user": STRING, "email": STRING, "role": _ROLE}, ["role"]),
            answer=_MEMBERSHIP,
            errors=(*REFUSED_ONE, InvalidBody, Conflict),
        )
        router.add_api_route(
            "", self.create, methods=["POST"], operation_id="createMembership", openapi_extra=described
        )
        described = operation(
            "List the organization's members, or oneself",
            parameters=PAGING,
            answer=page_of(_MEMBERSHIP),
            errors=(*REFUSED, InvalidQuery),
        )
        router.add_api_route("", self.list, methods=["GET"], operation_id="listMemberships", openapi_extra=described)
        self._add_single(router)
        return router

    def _add_single(self, router: APIRouter) -> None:
        one = "/{user}"
        described = operation("Read a membership", parameters=(_USER,), answer=_MEMBERSHIP, errors=REFUSED_ONE)
        router.add_api_route(one, self.read, methods=["GET"], operation_id="getMembership", openapi_extra=described)
        described = operation(
            "Change a member's role",
            parameters=(_USER,),
            body=object_of({"role": _ROLE}, ["role"]),
            answer=_MEMBERSHIP,
            errors=(*REFUSED_ONE, InvalidBody, Conflict),
        )
        router.add_api_route(
            one, self.update, methods=["PATCH"], operation_id="updateMembership", openapi_extra=described
        )
        described = operation(
            "End a membership and what it gave",
            parameters=(_USER,),
            answer=object_of(
                {"deleted": BOOLEAN, "user": STRING, "entries_deleted": INTEGER, "keys_in_force": list_of(STRING)}
            ),
            errors=(*REFUSED_ONE, Conflict),
        )
        router.add_api_route(
            one, self.delete, methods=["DELETE"], operation_id="deleteMembership", openapi_extra=described
        )

    async def create(self, request: Request, principal: MembersManager) -> Response:
        fields = await Fields.of(request, "user", "email", "role")
        user, email = fields.text("user", default=""), fields.text("email", default="")
        role = fields.word("role", accepted=Role)
        if bool(user) == bool(email):
            fields.refuse("user", "either 'user', an id, or 'email' is accepted")
        fields.check()
        return json_response(shown(await self._members.add(principal, user=user, email=email, role=role)))

    async def list(self, request: Request, principal: Caller) -> Response:
        offset, limit = paging(request)
        page = self._members.list(principal, offset=offset, limit=limit)
        return page_response(page, shown)

    async def read(self, request: Request, principal: Caller) -> Response:
        return json_response(shown(self._members.get(principal, request.path_params["user"])))

    async def update(self, request: Request, principal: MembersManager) -> Response:
        fields = await Fields.of(request, "role")
        role = fields.word("role", accepted=Role)
        fields.check()
        return json_response(shown(await self._members.change(principal, request.path_params["user"], role=role)))

    async def delete(self, request: Request, principal: Caller) -> Response:
        ended = await self._members.remove(principal, request.path_params["user"])
        return json_response(
            {
                "deleted": True,
                "user": ended.membership.user,
                "entries_deleted": ended.entries,
                "keys_in_force": [key.id for key in ended.keys],
            }
        )


class ProjectMembershipRoutes:
    """List, set, end: of one project."""

    def __init__(self, members: ProjectMembers) -> None:
        self._members = members

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/projects/{project}/memberships", tags=["tenancy"])
        one = "/{user}"
        described = operation(
            "List who was added to a project, or oneself",
            parameters=(_PROJECT, *PAGING),
            answer=page_of(_IN_PROJECT),
            errors=(*REFUSED_ONE, InvalidQuery),
        )
        router.add_api_route(
            "", self.list, methods=["GET"], operation_id="listProjectMemberships", openapi_extra=described
        )
        described = operation(
            "Add a member of the organization to a project, or change the role there",
            parameters=(_PROJECT, _USER),
            body=object_of({"role": _PROJECT_ROLE}, ["role"]),
            answer=_IN_PROJECT,
            errors=(*REFUSED_ONE, InvalidBody),
        )
        router.add_api_route(
            one, self.put, methods=["PUT"], operation_id="putProjectMembership", openapi_extra=described
        )
        described = operation(
            "End a membership in a project",
            parameters=(_PROJECT, _USER),
            answer=object_of({"deleted": BOOLEAN, "user": STRING, "project": STRING}),
            errors=REFUSED_ONE,
        )
        router.add_api_route(
            one, self.delete, methods=["DELETE"], operation_id="deleteProjectMembership", openapi_extra=described
        )
        return router

    async def list(self, request: Request, principal: Caller) -> Response:
        offset, limit = paging(request)
        page = self._members.list(principal, request.path_params["project"], offset=offset, limit=limit)
        return page_response(page, shown_in_project)

    async def put(self, request: Request, principal: MembersManager) -> Response:
        fields = await Fields.of(request, "role")
        role = fields.word("role", accepted=ProjectRole)
        fields.check()
        project, user = request.path_params["project"], request.path_params["user"]
        return json_response(shown_in_project(await self._members.put(principal, project, user=user, role=role)))

    async def delete(self, request: Request, principal: Caller) -> Response:
        project, user = request.path_params["project"], request.path_params["user"]
        ended = await self._members.remove(principal, project, user=user)
        return json_response({"deleted": True, "user": ended.user, "project": ended.project})


def shown(membership: Membership) -> JsonObject:
    return {
        "user": membership.user,
        "organization": membership.organization,
        "role": membership.role,
        "created_at": written(membership.created_at),
    }


def shown_in_project(membership: ProjectMembership) -> JsonObject:
    return {
        "user": membership.user,
        "organization": membership.organization,
        "project": membership.project,
        "role": membership.role,
        "created_at": written(membership.created_at),
    }
