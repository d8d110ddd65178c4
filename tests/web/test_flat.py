"""Errors of the management APIs as they leave, those included that the framework finds in a request."""

from __future__ import annotations

import asyncio
from typing import Annotated

import httpx2
import pytest
from fastapi import Body, FastAPI, Query

from headgate.core.errors import GatewayError, ModelNotFound, NotAuthenticated, RateLimited
from headgate.core.json import Json
from headgate.gateway.endpoint import Shape
from headgate.web.flat import answer_errors


def ask(app: FastAPI, method: str, path: str, json: Json = None) -> httpx2.Response:
    async def once() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://gateway") as client:
            return await client.request(method, path, json=json)

    return asyncio.run(once())


def failing(error: GatewayError) -> FastAPI:
    app = FastAPI()
    answer_errors(app, lambda _: Shape.FLAT)

    async def fail() -> None:
        raise error

    app.add_api_route("/", fail)
    return app


@pytest.fixture
def validating() -> FastAPI:
    app = FastAPI()
    answer_errors(app, lambda _: Shape.FLAT)

    async def read(limit: Annotated[int, Query(ge=1)]) -> int:
        return limit

    async def write(models: Annotated[list[str], Body(embed=True)]) -> int:
        return len(models)

    app.add_api_route("/", read, methods=["GET"])
    app.add_api_route("/", write, methods=["POST"])
    return app


def test_a_reported_error_is_a_flat_body() -> None:
    response = ask(failing(ModelNotFound("m")), "GET", "/")

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"
    assert response.json()["code"] == "MODEL_NOT_FOUND"


@pytest.mark.parametrize(
    ("error", "name", "value"),
    [(RateLimited("no", retry_after=5), "retry-after", "5"), (NotAuthenticated(), "www-authenticate", "Bearer")],
    ids=["when to come again", "how to authenticate"],
)
def test_the_headers_of_an_error_go_with_it(error: GatewayError, name: str, value: str) -> None:
    assert ask(failing(error), "GET", "/").headers[name] == value


def test_a_query_that_the_framework_refuses_is_an_invalid_query(validating: FastAPI) -> None:
    response = ask(validating, "GET", "/?limit=0")

    assert (response.status_code, response.json()["code"]) == (400, "INVALID_QUERY")
    assert [each["path"] for each in response.json()["details"]] == ["limit"]


def test_a_body_that_the_framework_refuses_is_an_invalid_body(validating: FastAPI) -> None:
    response = ask(validating, "POST", "/", {"models": ["a", 1]})

    assert (response.status_code, response.json()["code"]) == (400, "INVALID_BODY")
    assert [each["path"] for each in response.json()["details"]] == ["models.1"]
