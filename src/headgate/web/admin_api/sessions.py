"""`/admin/v1/sessions`: a session token in exchange for an access token, and its end, or that of all of a user's."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from headgate.access.identity import Session
from headgate.core.errors import ContextUnknown, Forbidden, InvalidBody, InvalidQuery, NotAuthenticated, NotFound
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.directory import Directory
from headgate.gateway.grant import SESSION_DEFAULT, SESSION_LIMIT, SESSION_MINIMUM, Grants
from headgate.gateway.tenancy_users import ONESELF
from headgate.web.admin_api.callers import Person
from headgate.web.admin_api.reading import PAGING, Fields, page_response, paging
from headgate.web.answers import json_response
from headgate.web.describe import INTEGER, OBJECT, object_of, operation, path, query
from headgate.web.times import written, written_or_null

_REFUSALS: Final = (NotAuthenticated, Forbidden, ContextUnknown)
_USER: Final = query("user", "The id of another user; platform administrators only.")
_USER_ID: Final = path("user_id", "The user's id; `me` is oneself.")
_SESSION_ID: Final = path("session_id", "The session's id.")
_BODY: Final = object_of(
    {
        "expires_in": {
            **INTEGER,
            "description": "Seconds.",
            "minimum": SESSION_MINIMUM,
            "maximum": SESSION_LIMIT,
            "default": SESSION_DEFAULT,
        }
    }
)


class SessionRoutes:
    """Open, list and end one's own sessions; a platform administrator ends anybody's.

    A session keeps the organization in whose context it was opened.
    """

    def __init__(self, grants: Grants, directory: Directory) -> None:
        self._grants = grants
        self._directory = directory

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1", tags=["sessions"])
        described = operation(
            "Exchange an access token for a session", answer=OBJECT, body=_BODY, errors=(*_REFUSALS, InvalidBody)
        )
        router.add_api_route(
            "/sessions", self.open, methods=["POST"], operation_id="openSession", openapi_extra=described
        )
        described = operation(
            "List sessions", answer=OBJECT, parameters=[*PAGING, _USER], errors=(*_REFUSALS, InvalidQuery)
        )
        router.add_api_route(
            "/sessions", self.list, methods=["GET"], operation_id="listSessions", openapi_extra=described
        )
        described = operation("End a session", answer=OBJECT, parameters=[_SESSION_ID], errors=(*_REFUSALS, NotFound))
        router.add_api_route(
            "/sessions/{session_id}", self.end, methods=["DELETE"], operation_id="endSession", openapi_extra=described
        )
        described = operation(
            "End every session of a user", answer=OBJECT, parameters=[_USER_ID], errors=(*_REFUSALS, NotFound)
        )
        router.add_api_route(
            "/users/{user_id}/sessions",
            self.end_all,
            methods=["DELETE"],
            operation_id="endSessions",
            openapi_extra=described,
        )
        return router

    async def open(self, request: Request, principal: Person) -> Response:
        fields = await Fields.of(request, "expires_in")
        lifetime = fields.integer("expires_in", default=SESSION_DEFAULT)
        fields.check()
        granted = await self._grants.open_session(principal, lifetime)
        return json_response({**_own(granted.record, principal), "token": granted.text.reveal()})

    async def list(self, request: Request, principal: Person) -> Response:
        offset, limit = paging(request)
        user_id = request.query_params.get("user", principal.user)
        if user_id != principal.user and not principal.platform_admin:
            raise Forbidden("only a platform administrator sees the sessions of another user")
        page = self._directory.sessions_of(user_id, offset=offset, limit=limit)
        return page_response(page, lambda session: _own(session, principal))

    async def end(self, request: Request, principal: Person) -> Response:
        ended = await self._grants.end_session(principal, request.path_params["session_id"])
        return json_response(_own(ended, principal))

    async def end_all(self, request: Request, principal: Person) -> Response:
        user_id = whose(request, principal)
        user = self._directory.user(user_id)
        if user is None or (user_id != principal.user and not principal.platform_admin):
            raise NotFound(f"user {user_id!r} does not exist")
        return json_response({"user": user_id, "sessions_ended": await self._grants.end_sessions(user_id)})


def whose(request: Request, principal: Principal) -> str:
    """The id of the user that the path names; `me` is oneself."""
    named: str = request.path_params["user_id"]
    return principal.user if named == ONESELF else named


def _own(session: Session, principal: Principal) -> JsonObject:
    return shown(session, current=session.id == principal.credential)


def shown(session: Session, *, current: bool) -> JsonObject:
    return {
        "id": session.id,
        "user": session.user,
        "organization": session.organization or None,
        "created_at": written(session.created_at),
        "expires_at": written(session.expires_at),
        "revoked_at": written_or_null(session.revoked_at),
        "current": current,
    }
