"""Whatever a client sends, it is told what is wrong with it: no body is a bug of ours."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.core.json import Json, JsonObject, encode
from headgate.web.catalogue_api.fields import IDENTITY, READ_ONLY, TABLE
from tests.web.api import SECOND, Api, api_at, read

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=200)
)
INNER = st.sampled_from(
    ["name", "brand", "hidden", "rpm", "timeout", "provider", "model", "base_url", "api_key", "credential", "defaults",
     "temperature", "input_per_1m_tokens", "output_per_1m_tokens", "vision", "x"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER | st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from([*IDENTITY, *TABLE, *READ_ONLY]) | st.text(max_size=8)
BODIES = st.dictionaries(KEYS, VALUES, max_size=6)
QUERIES = st.dictionaries(
    st.sampled_from(["limit", "page", "type", "enabled", "model_ids", "tags", "visible_only", "brand", "search",
                     "capability", "orgSlug", "scope", "after_id", "before_id"]),
    st.text(max_size=12) | st.sampled_from(["true", "0", "1", "platform", "completion", "vision", "all"]),
    max_size=4,
)  # fmt: skip
PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with api_at(tmp_path_factory.mktemp("any")) as api:
        api.create("m")
        yield api


@PATIENT
@given(BODIES, st.sampled_from(["", SECOND]))
def test_creating_with_any_body(api: Api, body: JsonObject, mount: str) -> None:
    assert api.ask("POST", f"{mount}/v1/models", body=body).status_code in {200, 400, 409}


@PATIENT
@given(BODIES, st.sampled_from(["", SECOND]))
def test_changing_with_any_body(api: Api, body: JsonObject, mount: str) -> None:
    assert api.ask("PATCH", f"{mount}/v1/models/m", body=body).status_code in {200, 400, 404}


@PATIENT
@given(st.lists(BODIES | VALUES, max_size=4))
def test_planning_with_any_items(api: Api, models: list[Json]) -> None:
    assert api.ask("POST", "/admin/v1/catalogue/plan", body={"models": models}).status_code in {200, 400}


@PATIENT
@given(st.sampled_from(["/v1/test", "/admin/v1/defaults", "/admin/v1/credentials", "/admin/v1/catalogue/rollback"]),
       BODIES)  # fmt: skip
def test_other_operations_with_any_body(api: Api, path: str, body: JsonObject) -> None:
    method = "PUT" if path.endswith("defaults") else "POST"

    assert api.ask(method, path, body=body).status_code in {200, 400, 404}


@PATIENT
@given(st.binary(max_size=200))
def test_creating_with_any_bytes(api: Api, body: bytes) -> None:
    assert api.ask("POST", "/v1/models", body=body).status_code == 400


@PATIENT
@given(QUERIES)
def test_listing_with_any_query(api: Api, query: dict[str, str]) -> None:
    answer = api.ask("GET", "/v1/models", query=query)

    assert answer.status_code in {200, 400}
    assert encode(read(answer))


@PATIENT
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_getting_any_id(api: Api, name: str) -> None:
    assert api.ask("GET", f"/v1/models/{quote(name)}").status_code in {200, 404}
