"""`/admin/v1/keys`: keys of the organization in whose context the request is made, and of its projects."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.grants import KeyWish
from headgate.access.identity import OrganizationKey
from headgate.access.permissions import DEFAULT_FOR_KEYS, GOVERNANCE_MANAGE, MEMBERS_MANAGE, MODELS_WRITE
from headgate.core.errors import ContextUnknown, Forbidden, InvalidBody, InvalidQuery, NotAuthenticated, NotFound
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.directory import Directory
from headgate.gateway.grant import Grants, organization_of
from headgate.gateway.key_reach import key_of, keys_seen
from headgate.web.admin_api.reading import PAGING, Fields, page_response, paging
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.describe import OBJECT, STRING, list_of, object_of, operation, path
from headgate.web.times import written, written_or_null
from headgate.web.turns import in_turns

Manager = Annotated[Principal, Depends(Requires(GOVERNANCE_MANAGE, or_=(MEMBERS_MANAGE, MODELS_WRITE)))]

_REFUSALS: Final = (NotAuthenticated, Forbidden, ContextUnknown, InvalidQuery)
_KEY_ID: Final = path("key_id", "The key's id.")
_BODY: Final = object_of(
    {
        "name": STRING,
        "permissions": {**list_of(STRING), "default": list(DEFAULT_FOR_KEYS)},
        "scopes": {**list_of(STRING), "description": "`models:NAME`, the models that may be called. None: any."},
        "project": {**STRING, "description": "Id or slug of the project that the key is bound to."},
        "expires_at": {**STRING, "format": "date-time"},
    },
    required=["name"],
)


class KeyRoutes:
    """Create, list, read and revoke. A key's text is in the answer to its creation and nowhere else."""

    def __init__(self, grants: Grants, directory: Directory) -> None:
        self._grants = grants
        self._directory = directory

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/keys", tags=["keys"])
        one, refused = "/{key_id}", (*_REFUSALS, NotFound)
        described = operation("Create an organization key", answer=OBJECT, body=_BODY, errors=(*_REFUSALS, InvalidBody))
        router.add_api_route("", self.create, methods=["POST"], operation_id="createKey", openapi_extra=described)
        described = operation("List the organization's keys", answer=OBJECT, parameters=PAGING, errors=_REFUSALS)
        router.add_api_route("", self.list, methods=["GET"], operation_id="listKeys", openapi_extra=described)
        described = operation("Read a key", answer=OBJECT, parameters=[_KEY_ID], errors=refused)
        router.add_api_route(one, self.read, methods=["GET"], operation_id="getKey", openapi_extra=described)
        described = operation("Revoke a key", answer=OBJECT, parameters=[_KEY_ID], errors=refused)
        router.add_api_route(one, self.revoke, methods=["DELETE"], operation_id="revokeKey", openapi_extra=described)
        return router

    async def create(self, request: Request, principal: Manager) -> Response:
        fields = await Fields.of(request, "name", "permissions", "scopes", "project", "expires_at")
        wish = KeyWish(
            name=fields.text("name"),
            permissions=fields.texts("permissions", default=DEFAULT_FOR_KEYS),
            scopes=fields.texts("scopes", default=()),
            project=fields.text("project", default=""),
            expires_at=fields.time("expires_at"),
        )
        fields.check()
        granted = await self._grants.create_key(principal, wish)
        return json_response({**shown(granted.record), "key": granted.text.reveal()})

    async def list(self, request: Request, principal: Manager) -> Response:
        offset, limit = paging(request)
        organization_of(principal)
        page = await in_turns(keys_seen(self._directory, principal, offset=offset, limit=limit))
        return page_response(page, shown)

    async def read(self, request: Request, principal: Manager) -> Response:
        key_id = request.path_params["key_id"]
        organization_of(principal)
        return json_response(shown(key_of(self._directory, principal, key_id=key_id)))

    async def revoke(self, request: Request, principal: Manager) -> Response:
        return json_response(shown(await self._grants.revoke_key(principal, request.path_params["key_id"])))


def shown(key: OrganizationKey) -> JsonObject:
    return {
        "id": key.id,
        "name": key.name,
        "organization": key.organization,
        "project": key.project or None,
        "permissions": key.permissions,
        "scopes": key.scopes,
        "last4": key.last4,
        "created_at": written(key.created_at),
        "created_by": key.created_by,
        "expires_at": written_or_null(key.expires_at),
        "revoked_at": written_or_null(key.revoked_at),
    }
