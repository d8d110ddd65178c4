"""PUT /models: replacing everything."""

from __future__ import annotations

from collections.abc import Sequence

import httpx2
import pytest

from headgate.core.json import Json, JsonObject
from tests.web.api import MOUNTS, SECOND, Api, read


def model(name: str, **fields: Json) -> JsonObject:
    return {"model_id": name, "type": "completion", "provider_config": {"provider": "mock"}, **fields}


def replace(api: Api, models: Sequence[Json], *, mount: str = "", by: str = "root") -> httpx2.Response:
    return api.ask("PUT", f"{mount}/v1/models", by=by, body={"models": list(models)})


def names(api: Api) -> list[str]:
    return [item["model_id"] for item in read(api.ask("GET", "/v1/models?scope=platform"))["items"]]


@pytest.mark.parametrize("mount", MOUNTS)
def test_it_counts_what_was_there_and_what_came(api: Api, mount: str) -> None:
    api.create("a")
    api.create("b")

    answer = replace(api, [model("b"), model("c"), model("d/e:1")], mount=mount)

    assert (answer.status_code, read(answer)) == (200, {"deleted": 2, "inserted": 3})
    assert names(api) == ["b", "c", "d/e:1"]


def test_it_is_one_revision(api: Api) -> None:
    api.create("a")

    replace(api, [model("b"), model("c")])

    assert api.desk.snapshot.revision == 2


@pytest.mark.parametrize("mount", MOUNTS)
def test_an_empty_array_empties_the_catalogue(api: Api, mount: str) -> None:
    api.create("a")

    assert read(replace(api, [], mount=mount)) == {"deleted": 1, "inserted": 0}
    assert names(api) == []


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(
    "body",
    [{}, {"models": None}, {"models": {}}, {"models": "x"}, {"models": [], "more": 1}, b"[]", b"{"],
)
def test_a_body_without_an_array_of_models_is_400_invalid_body(quiet: Api, mount: str, body: Json) -> None:
    answer = quiet.ask("PUT", f"{mount}/v1/models", body=body)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_BODY")


@pytest.mark.parametrize("mount", MOUNTS)
def test_items_that_break_rules_are_400_invalid_items_with_details_and_nothing_happens(api: Api, mount: str) -> None:
    api.create("a")
    bad: list[Json] = [
        model("fine"),
        {"type": "completion"},
        {"model_id": "no-type"},
        model("bad", type="chat", nonsense=1),
        7,
        model("elsewhere", scope="organization:o-acme"),
        model("x" * 129),
    ]

    answer = replace(api, bad, mount=mount)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_ITEMS")
    assert [(each["index"], each["path"]) for each in read(answer)["details"]] == [
        (1, "model_id"),
        (2, "type"),
        (3, "nonsense"),
        (3, "type"),
        (4, ""),
        (5, "scope"),
        (6, "model_id"),
    ]
    assert names(api) == ["a"]


@pytest.mark.parametrize("mount", MOUNTS)
def test_a_name_twice_is_400_invalid_items(quiet: Api, mount: str) -> None:
    answer = replace(quiet, [model("a"), model("b"), model("a")], mount=mount)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_ITEMS")
    assert [(each["index"], each["path"]) for each in read(answer)["details"]] == [(2, "model_id")]


@pytest.mark.parametrize("mount", MOUNTS)
def test_501_items_are_400_payload_too_large(quiet: Api, mount: str) -> None:
    answer = replace(quiet, [{}] * 501, mount=mount)

    assert (answer.status_code, read(answer)["code"], read(answer)["status"]) == (400, "PAYLOAD_TOO_LARGE", 400)


def test_500_items_are_taken(api: Api) -> None:
    assert read(replace(api, [model(f"m{number}") for number in range(500)]))["inserted"] == 500


@pytest.mark.parametrize("person", ["ann", "mia"])
def test_it_is_for_platform_administrators(quiet: Api, person: str) -> None:
    answer = replace(quiet, [], by=person)

    assert (answer.status_code, read(answer)["code"]) == (403, "FORBIDDEN")


def test_the_sixth_within_an_hour_is_429_rate_limited_on_either_mount(api: Api) -> None:
    for number in range(5):
        assert replace(api, [model("a", region=f"r{number}")], mount=MOUNTS[number % 2]).status_code == 200

    refused = replace(api, [], mount=SECOND)

    assert (refused.status_code, read(refused)["code"], read(refused)["retryAfter"]) == (429, "RATE_LIMITED", 720)
    assert refused.headers["retry-after"] == "720"
    assert names(api) == ["a"]


def test_a_turn_comes_back_after_a_fifth_of_an_hour(api: Api) -> None:
    for _ in range(6):
        replace(api, [])

    api.wait(720)

    assert replace(api, []).status_code == 200
    assert replace(api, []).status_code == 429


def test_a_refused_replacement_costs_no_turn(api: Api) -> None:
    for _ in range(6):
        assert replace(api, [model("a"), model("a")]).status_code == 400

    for _ in range(5):
        assert replace(api, []).status_code == 200


def test_a_matching_item_keeps_identity_secret_and_what_other_apis_wrote(api: Api) -> None:
    config = {"provider": "openai", "base_url": "https://one.example/v1"}
    api.create("m", provider_config={**config, "api_key": "sk-0123456789"}, description="kept", region="eu-west")
    before = next(api.desk.snapshot.offers())

    replace(api, [model("m", provider_config=config)])

    after = next(api.desk.snapshot.offers())
    shown = read(api.ask("GET", "/v1/models/m"))
    assert (after.uid, after.number, after.created_at) == (before.uid, before.number, before.created_at)
    assert api.desk.book.own(after.uid) is not None
    assert (shown["description"], "region" in shown) == ("kept", False)


def test_an_item_that_nulls_the_secret_removes_it(api: Api) -> None:
    config = {"provider": "openai", "base_url": "https://one.example/v1"}
    api.create("m", provider_config={**config, "api_key": "sk-0123456789"})

    replace(api, [model("m", provider_config={**config, "api_key": None})])

    assert api.desk.book.own(next(api.desk.snapshot.offers()).uid) is None


def test_what_the_list_returns_can_be_put_back_and_makes_no_revision(api: Api) -> None:
    api.create("a", display={"name": "A", "hidden": False}, limits={"rpm": 1, "x": 0.1}, tags=["t"])
    api.create("b", type="embeddings", dimensions=3, supported_dimensions=[1, 3])

    answer = replace(api, read(api.ask("GET", "/v1/models?scope=platform"))["items"])

    assert read(answer) == {"deleted": 2, "inserted": 2}
    assert api.desk.snapshot.revision == 2


def test_entries_of_organizations_are_left_alone(api: Api) -> None:
    api.create("theirs", by="ann")

    replace(api, [])

    assert api.ask("GET", "/v1/models/theirs", by="ann").status_code == 200


def test_types_that_the_second_mount_cannot_list_survive_a_replacement_there(api: Api) -> None:
    api.create("a")
    api.create("b", type="rerank")

    assert read(replace(api, [model("c")], mount=SECOND)) == {"deleted": 1, "inserted": 1}
    assert names(api) == ["b", "c"]


def test_warnings_name_the_item(api: Api) -> None:
    warnings = read(replace(api, [model("a", failover="nothing"), model("b")]))["warnings"]

    assert [warning.partition(":")[0] for warning in warnings] == ["a"]


def test_if_match_names_the_state_of_the_platforms_entries(api: Api) -> None:
    first = replace(api, [model("a")])
    api.create("b")

    refused = api.ask("PUT", "/v1/models", body={"models": []}, headers={"if-match": first.headers["etag"]})

    assert (refused.status_code, read(refused)["code"]) == (412, "PRECONDITION_FAILED")
    assert names(api) == ["a", "b"]


def test_the_list_of_a_scope_carries_the_etag_that_guards_its_replacement(api: Api) -> None:
    api.create("a")
    exported = api.ask("GET", "/v1/models?scope=platform")
    guard = {"if-match": exported.headers["etag"]}
    body = {"models": read(exported)["items"]}

    assert api.ask("PUT", "/v1/models", body=body, headers=guard).status_code == 200
    api.create("b")
    assert api.ask("PUT", "/v1/models", body=body, headers=guard).status_code == 412
