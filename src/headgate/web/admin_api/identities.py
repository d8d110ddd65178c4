"""`POST /admin/v1/users/{id}/identities`: who a user is to an identity provider."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from headgate.core.errors import Conflict, Forbidden, InvalidBody, NotAuthenticated, NotFound
from headgate.gateway.identities import Identities
from headgate.web.admin_api.callers import Administrator
from headgate.web.admin_api.reading import Fields
from headgate.web.answers import json_response
from headgate.web.describe import OBJECT, STRING, object_of, operation, path
from headgate.web.times import written

_BODY: Final = object_of(
    {
        "issuer": {**STRING, "description": "The `iss` of its tokens."},
        "subject": {**STRING, "description": "What tells the user apart there, usually the `sub`."},
    },
    required=["issuer", "subject"],
)


class IdentityRoutes:
    """Let a user in with the tokens of an identity provider."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/users", tags=["users"])
        described = operation(
            "Say who a user is to an identity provider",
            answer=OBJECT,
            parameters=[path("user_id", "The user's id.")],
            body=_BODY,
            errors=(NotAuthenticated, Forbidden, NotFound, InvalidBody, Conflict),
        )
        router.add_api_route(
            "/{user_id}/identities", self.add, methods=["POST"], operation_id="addIdentity", openapi_extra=described
        )
        return router

    async def add(self, request: Request, _: Administrator) -> Response:
        fields = await Fields.of(request, "issuer", "subject")
        issuer, subject = fields.text("issuer"), fields.text("subject")
        fields.check()
        made = await self._identities.add(request.path_params["user_id"], issuer=issuer, subject=subject)
        return json_response(
            {
                "user": made.user,
                "issuer": made.issuer,
                "subject": made.subject,
                "created_at": written(made.created_at),
            }
        )
