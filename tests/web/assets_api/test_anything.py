"""Whatever a client sends, it is told what is wrong with it: no body, no query and no handle is a bug of ours."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.json import JsonObject
from headgate.web.assets_api.fields import CREDENTIALS, READ_ONLY, RESOURCE_URI, STATUS, TABLE
from headgate.web.assets_api.listing import SORTABLE
from tests.web.api import api_at
from tests.web.assets_api.project import SEED, Assets
from tests.web.catalogue_api.test_any_body import PATIENT, VALUES

KEYS = st.sampled_from([*TABLE, *STATUS, *READ_ONLY, CREDENTIALS, RESOURCE_URI]) | st.text(max_size=8)
BODIES = st.dictionaries(KEYS, VALUES, max_size=6)
WORDS = st.sampled_from([f"{field}:{order}" for field in SORTABLE for order in ("asc", "desc")])
QUERIES = st.dictionaries(
    st.sampled_from(["page", "limit", "search", "status", "mode", "tags", "sort", "created_by", "owner_id"]),
    st.text(max_size=12) | st.sampled_from(["0", "1", "100", "ACTIVE", "chat"]) | st.lists(WORDS).map(",".join),
    max_size=4,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assets]:
    with api_at(tmp_path_factory.mktemp("anything")) as api:
        assets = Assets(api)
        assets.create()
        assets.create(description="d", provider="openai", tags=["a"])
        yield assets


@PATIENT
@given(BODIES)
def test_creating_with_any_body(project: Assets, body: JsonObject) -> None:
    assert project.ask("POST", body=body).status_code in {201, 409, 422}


@PATIENT
@given(BODIES)
def test_creating_with_almost_the_right_body(project: Assets, body: JsonObject) -> None:
    assert project.ask("POST", body={**SEED, **body}).status_code in {201, 409, 422}


@PATIENT
@given(BODIES)
def test_updating_with_any_body(project: Assets, body: JsonObject) -> None:
    assert project.ask("PUT", "/m", body=body).status_code in {200, 422}


@PATIENT
@given(BODIES)
def test_verifying_any_body(project: Assets, body: JsonObject) -> None:
    needed = {"litellm_model": "mock/x", "credentials": {}}

    assert project.ask("POST", "/verify", body={**needed, **body}).status_code in {200, 422}


@PATIENT
@given(QUERIES)
def test_listing_with_any_query(project: Assets, query: dict[str, str]) -> None:
    assert project.ask("GET", query=query).status_code in {200, 400}


@PATIENT
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200), st.sampled_from(["GET", "DELETE", "PUT"]))
def test_asking_for_any_handle(project: Assets, handle: str, method: str) -> None:
    body: JsonObject | None = {} if method == "PUT" else None

    assert project.ask(method, f"/{quote(handle)}x", body=body).status_code == 404
