"""Declared authorisation: what a route requires is on the route, and one that requires nothing is found."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from headgate.core.errors import Forbidden
from headgate.core.principal import Principal, PrincipalKind
from headgate.web.authorisation import PUBLIC, Requires, requirements, undeclared

Caller = Annotated[Principal, Depends(Requires())]
Administrator = Annotated[Principal, Depends(Requires(platform_admin=True))]

NOBODY: frozenset[tuple[str, str]] = frozenset()


async def guarded(_: Caller) -> Response:
    return Response()


async def administrators_only(_: Administrator) -> Response:
    return Response()


async def middle(principal: Caller) -> Principal:
    return principal


async def guarded_deeper(_: Annotated[Principal, Depends(middle)]) -> Response:
    return Response()


async def unguarded(_: Request) -> Response:
    return Response()


async def socket(_: WebSocket) -> None: ...


def app() -> FastAPI:
    return FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def principal(*, permissions: tuple[str, ...] = (), user: str = "", platform_admin: bool = False) -> Principal:
    return Principal(
        id="x",
        kind=PrincipalKind.USER if user else PrincipalKind.KEY,
        credential="c",
        user=user,
        permissions=frozenset(permissions),
        platform_admin=platform_admin,
    )


def test_a_route_that_takes_its_caller_is_declared() -> None:
    application = app()
    application.add_api_route("/guarded", guarded, methods=["GET", "POST"])
    application.add_api_route("/deeper", guarded_deeper)

    assert undeclared(application.routes, public=NOBODY) == []


def test_a_route_that_takes_none_is_found() -> None:
    application = app()
    application.add_api_route("/open", unguarded, methods=["GET", "DELETE"])

    assert undeclared(application.routes, public=NOBODY) == ["DELETE /open", "GET /open"]


def test_a_public_route_is_public_for_its_method_only() -> None:
    application = app()
    application.add_api_route("/open", unguarded, methods=["GET", "HEAD", "POST"])

    assert undeclared(application.routes, public=frozenset({("GET", "/open")})) == ["POST /open"]


def test_routes_are_found_in_routers_within_routers() -> None:
    application, outer, inner = app(), APIRouter(prefix="/outer"), APIRouter(prefix="/inner")
    inner.add_api_route("/open", unguarded)
    inner.add_api_route("/guarded", guarded)
    outer.include_router(inner)
    application.include_router(outer)
    application.include_router(outer, prefix="/second")

    assert undeclared(application.routes, public=NOBODY) == ["GET /outer/inner/open", "GET /second/outer/inner/open"]


def test_a_requirement_of_a_router_holds_for_its_routes() -> None:
    application, router = app(), APIRouter(dependencies=[Depends(Requires(platform_admin=True))])
    router.add_api_route("/of-the-router", unguarded)
    application.include_router(router)
    application.include_router(APIRouter(), dependencies=[Depends(Requires())])

    found = requirements(application.routes)[("GET", "/of-the-router")]

    assert found is not None
    assert found.platform_admin


def test_routes_are_found_in_mounted_applications() -> None:
    mounted = app()
    mounted.add_api_route("/open", unguarded)
    application = app()
    application.mount("/below", mounted)

    assert undeclared(application.routes, public=NOBODY) == ["GET /below/open"]


def test_whatever_cannot_declare_anything_is_found() -> None:
    application = app()
    application.router.routes += [
        Route("/plain", unguarded),
        WebSocketRoute("/socket", socket),
        Mount("/foreign", app=Response()),
    ]

    assert undeclared(application.routes, public=NOBODY) == [
        "ANY /foreign",
        "ANY /socket",
        "GET /plain",
        "HEAD /plain",
    ]


def test_the_frameworks_own_pages_are_found() -> None:
    assert "GET /redoc" in undeclared(FastAPI().routes)


def test_what_a_route_requires_can_be_listed() -> None:
    application = app()
    application.add_api_route("/guarded", guarded)
    application.add_api_route("/administrators", administrators_only)
    application.add_api_route("/open", unguarded)

    found = requirements(application.routes)

    assert {path: requires and requires.platform_admin for (_, path), requires in found.items()} == {
        "/guarded": False,
        "/administrators": True,
        "/open": None,
    }


def test_the_public_list_is_the_one_that_was_reviewed() -> None:
    assert sorted(PUBLIC) == [
        ("GET", "/api/models/providers/supported"),
        ("GET", "/api/models/providers/supported/"),
        ("GET", "/api/models/public/categories"),
        ("GET", "/api/models/public/categories/"),
        ("GET", "/api/models/public/list"),
        ("GET", "/api/models/public/list/"),
        ("GET", "/api/models/public/providers"),
        ("GET", "/api/models/public/providers/"),
        ("GET", "/api/models/public/summary"),
        ("GET", "/api/models/public/summary/"),
        ("GET", "/api/models/types/available"),
        ("GET", "/api/models/types/available/"),
        ("GET", "/docs"),
        ("GET", "/health/liveness"),
        ("GET", "/health/readiness"),
        ("GET", "/openapi.json"),
        ("POST", "/admin/v1/sign-in"),
    ]


@pytest.mark.parametrize(
    ("requires", "who"),
    [
        pytest.param(Requires(), principal(), id="anybody who is known"),
        pytest.param(Requires("llm:governance:manage"), principal(permissions=("llm:*",)), id="who has the permission"),
        pytest.param(
            Requires("llm:governance:manage", or_=("llm:members:manage",)),
            principal(permissions=("llm:members:*",)),
            id="who has the permission that will do as well",
        ),
        pytest.param(Requires(platform_admin=True), principal(user="u", platform_admin=True), id="an administrator"),
        pytest.param(Requires(user=True), principal(user="u"), id="a user"),
    ],
)
def test_who_has_what_is_required_is_let_in(requires: Requires, who: Principal) -> None:
    requires.check(who)


@pytest.mark.parametrize(
    ("requires", "who"),
    [
        pytest.param(Requires("llm:governance:manage"), principal(), id="who has no permission"),
        pytest.param(
            Requires("llm:governance:manage", or_=("llm:members:manage",)), principal(), id="who has none of either"
        ),
        pytest.param(
            Requires("llm:governance:manage"), principal(permissions=("llm:completions:*",)), id="who has another one"
        ),
        pytest.param(
            Requires(platform_admin=True), principal(user="u", permissions=("*",)), id="who may do everything"
        ),
        pytest.param(Requires(user=True), principal(permissions=("*",)), id="a key"),
        pytest.param(
            Requires("llm:governance:manage", user=True), principal(user="u"), id="a user without the permission"
        ),
    ],
)
def test_who_lacks_what_is_required_is_refused(requires: Requires, who: Principal) -> None:
    with pytest.raises(Forbidden):
        requires.check(who)
