"""`/admin/v1/credentials`: named provider secrets. They go in and never come out; only what is about them shows."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.entries import own_scope
from headgate.access.permissions import CREDENTIALS_MANAGE, SECRETS_MANAGE
from headgate.catalogue.credential import Credential
from headgate.catalogue.scope import Scope, ScopeKind
from headgate.core import errors
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.credentials_named import NamedCredentials, NewCredential
from headgate.gateway.directory import Directory
from headgate.web import query, times
from headgate.web.admin_api.reading import Fields
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.describe import BOOLEAN, INTEGER, STRING, list_of, object_of, operation, path
from headgate.web.describe import query as parameter
from headgate.web.running import Runner

Manager = Annotated[Principal, Depends(Requires(CREDENTIALS_MANAGE, or_=(SECRETS_MANAGE,)))]

_TIME: Final[JsonObject] = {**STRING, "format": "date-time"}
_SECRET: Final[JsonObject] = {**STRING, "writeOnly": True}
_ORIGINS: Final[JsonObject] = {
    **list_of(STRING),
    "description": "Where the secret may be sent, `scheme://host[:port]`. Without it: to the provider's own URL.",
}
_CREDENTIAL: Final = object_of(
    {
        "id": STRING,
        "name": STRING,
        "scope": STRING,
        "provider": STRING,
        "origins": list_of(STRING),
        "default": {**BOOLEAN, "description": "Used for its provider in its scope when an entry names none."},
        "last4": {**STRING, "description": "The secret's end, unless it is short."},
        "version": INTEGER,
        "created_at": _TIME,
        "created_by": STRING,
        "updated_at": _TIME,
    }
)
_ID: Final = path("credential_id", "The credential's id.")
_SCOPE: Final = parameter("scope", "`platform`, `organization`, or a scope's key.")
_REFUSED: Final = (errors.NotAuthenticated, errors.Forbidden, errors.ContextUnknown)
_ONE: Final = (*_REFUSED, errors.NotFound)


class CredentialRoutes:
    """Create, list, read, rotate, mark as default, delete."""

    def __init__(self, credentials: NamedCredentials, writer: Runner, *, directory: Directory) -> None:
        self._credentials = credentials
        self._writer = writer
        self._directory = directory

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/credentials", tags=["credentials"])
        described = operation(
            "Store a credential",
            parameters=(_SCOPE,),
            body=object_of(
                {"name": STRING, "provider": STRING, "secret": _SECRET, "origins": _ORIGINS, "default": BOOLEAN},
                ["name", "provider", "secret"],
            ),
            answer=_CREDENTIAL,
            errors=(*_REFUSED, errors.InvalidBody, errors.InvalidQuery, errors.Conflict),
        )
        router.add_api_route(
            "", self.create, methods=["POST"], operation_id="createCredential", openapi_extra=described
        )
        described = operation(
            "List a scope's credentials",
            parameters=(_SCOPE,),
            answer=object_of({"items": list_of(_CREDENTIAL), "total": INTEGER}),
            errors=(*_REFUSED, errors.InvalidQuery),
        )
        router.add_api_route("", self.list, methods=["GET"], operation_id="listCredentials", openapi_extra=described)
        self._add_single(router)
        return router

    def _add_single(self, router: APIRouter) -> None:
        one = "/{credential_id}"
        described = operation("Read a credential", parameters=(_ID,), answer=_CREDENTIAL, errors=_ONE)
        router.add_api_route(one, self.read, methods=["GET"], operation_id="getCredential", openapi_extra=described)
        described = operation(
            "Make it the default of its provider and scope, or no longer",
            parameters=(_ID,),
            body=object_of({"default": BOOLEAN}, ["default"]),
            answer=_CREDENTIAL,
            errors=(*_ONE, errors.InvalidBody),
        )
        router.add_api_route(
            one, self.mark, methods=["PATCH"], operation_id="updateCredential", openapi_extra=described
        )
        described = operation(
            "Delete a credential that no entry names",
            parameters=(_ID,),
            answer=object_of({"deleted": BOOLEAN, "id": STRING}),
            errors=(*_ONE, errors.Conflict),
        )
        router.add_api_route(
            one, self.delete, methods=["DELETE"], operation_id="deleteCredential", openapi_extra=described
        )
        described = operation(
            "Replace the secret, and with it where it may go",
            parameters=(_ID,),
            body=object_of({"secret": _SECRET, "origins": _ORIGINS}, ["secret"]),
            answer=_CREDENTIAL,
            errors=(*_ONE, errors.InvalidBody),
        )
        router.add_api_route(
            f"{one}/rotate", self.rotate, methods=["POST"], operation_id="rotateCredential", openapi_extra=described
        )

    async def create(self, request: Request, principal: Manager) -> Response:
        scope = query.scope(request.query_params, principal) or own_scope(principal)
        self._demand_project(scope)
        fields = await Fields.of(request, "name", "provider", "secret", "origins", "default")
        given = NewCredential(
            name=fields.text("name"),
            provider=fields.text("provider"),
            secret=Secret(fields.text("secret")),
            origins=fields.texts("origins", default=()) or None,
            default=fields.flag("default", default=False),
        )
        fields.check()
        return _answer(await self._writer.run(lambda: self._credentials.create(principal, given, scope=scope)))

    def _demand_project(self, scope: Scope) -> None:
        """Whoever may manage all projects of an organization names one of them. Forbidden, as for a foreign one."""
        if scope.kind is ScopeKind.PROJECT:
            found = self._directory.project(scope.organization, scope.project)
            if found is None or found.id != scope.project:
                raise errors.Forbidden(f"the credentials of {scope.key!r} are not yours to manage")

    async def list(self, request: Request, principal: Manager) -> Response:
        scope = query.scope(request.query_params, principal)
        found = await self._writer.run(lambda: self._credentials.list(principal, scope))
        return json_response({"items": [shown(each) for each in found], "total": len(found)})

    async def read(self, request: Request, principal: Manager) -> Response:
        credential_id = _id(request)
        return _answer(await self._writer.run(lambda: self._credentials.get(principal, credential_id)))

    async def mark(self, request: Request, principal: Manager) -> Response:
        credential_id, fields = _id(request), await Fields.of(request, "default")
        default = fields.flag("default")
        fields.check()
        return _answer(
            await self._writer.run(lambda: self._credentials.set_default(principal, credential_id, default=default))
        )

    async def rotate(self, request: Request, principal: Manager) -> Response:
        credential_id, fields = _id(request), await Fields.of(request, "secret", "origins")
        secret, origins = Secret(fields.text("secret")), fields.texts("origins", default=()) or None
        fields.check()
        return _answer(
            await self._writer.run(
                lambda: self._credentials.rotate(principal, credential_id, secret=secret, origins=origins)
            )
        )

    async def delete(self, request: Request, principal: Manager) -> Response:
        credential_id = _id(request)
        gone = await self._writer.run(lambda: self._credentials.delete(principal, credential_id))
        return json_response({"deleted": True, "id": gone.id})


def shown(credential: Credential) -> JsonObject:
    return {
        "id": credential.id,
        "name": credential.name,
        "scope": credential.scope.key,
        "provider": credential.provider,
        "origins": credential.origins,
        "default": credential.default,
        "last4": credential.last4,
        "version": credential.version,
        "created_at": times.written(credential.created_at),
        "created_by": credential.created_by,
        "updated_at": times.written(credential.updated_at),
    }


def _answer(credential: Credential) -> Response:
    return json_response(shown(credential))


def _id(request: Request) -> str:
    credential_id: str = request.path_params["credential_id"]
    return credential_id
