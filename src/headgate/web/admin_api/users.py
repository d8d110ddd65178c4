"""`/admin/v1/users`: people. They are made and disabled, never deleted."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response
from msgspec import UNSET, UnsetType

from headgate.access.identity import User
from headgate.core.errors import (
    Conflict,
    InvalidBody,
    InvalidQuery,
)
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.tenancy_users import UserChange, Users
from headgate.web.admin_api.callers import REFUSED, REFUSED_ONE, Administrator, Caller, Person
from headgate.web.admin_api.reading import PAGING, Fields, page_of, page_response, paging
from headgate.web.answers import json_response
from headgate.web.describe import BOOLEAN, STRING, object_of, operation, path
from headgate.web.times import written

_DEFAULT: Final[JsonObject] = {**STRING, "description": "Id or slug: the context of requests that name none."}
_USER: Final = object_of(
    {
        "id": STRING,
        "name": STRING,
        "email": {"type": ["string", "null"]},
        "disabled": BOOLEAN,
        "created_at": {**STRING, "format": "date-time"},
        "platform_admin": {**BOOLEAN, "description": "Shown to the user and to platform administrators."},
        "default_organization": {"type": ["string", "null"], "description": "Shown to the same."},
    }
)
_ID: Final = path("user", "The user's id, or `me`.")


class UserRoutes:
    """Create, list, read, change."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/users", tags=["tenancy"])
        one = "/{user}"
        described = operation(
            "Create a user",
            body=object_of({"name": STRING, "email": STRING, "platform_admin": BOOLEAN}, ["name"]),
            answer=_USER,
            errors=(*REFUSED, InvalidBody, Conflict),
        )
        router.add_api_route("", self.create, methods=["POST"], operation_id="createUser", openapi_extra=described)
        described = operation(
            "List the users that one may see",
            parameters=PAGING,
            answer=page_of(_USER),
            errors=(*REFUSED, InvalidQuery),
        )
        router.add_api_route("", self.list, methods=["GET"], operation_id="listUsers", openapi_extra=described)
        described = operation("Read a user", parameters=(_ID,), answer=_USER, errors=REFUSED_ONE)
        router.add_api_route(one, self.read, methods=["GET"], operation_id="getUser", openapi_extra=described)
        described = operation(
            "Change oneself, or anybody as a platform administrator",
            parameters=(_ID,),
            body=object_of(
                {
                    "name": STRING,
                    "default_organization": _DEFAULT,
                    "email": STRING,
                    "platform_admin": BOOLEAN,
                    "disabled": BOOLEAN,
                }
            ),
            answer=_USER,
            errors=(*REFUSED_ONE, InvalidBody, Conflict),
        )
        router.add_api_route(one, self.update, methods=["PATCH"], operation_id="updateUser", openapi_extra=described)
        return router

    async def create(self, request: Request, principal: Administrator) -> Response:
        fields = await Fields.of(request, "name", "email", "platform_admin")
        name, email = fields.text("name"), fields.text("email", default="")
        platform_admin = fields.flag("platform_admin", default=False)
        fields.check()
        made = await self._users.create(principal, name=name, email=email, platform_admin=platform_admin)
        return self._answer(principal, made)

    async def list(self, request: Request, principal: Caller) -> Response:
        offset, limit = paging(request)
        page = self._users.list(principal, offset=offset, limit=limit)
        return page_response(page, partial(self._shown, principal))

    async def read(self, request: Request, principal: Caller) -> Response:
        return self._answer(principal, self._users.get(principal, request.path_params["user"]))

    async def update(self, request: Request, principal: Person) -> Response:
        fields = await Fields.of(request, "name", "default_organization", "email", "platform_admin", "disabled")
        change = UserChange(
            name=fields.text("name") if fields.has("name") else UNSET,
            default_organization=_nullable(fields, "default_organization"),
            email=_nullable(fields, "email"),
            platform_admin=fields.flag("platform_admin") if fields.has("platform_admin") else UNSET,
            disabled=fields.flag("disabled") if fields.has("disabled") else UNSET,
        )
        fields.check()
        return self._answer(principal, await self._users.update(principal, request.path_params["user"], change=change))

    def _answer(self, by: Principal, user: User) -> Response:
        return json_response(self._shown(by, user))

    def _shown(self, by: Principal, user: User) -> JsonObject:
        shown: JsonObject = {
            "id": user.id,
            "name": user.name,
            "email": user.email or None,
            "disabled": user.disabled,
            "created_at": written(user.created_at),
        }
        if self._users.sees_whole(by, user):
            # What concerns other organizations, or none, is not for those who manage one.
            shown["platform_admin"] = user.platform_admin
            shown["default_organization"] = user.default_organization or None
        return shown


def _nullable(fields: Fields, name: str) -> str | UnsetType:
    return fields.text(name, default="") if fields.has(name) else UNSET
