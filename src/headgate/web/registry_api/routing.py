"""How the registry API's routes are made: each with and without a slash at its end, none of them redirects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response

from headgate.core.json import JsonObject

Handler = Callable[..., Awaitable[Response]]


def add_route(router: APIRouter, path: str, handler: Handler, method: str, *, name: str, said: JsonObject) -> None:
    """`name` is the operation's in the OpenAPI document, `said` what it says of it there."""
    router.add_api_route(path, handler, methods=[method], operation_id=name, openapi_extra=said)
    if not path.endswith(":path}"):
        router.add_api_route(f"{path}/", handler, methods=[method], include_in_schema=False)
