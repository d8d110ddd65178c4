"""GET /models: the published filters and pages, and the lists of SDK clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headgate.core.json import JsonObject
from tests.web.api import MOUNTS, SECOND, Api, api_at, read

FILTERED: tuple[JsonObject, ...] = (
    {"model_id": "alpha", "display": {"name": "First", "brand": "Acme"}, "tags": ["fast", "cheap"]},
    {"model_id": "beta", "display": {"brand": "Other", "hidden": True}, "tags": ["slow"], "enabled": False},
    {"model_id": "gamma/1", "type": "embeddings", "capabilities": {"vision": True, "audio": False}},
    {"model_id": "delta", "type": "image_generation", "capabilities": {"image": True}, "tags": ["cheap"]},
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A catalogue that tests only read."""
    with api_at(tmp_path_factory.mktemp("filled")) as api:
        for fields in FILTERED:
            rest = {key: value for key, value in fields.items() if key != "model_id"}
            api.create(fields["model_id"], **rest)
        yield api


def listed(api: Api, query: str = "", *, by: str | bytes = "root", mount: str = "") -> JsonObject:
    answer = api.ask("GET", f"{mount}/v1/models{query}", by=by)
    assert answer.status_code == 200, answer.text
    body: JsonObject = read(answer)
    return body


def ids(body: JsonObject) -> list[str]:
    return [item["model_id"] for item in body["items"]]


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", ["alpha", "beta", "delta", "gamma/1"], id="everything in order of the ids"),
        pytest.param("?type=completion", ["alpha", "beta"], id="type"),
        pytest.param("?type=completions", ["alpha", "beta"], id="type in the other word"),
        pytest.param("?type=embeddings", ["gamma/1"], id="type embeddings"),
        pytest.param("?type=image_generation", ["delta"], id="type image_generation"),
        pytest.param("?enabled=true", ["alpha", "delta", "gamma/1"], id="enabled"),
        pytest.param("?enabled=false", ["beta"], id="disabled"),
        pytest.param("?model_ids=beta,gamma/1,nothing", ["beta", "gamma/1"], id="model_ids"),
        pytest.param("?tags=slow,cheap", ["alpha", "beta", "delta"], id="any of the tags"),
        pytest.param("?visible_only=true", ["alpha", "delta", "gamma/1"], id="visible only"),
        pytest.param("?visible_only=false", ["alpha", "beta", "delta", "gamma/1"], id="not only visible"),
        pytest.param("?brand=Acme", ["alpha"], id="brand"),
        pytest.param("?brand=acme", [], id="brand is exact"),
        pytest.param("?search=FIRST", ["alpha"], id="search in display.name"),
        pytest.param("?search=other", ["beta"], id="search in display.brand"),
        pytest.param("?search=MMA", ["gamma/1"], id="search in model_id"),
        pytest.param("?capability=vision", ["gamma/1"], id="capability"),
        pytest.param("?capability=audio", [], id="a capability that is false"),
        pytest.param("?capability=image&tags=cheap&type=image_generation", ["delta"], id="several"),
        pytest.param("?type=&search=&limit=", ["alpha", "beta", "delta", "gamma/1"], id="empty is not given"),
        pytest.param("?nonsense=1", ["alpha", "beta", "delta", "gamma/1"], id="an unknown parameter"),
    ],
)
def test_filters(filled: Api, mount: str, query: str, expected: list[str]) -> None:
    body = listed(filled, query, mount=mount)

    assert ids(body) == expected
    assert body["total"] == len(expected)


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(
    ("query", "expected", "page", "limit"),
    [
        pytest.param("?limit=2", ["alpha", "beta"], 0, 2, id="the first page is 0"),
        pytest.param("?limit=2&page=1", ["delta", "gamma/1"], 1, 2, id="the second page"),
        pytest.param("?limit=3&page=1", ["gamma/1"], 1, 3, id="a page that is not full"),
        pytest.param("?limit=2&page=9", [], 9, 2, id="a page behind the last"),
        pytest.param("?limit=101", ["alpha", "beta", "delta", "gamma/1"], 0, 100, id="a limit above 100 is 100"),
        pytest.param("?page=0", ["alpha", "beta", "delta", "gamma/1"], 0, 100, id="the default limit"),
    ],
)
def test_pages(filled: Api, *, mount: str, query: str, expected: list[str], page: int, limit: int) -> None:
    body = listed(filled, query, mount=mount)

    assert (ids(body), body["total"], body["page"], body["limit"]) == (expected, 4, page, limit)


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(
    "query",
    ["page=-1", "page=x", "page=1.5", "limit=0", "limit=-5", "limit=ten", "limit=%D9%A1", "type=chat", "enabled=yes",
     "visible_only=1", "capability=nonsense", "scope=nowhere"],
)  # fmt: skip
def test_a_bad_value_is_400_invalid_query(filled: Api, mount: str, query: str) -> None:
    answer = filled.ask("GET", f"{mount}/v1/models?{query}")

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_QUERY")
    assert read(answer)["details"][0]["path"] == query.partition("=")[0]


def test_the_second_mount_lists_the_published_types_and_fields_only(api: Api) -> None:
    api.create("a")
    api.create("b", type="rerank")

    body = listed(api, mount=SECOND)

    assert ids(body) == ["a"]
    assert body.keys() == {"items", "total", "page", "limit"}
    assert ids(listed(api)) == ["a", "b"]


def test_one_row_per_name_the_one_that_resolution_picks(api: Api) -> None:
    api.create("m", by="ann")
    api.create("m", by="root")
    api.create("z", by="root")

    assert [(item["model_id"], item["scope"]) for item in listed(api, by="mia")["items"]] == [
        ("m", "organization:o-acme"),
        ("z", "platform"),
    ]
    assert [(item["model_id"], item["scope"]) for item in listed(api, "?scope=platform", by="mia")["items"]] == [
        ("m", "platform"),
        ("z", "platform"),
    ]


def test_an_organization_sees_neither_anothers_entries_nor_those_open_to_others_only(api: Api) -> None:
    api.create("of-globex", by="gus")
    api.create("for-globex", org_slugs=["globex"])
    api.create("for-acme", org_slugs=["acme"])

    assert ids(listed(api, by="ann")) == ["for-acme"]
    assert ids(listed(api, "?scope=organization:o-globex", by="ann")) == []
    assert ids(listed(api, "?scope=organization:o-nobody", by="ann")) == []


def test_disabled_entries_are_listed_for_those_who_may_write_them(api: Api) -> None:
    api.create("off", by="ann", enabled=False)

    assert ids(listed(api, by="ann")) == ["off"]
    assert ids(listed(api, by="mia")) == []


def test_a_key_lists_the_models_that_it_may_call(api: Api) -> None:
    api.create("a")
    api.create("b")

    assert ids(listed(api, by=api.town.key("acme", scopes=("models:b",)))) == ["b"]


def test_an_administrator_sees_an_organizations_view_or_everything(api: Api) -> None:
    api.create("for-globex", org_slugs=["globex"])
    api.create("of-acme", by="ann")
    api.create("open")

    assert ids(listed(api)) == ["open"]
    assert ids(listed(api, "?orgSlug=globex")) == ["for-globex", "open"]
    assert ids(listed(api, "?orgSlug=acme")) == ["of-acme", "open"]
    assert ids(listed(api, "?orgSlug=nobody")) == ["open"]
    assert ids(listed(api, "?orgSlug=all")) == ["for-globex", "open"]


def test_org_slug_is_ignored_for_others(api: Api) -> None:
    api.create("for-globex", org_slugs=["globex"])

    assert ids(listed(api, "?orgSlug=globex", by="ann")) == []
    assert ids(listed(api, "?orgSlug=all", by="ann")) == []


def test_sdk_clients_get_the_same_models_as_data(filled: Api) -> None:
    body = listed(filled)

    assert body["object"] == "list"
    assert [row["id"] for row in body["data"]] == ids(body)
    assert (body["has_more"], body["first_id"], body["last_id"]) == (False, "alpha", "gamma/1")
    assert body["data"][0] == {
        "id": "alpha",
        "object": "model",
        "type": "model",
        "created": 1_763_600_000,
        "created_at": "2025-11-20T00:53:20.000Z",
        "owned_by": "platform",
        "display_name": "First",
    }


@pytest.mark.parametrize(
    ("query", "expected", "has_more"),
    [
        pytest.param("?limit=2", ["alpha", "beta"], True, id="from the start"),
        pytest.param("?limit=2&after_id=beta", ["delta", "gamma/1"], False, id="after an id"),
        pytest.param("?limit=2&after_id=bet", ["beta", "delta"], True, id="after an id that is gone"),
        pytest.param("?limit=2&before_id=gamma/1", ["beta", "delta"], True, id="before an id"),
        pytest.param("?limit=9&before_id=delta", ["alpha", "beta"], False, id="before an id, to the start"),
        pytest.param("?after_id=zzz", [], False, id="after the last"),
    ],
)
def test_cursors(filled: Api, *, query: str, expected: list[str], has_more: bool) -> None:
    body = listed(filled, query)

    assert ([row["id"] for row in body["data"]], body["has_more"], ids(body)) == (expected, has_more, expected)
    assert (body["first_id"], body["last_id"]) == ((expected[0], expected[-1]) if expected else (None, None))


@pytest.mark.parametrize("query", ["after_id=a&before_id=b", "page=1&after_id=a", "page=0&before_id=a"])
def test_page_and_cursors_exclude_each_other(filled: Api, query: str) -> None:
    assert read(filled.ask("GET", f"/v1/models?{query}"))["code"] == "INVALID_QUERY"


def test_without_paging_data_holds_a_thousand_and_items_a_hundred(api: Api) -> None:
    api.fill(f"m{number:04}" for number in range(1001))

    body = listed(api)

    assert (len(body["data"]), len(body["items"]), body["total"], body["limit"]) == (1000, 100, 1001, 100)
    assert (body["has_more"], body["last_id"]) == (True, "m0999")


def test_the_list_of_a_scope_that_is_unchanged_is_304(api: Api) -> None:
    api.create("a")
    etag = api.ask("GET", "/v1/models?scope=platform").headers["etag"]

    again = api.ask("GET", "/v1/models?scope=platform", headers={"if-none-match": etag})
    api.create("b")
    changed = api.ask("GET", "/v1/models?scope=platform", headers={"if-none-match": etag})

    assert (again.status_code, changed.status_code) == (304, 200)


def test_a_list_that_its_reader_may_not_replace_has_no_etag(quiet: Api) -> None:
    assert "etag" not in quiet.ask("GET", "/v1/models").headers
    assert "etag" not in quiet.ask("GET", "/v1/models?scope=platform", by="ann").headers
