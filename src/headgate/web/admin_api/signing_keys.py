"""`/admin/v1/signing-keys`: the keys that sign sessions."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from headgate.core.errors import Forbidden, InvalidBody, NotAuthenticated
from headgate.core.json import JsonObject
from headgate.gateway.signing import KeyOfSessions, SigningKeys
from headgate.web.admin_api.callers import Administrator
from headgate.web.admin_api.reading import Fields
from headgate.web.answers import json_response
from headgate.web.describe import OBJECT, operation
from headgate.web.times import written

_REFUSALS: Final = (NotAuthenticated, Forbidden)


class SigningKeyRoutes:
    """List the keys, and have another one sign. No answer holds key material."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/signing-keys", tags=["sessions"])
        described = operation("List the keys that sign sessions", answer=OBJECT, errors=_REFUSALS)
        router.add_api_route("", self.list, methods=["GET"], operation_id="listSigningKeys", openapi_extra=described)
        described = operation(
            "Sign sessions with a new key; former ones verify what they signed",
            answer=OBJECT,
            errors=(*_REFUSALS, InvalidBody),
        )
        router.add_api_route(
            "", self.rotate, methods=["POST"], operation_id="rotateSigningKey", openapi_extra=described
        )
        return router

    async def list(self, _: Administrator) -> Response:
        return json_response({"items": [_shown(each) for each in self._keys.list()]})

    async def rotate(self, request: Request, _: Administrator) -> Response:
        (await Fields.of(request)).check()
        return json_response(_shown(await self._keys.rotate()))


def _shown(key: KeyOfSessions) -> JsonObject:
    return {"id": key.id, "created_at": written(key.created_at), "signs": key.signs}
