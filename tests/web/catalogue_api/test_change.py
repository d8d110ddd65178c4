"""PATCH /models/{model_id}."""

from __future__ import annotations

import pytest

from headgate.core.json import Json, JsonObject
from tests.web.api import MOUNTS, Api, read

CONFIG: JsonObject = {"provider": "openai", "model": "up", "base_url": "https://one.example/v1", "batch_size": 3}


def change(api: Api, body: Json, *, name: str = "m", by: str | bytes = "root", mount: str = "") -> JsonObject:
    answer = api.ask("PATCH", f"{mount}/v1/models/{name}", by=by, body=body)
    assert answer.status_code == 200, answer.text
    changed: JsonObject = read(answer)
    return changed


@pytest.mark.parametrize("mount", MOUNTS)
def test_only_the_fields_of_the_body_change(api: Api, mount: str) -> None:
    before = api.create("m", tags=["a"], region="eu-west", display={"name": "M", "brand": "B"})

    after = change(api, {"region": "us-east"}, mount=mount)

    assert after["region"] == "us-east"
    same = {"tags", "display", "provider_config", "type", "enabled", "limits"}
    assert {key: after[key] for key in same} == {key: before[key] for key in same}


def test_of_an_object_lifted_keys_change_if_present_and_free_keys_are_replaced(api: Api) -> None:
    api.create("m", display={"name": "M", "brand": "B", "colour": "red"}, limits={"rpm": 5, "images": 2})

    after = change(api, {"display": {"brand": None, "shape": "round"}, "limits": {"tpm": 7}})

    assert after["display"] == {"name": "M", "shape": "round"}
    assert after["limits"] == {"rpm": 5, "tpm": 7}


@pytest.mark.parametrize(
    ("field", "shown"),
    [("display", {}), ("capabilities", {}), ("limits", {}), ("tags", []), ("pricing", {}), ("metrics", None)],
)
def test_null_clears_a_field(api: Api, field: str, shown: Json) -> None:
    api.create(
        "m",
        display={"name": "M", "x": 1},
        capabilities={"vision": True},
        limits={"rpm": 1, "x": 1},
        tags=["a"],
        pricing={"input_per_1m_tokens": 1, "output_per_1m_tokens": 2},
        metrics={"x": 1},
    )

    assert change(api, {field: None})[field] == shown


def test_null_for_enabled_is_its_default(api: Api) -> None:
    api.create("m", enabled=False)

    assert change(api, {"enabled": None})["enabled"] is True


def test_an_unset_string_is_left_out(api: Api) -> None:
    api.create("m", failover="mock", region="eu-west")

    after = change(api, {"failover": None, "region": None})

    assert not {"failover", "region"} & after.keys()


def test_an_empty_body_changes_nothing_and_makes_no_revision(api: Api) -> None:
    before = api.create("m")

    after = change(api, {})

    assert after == before
    assert api.desk.snapshot.revision == 1


@pytest.mark.parametrize("mount", MOUNTS)
def test_what_get_returns_can_be_sent_back_and_makes_no_revision(api: Api, mount: str) -> None:
    api.create("m", provider_config=CONFIG, limits={"rpm": 3, "timeout": 2.5, "x": {"y": [1, 2.5]}}, metrics=[0.1])
    shown = read(api.ask("GET", f"{mount}/v1/models/m"))

    assert change(api, shown, mount=mount) == shown
    assert api.desk.snapshot.revision == 1


def test_another_model_id_is_ignored_and_warned_of(api: Api) -> None:
    api.create("m")

    after = change(api, {"model_id": "other"})

    assert after["model_id"] == "m"
    assert "'model_id' cannot be changed" in after["warnings"][0]
    assert "warnings" not in change(api, {"model_id": "m"})


@pytest.mark.parametrize("mount", MOUNTS)
def test_unknown_fields_are_400_invalid_body_with_all_paths(api: Api, mount: str) -> None:
    api.create("m")

    answer = api.ask("PATCH", f"{mount}/v1/models/m", body={"modelId": "x", "nonsense": 1, "pricing": {"free": True}})

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_BODY")
    assert [problem["path"] for problem in read(answer)["details"]] == ["modelId", "nonsense", "pricing"]


@pytest.mark.parametrize("body", [{"type": None}, {"type": "chat"}, {"enabled": "yes"}, {"failover": "x" * 129}])
def test_a_value_that_breaks_a_rule_is_400_and_changes_nothing(api: Api, body: JsonObject) -> None:
    api.create("m")

    assert api.ask("PATCH", "/v1/models/m", body=body).status_code == 400
    assert api.desk.snapshot.revision == 1


@pytest.mark.parametrize("mount", MOUNTS)
def test_changing_what_does_not_exist_is_404(quiet: Api, mount: str) -> None:
    answer = quiet.ask("PATCH", f"{mount}/v1/models/nothing", body={})

    assert (answer.status_code, read(answer)["code"]) == (404, "MODEL_NOT_FOUND")


def test_an_entry_that_is_seen_but_not_ones_own_to_write_is_403(api: Api) -> None:
    api.create("m")

    for person in ("ann", "mia"):
        answer = api.ask("PATCH", "/v1/models/m", by=person, body={"region": "asia"})
        assert (answer.status_code, read(answer)["code"]) == (403, "FORBIDDEN")


def test_a_write_does_not_fall_through_to_a_wider_scope(api: Api) -> None:
    api.create("m", by="root")

    pinned = api.ask("PATCH", "/v1/models/m?scope=organization", by="ann", body={"region": "asia"})

    assert pinned.status_code == 404


def test_the_type_shown_keeps_the_kind_and_another_word_changes_it(api: Api) -> None:
    api.create("m")

    assert change(api, {"type": "completion"})["revision"] == 1
    assert change(api, {"type": "embeddings"})["type"] == "embeddings"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_if_match_that_fails_is_412_and_changes_nothing(api: Api, method: str) -> None:
    api.create("m")
    old = api.ask("GET", "/v1/models/m").headers["etag"]
    change(api, {"region": "asia"})

    answer = api.ask(method, "/v1/models/m", body={"region": "x"}, headers={"if-match": old})

    assert (answer.status_code, read(answer)["code"]) == (412, "PRECONDITION_FAILED")
    assert read(api.ask("GET", "/v1/models/m"))["region"] == "asia"


def test_if_match_that_holds_lets_the_write_pass(api: Api) -> None:
    api.create("m")
    etag = api.ask("GET", "/v1/models/m").headers["etag"]

    answer = api.ask("PATCH", "/v1/models/m", body={"region": "asia"}, headers={"if-match": etag})

    assert answer.status_code == 200
    assert answer.headers["etag"] != etag


def test_moving_an_entry_to_another_origin_detaches_its_secret(api: Api) -> None:
    api.create("m", provider_config={**CONFIG, "api_key": "sk-0123456789"})

    after = change(api, {"provider_config": {"base_url": "https://two.example/v1"}})

    assert any("entered again" in warning for warning in after["warnings"])


def test_a_secret_is_left_by_silence_and_removed_by_null(api: Api) -> None:
    api.create("m", provider_config={**CONFIG, "api_key": "sk-0123456789"})
    uid = next(offer.uid for offer in api.desk.snapshot.offers() if offer.name == "m")

    change(api, {"provider_config": {"model": "up2"}})
    assert api.desk.book.own(uid) is not None

    change(api, {"provider_config": {"api_key": None}})
    assert api.desk.book.own(uid) is None
