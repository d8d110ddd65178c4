"""The one application: probes, measurements, and what holds for every answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from headgate.core.errors import StoreUnavailable
from headgate.core.ids import RequestIds
from headgate.gateway.endpoint import Shape
from headgate.gateway.identify import Identify
from headgate.web.application import application, shape_of
from headgate.web.authorisation import PUBLIC, requirements, undeclared
from tests.gateway.town import KnownSessions, Town
from tests.web.api import SECOND, Api, api_at, read

NOBODY = Identify(Town().directory, KnownSessions(), clock=Town().clock)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with api_at(tmp_path_factory.mktemp("application")) as api:
        yield api


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Api]:
    """An application whose desk has lost its store: every write is a bug."""
    with api_at(tmp_path) as api:
        yield api


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_liveness_is_public(api: Api, method: str) -> None:
    answer = api.ask(method, "/health/liveness", by=None)

    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_readiness_is_public_and_503_until_the_gateway_is_ready(api: Api, method: str) -> None:
    api.ready = False
    waiting = api.ask(method, "/health/readiness", by=None)
    api.ready = True
    ready = api.ask(method, "/health/readiness", by=None)

    assert (waiting.status_code, ready.status_code) == (503, 200)


def test_metrics_are_for_administrators_only(api: Api) -> None:
    answers = [api.ask("GET", "/metrics", by=person) for person in (None, "ann", "root")]

    assert [answer.status_code for answer in answers] == [401, 403, 200]
    assert b"headgate_test 7.0" in answers[2].content


def test_metrics_speak_the_format_that_is_asked_for(api: Api) -> None:
    plain = api.ask("GET", "/metrics")
    openmetrics = api.ask("GET", "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})

    assert plain.headers["content-type"].startswith("text/plain")
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")


def test_every_answer_has_its_own_request_id(api: Api) -> None:
    answers = [api.ask("GET", path, by=None) for path in ("/health/liveness", "/nothing", "/v1/models", "/docs")]

    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids)
    assert all(each.startswith("req_") for each in ids)


def test_every_answer_forbids_what_it_does_not_need(api: Api) -> None:
    for path in ("/health/liveness", "/nothing", "/v1/models", "/metrics"):
        headers = api.ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["cache-control"] == "no-store"


def test_a_bug_is_a_bare_500_with_a_request_id_and_its_cause_is_in_the_log_only(
    failing: Api, caplog: pytest.LogCaptureFixture
) -> None:
    failing.desk.current.snapshot = None  # type: ignore[assignment]

    with caplog.at_level(logging.ERROR, logger="headgate.web"):
        answer = failing.ask("GET", "/v1/models")

    assert (answer.status_code, read(answer)) == (
        500,
        {"error": "InternalError", "code": "INTERNAL_ERROR", "message": "an internal error occurred", "status": 500},
    )
    assert "AttributeError" in caplog.text
    assert answer.headers["x-request-id"] in caplog.text


def test_an_answer_that_breaks_off_is_not_made_whole(caplog: pytest.LogCaptureFixture) -> None:
    async def half() -> Response:
        async def body() -> AsyncIterator[bytes]:
            yield b"part"
            raise RuntimeError("a bug")

        return StreamingResponse(body())

    router = APIRouter()
    router.add_api_route("/docs", half)
    app = application([router], identify=NOBODY, ids=RequestIds(bytes(8)))

    async def ask() -> None:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://gateway") as client:
            await client.get("/docs")

    with pytest.raises(RuntimeError, match="a bug"):
        asyncio.run(ask())
    assert "GET /docs failed" in caplog.text


def test_a_store_that_does_not_answer_is_503(failing: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise StoreUnavailable("the database did not answer")

    monkeypatch.setattr(failing.desk.store, "head", refuse)

    answer = failing.ask("POST", "/v1/models", body={"model_id": "m", "type": "completion"})

    assert (answer.status_code, read(answer)["code"]) == (503, "STORE_UNAVAILABLE")


def test_every_route_asks_something_of_its_caller_or_is_public(api: Api) -> None:
    assert undeclared(api.app.routes) == []
    open_to_all = {route for route, asks in requirements(api.app.routes).items() if asks is None}
    assert {(method.replace("HEAD", "GET"), path) for method, path in open_to_all} == PUBLIC


def test_an_application_with_an_unguarded_route_is_not_made() -> None:
    router = APIRouter()
    router.add_api_route("/v1/secrets", lambda: None)

    with pytest.raises(ValueError, match="GET /v1/secrets"):
        application([router], identify=NOBODY, ids=RequestIds(bytes(8)))


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v1/models", Shape.FLAT),
        ("/v1/models/a/b", Shape.FLAT),
        ("/v1/defaults", Shape.FLAT),
        ("/v1/test", Shape.FLAT),
        ("/v1/chat/completions", Shape.OPENAI),
        ("/v1/models-of-mine", Shape.OPENAI),
        (f"{SECOND}/v1/chat/completions", Shape.FLAT),
        ("/admin/v1/keys", Shape.FLAT),
        ("/", Shape.FLAT),
        ("/assets/models", Shape.ENVELOPE),
        ("/assets/models/a/verify", Shape.ENVELOPE),
    ],
)
def test_errors_have_the_shape_of_the_place(path: str, shape: Shape) -> None:
    assert shape_of(path) is shape


def test_no_path_is_redirected(api: Api) -> None:
    for path in ("/health/liveness/", "/v1/defaults/", "/admin/v1/keys/", "/docs/"):
        assert api.ask("GET", path).status_code == 404


def test_the_second_spelling_of_a_path_is_no_second_road(api: Api) -> None:
    for path in ("//v1/models", "/V1/models", "/v1//models"):
        assert api.ask("GET", path).status_code == 404
