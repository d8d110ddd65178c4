"""`POST /admin/v1/sign-in` and `PUT /admin/v1/users/{id}/password`."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from headgate.core.errors import (
    Forbidden,
    InvalidBody,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    RateLimited,
    SignInRefused,
)
from headgate.core.secret import Secret
from headgate.gateway.grant import SESSION_DEFAULT, SESSION_LIMIT, SESSION_MINIMUM
from headgate.gateway.sign_in import PASSWORD_LIMIT, PASSWORD_MINIMUM, SignIn
from headgate.web.admin_api.callers import Person
from headgate.web.admin_api.reading import Fields
from headgate.web.admin_api.sessions import shown, whose
from headgate.web.answers import json_response
from headgate.web.describe import INTEGER, OBJECT, STRING, object_of, operation, path

_BODY_LIMIT: Final = 16 * 1024
"""Anybody may send a body here."""
_PASSWORD: Final = {**STRING, "format": "password"}
_SIGN_IN: Final = object_of(
    {
        "email": STRING,
        "password": _PASSWORD,
        "expires_in": {
            **INTEGER,
            "description": "Seconds.",
            "minimum": SESSION_MINIMUM,
            "maximum": SESSION_LIMIT,
            "default": SESSION_DEFAULT,
        },
    },
    required=["email", "password"],
)
_CHANGE: Final = object_of(
    {
        "password": {**_PASSWORD, "minLength": PASSWORD_MINIMUM, "maxLength": PASSWORD_LIMIT},
        "former": {**_PASSWORD, "description": "The present one; platform administrators need none."},
    },
    required=["password"],
)


class PasswordRoutes:
    """Sign in with a password, and set one."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1", tags=["sessions"])
        described = operation(
            "Sign in with an e-mail and a password",
            answer=OBJECT,
            body=_SIGN_IN,
            errors=(SignInRefused, InvalidBody, PayloadTooLarge, RateLimited),
        )
        router.add_api_route("/sign-in", self.sign_in, methods=["POST"], operation_id="signIn", openapi_extra=described)
        described = operation(
            "Set a user's password and end the user's sessions",
            answer=OBJECT,
            parameters=[path("user_id", "The user's id; `me` is oneself.")],
            body=_CHANGE,
            errors=(NotAuthenticated, SignInRefused, Forbidden, NotFound, InvalidBody, PayloadTooLarge, RateLimited),
        )
        router.add_api_route(
            "/users/{user_id}/password",
            self.change,
            methods=["PUT"],
            operation_id="setPassword",
            openapi_extra=described,
        )
        return router

    async def sign_in(self, request: Request) -> Response:
        fields = await _fields(request, "email", "password", "expires_in")
        email, password = fields.text("email"), Secret(fields.text("password"))
        lifetime = fields.integer("expires_in", default=SESSION_DEFAULT)
        fields.check()
        address = request.client.host if request.client is not None else ""
        granted = await self._sign_in.sign_in(email, password, address=address, lifetime=lifetime)
        return json_response({**shown(granted.record, current=False), "token": granted.text.reveal()})

    async def change(self, request: Request, principal: Person) -> Response:
        fields = await _fields(request, "password", "former")
        wanted, former = Secret(fields.text("password")), fields.text("former", default="")
        fields.check()
        user_id = whose(request, principal)
        ended = await self._sign_in.change_password(
            principal, user_id, former=Secret(former) if former else None, wanted=wanted
        )
        return json_response({"user": user_id, "sessions_ended": ended})


async def _fields(request: Request, *accepted: str) -> Fields:
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= _BODY_LIMIT):
        raise PayloadTooLarge(f"a body with a content-length of at most {_BODY_LIMIT} bytes is accepted")
    return await Fields.of(request, *accepted)
