"""`/admin/v1/tokens`: access tokens, each user's own; a platform administrator has everybody's."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from headgate.access.grants import TokenWish
from headgate.access.identity import AccessToken
from headgate.core.errors import Forbidden, InvalidBody, InvalidQuery, NotAuthenticated, NotFound
from headgate.core.json import JsonObject
from headgate.gateway.directory import Directory
from headgate.gateway.grant import Grants
from headgate.web.admin_api.callers import Person
from headgate.web.admin_api.reading import PAGING, Fields, page_response, paging
from headgate.web.answers import json_response
from headgate.web.describe import OBJECT, STRING, object_of, operation, path, query
from headgate.web.times import written, written_or_null

_REFUSALS: Final = (NotAuthenticated, Forbidden)
_TOKEN_ID: Final = path("token_id", "The token's id.")
_USER: Final = query("user", "The id of another user; platform administrators only.")
_BODY: Final = object_of(
    {
        "name": STRING,
        "expires_at": {**STRING, "format": "date-time"},
        "user": {**STRING, "description": "The id of another user; platform administrators only."},
    },
    required=["name"],
)


class TokenRoutes:
    """Create, list and revoke. A token's text is in the answer to its creation and nowhere else."""

    def __init__(self, grants: Grants, directory: Directory) -> None:
        self._grants = grants
        self._directory = directory

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/tokens", tags=["tokens"])
        described = operation("Create an access token", answer=OBJECT, body=_BODY, errors=(*_REFUSALS, InvalidBody))
        router.add_api_route("", self.create, methods=["POST"], operation_id="createToken", openapi_extra=described)
        described = operation(
            "List access tokens", answer=OBJECT, parameters=[*PAGING, _USER], errors=(*_REFUSALS, InvalidQuery)
        )
        router.add_api_route("", self.list, methods=["GET"], operation_id="listTokens", openapi_extra=described)
        described = operation(
            "Revoke an access token and its sessions",
            answer=OBJECT,
            parameters=[_TOKEN_ID],
            errors=(*_REFUSALS, NotFound),
        )
        router.add_api_route(
            "/{token_id}", self.revoke, methods=["DELETE"], operation_id="revokeToken", openapi_extra=described
        )
        return router

    async def create(self, request: Request, principal: Person) -> Response:
        fields = await Fields.of(request, "name", "expires_at", "user")
        wish = TokenWish(
            name=fields.text("name"),
            user=fields.text("user", default=""),
            expires_at=fields.time("expires_at"),
        )
        fields.check()
        granted = await self._grants.create_token(principal, wish)
        return json_response({**shown(granted.record), "token": granted.text.reveal()})

    async def list(self, request: Request, principal: Person) -> Response:
        offset, limit = paging(request)
        user_id = request.query_params.get("user", principal.user)
        if user_id != principal.user and not principal.platform_admin:
            raise Forbidden("only a platform administrator sees the tokens of another user")
        page = self._directory.tokens_of(user_id, offset=offset, limit=limit)
        return page_response(page, shown)

    async def revoke(self, request: Request, principal: Person) -> Response:
        return json_response(shown(await self._grants.revoke_token(principal, request.path_params["token_id"])))


def shown(token: AccessToken) -> JsonObject:
    return {
        "id": token.id,
        "user": token.user,
        "name": token.name,
        "last4": token.last4,
        "created_at": written(token.created_at),
        "expires_at": written_or_null(token.expires_at),
        "revoked_at": written_or_null(token.revoked_at),
    }
