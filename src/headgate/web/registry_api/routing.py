"""How the registry API's routes are made: each with and without a slash at its end, none of them redirects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from fastapi import APIRouter, Response

from headgate.core.json import JsonObject

Handler: TypeAlias = Callable[..., Awaitable[Response]]


def add_route(router: APIRouter, route: str, *, handler: Handler, name: str, said: JsonObject) -> None:
    """`route` is `METHOD /path`, `name` the operation's in the OpenAPI document, `said` what it says of it there."""
    method, _, path = route.partition(" ")
    router.add_api_route(path, handler, methods=[method], operation_id=name, openapi_extra=said)
    if not path.endswith(":path}"):
        router.add_api_route(f"{path}/", handler, methods=[method], include_in_schema=False)
