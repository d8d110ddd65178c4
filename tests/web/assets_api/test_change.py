"""`PUT /assets/models/{resource_uri}`."""

from __future__ import annotations

import pytest

from headgate.core.json import Json, JsonObject
from headgate.gateway.stores import VerificationState
from headgate.gateway.verify import ProbeOutcome
from tests.web.assets_api.project import SEED, WHOLE, Assets, faults, told

BROKEN = ProbeOutcome(ok=False, message="the key was refused", latency=0.1)


def test_only_the_fields_of_the_body_change(assets: Assets) -> None:
    before = assets.create(**{key: value for key, value in WHOLE.items() if key not in {"name", "resource_uri"}})

    after = assets.put("m", description="new", rpm=7)

    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"description", "rpm"}
    assert (after["description"], after["rpm"]) == ("new", 7)


@pytest.mark.parametrize(
    ("field", "value"), [(key, value) for key, value in WHOLE.items() if key not in {"credentials", "resource_uri"}]
)
def test_every_field_can_be_changed(assets: Assets, field: str, value: Json) -> None:
    assets.create("Something", resource_uri="m", mode="embedding")

    assert assets.put("m", **{field: value})[field] == value
    assert assets.get("m")[field] == value


@pytest.mark.parametrize(
    "field",
    [
        "description", "provider", "api_base", "api_version", "max_input_tokens", "max_output_tokens", "rpm", "tpm",
        "default_temperature", "default_max_tokens", "timeout", "status_message",
    ],
)  # fmt: skip
def test_null_clears_what_may_be_null(assets: Assets, field: str) -> None:
    assets.create(**{key: value for key, value in WHOLE.items() if key not in {"name", "resource_uri"}})
    assets.put("m", status_message="noted")

    cleared: JsonObject = {field: None}
    assert assets.put("m", **cleared)[field] is None


def test_null_empties_the_tags(assets: Assets) -> None:
    assets.create(tags=["a"])

    assert assets.put("m", tags=None)["tags"] == []


def test_null_makes_it_a_chat_model(assets: Assets) -> None:
    assets.create(mode="embedding")

    assert assets.put("m", mode=None)["mode"] == "chat"


@pytest.mark.parametrize("field", ["name", "litellm_model", "status"])
def test_null_leaves_what_cannot_be_null(assets: Assets, field: str) -> None:
    before = assets.create()

    cleared: JsonObject = {field: None}
    assert assets.put("m", **cleared)[field] == before[field]
    assert assets.revision == 1


def test_an_empty_body_changes_nothing(assets: Assets) -> None:
    before = assets.create()

    assert assets.put("m") == before
    assert assets.revision == 1


def test_the_handle_cannot_be_changed(assets: Assets) -> None:
    assets.create()

    assert assets.put("m", resource_uri="other", id="x", project_id="p-api")["resource_uri"] == "m"
    assert assets.revision == 1


def test_a_change_is_one_revision_by_who_made_it(assets: Assets) -> None:
    assets.create()
    assets.api.wait(60)

    after = assets.put("m", by="adam", description="x")

    assert assets.revision == 2
    assert (after["created_by"], after["updated_by"]) == ("user:u-ann", "user:u-adam")
    assert after["updated_at"] > after["created_at"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("rpm", -1), ("mode", "speech"), ("status", "BROKEN"), ("status_message", "x" * 1001),
     ("credentials", []), ("default_temperature", 9.991), ("tags", [None]), ("nickname", "x")],
)  # fmt: skip
def test_a_body_that_breaks_a_rule_says_which(assets: Assets, field: str, value: Json) -> None:
    assets.create()

    assert faults(assets.ask("PUT", "/m", body={"description": "fine", field: value})) == {field}
    assert assets.revision == 1


def test_what_is_no_json_object_is_malformed(assets: Assets) -> None:
    assets.create()

    answer = assets.ask("PUT", "/m", body=b"{")

    assert (answer.status_code, told(answer)["code"]) == (400, "INVALID_REQUEST")


# Credentials


def test_credentials_replace_the_whole_secret(assets: Assets) -> None:
    uid = assets.create(litellm_model="openai/x", credentials={"api_key": "sk-first-0123456789"})["id"]

    assets.put("m", credentials={"api_key": "sk-second-abcdefghij"})

    own = assets.api.desk.book.own(uid)
    assert own is not None
    assert (own.credential.version, own.credential.last4) == (2, "ghij")


@pytest.mark.parametrize("credentials", [None, {}], ids=["null", "empty"])
def test_credentials_without_anything_remove_the_secret(assets: Assets, credentials: Json) -> None:
    uid = assets.create(litellm_model="openai/x", credentials=SEED["credentials"])["id"]

    assets.put("m", credentials=credentials)

    assert assets.api.desk.book.own(uid) is None


def test_another_origin_detaches_the_secret(assets: Assets) -> None:
    assets.create(litellm_model="openai/x", credentials=SEED["credentials"])

    after = assets.put("m", api_base="https://elsewhere.example/v1")

    assert (after["status"], after["status_message"]) == ("ERROR", "credential must be entered again")


def test_another_origin_with_the_secret_again_is_bound_to_it(assets: Assets) -> None:
    uid = assets.create(litellm_model="openai/x", credentials=SEED["credentials"])["id"]

    after = assets.put("m", api_base="https://elsewhere.example/v1", credentials=SEED["credentials"])

    own = assets.api.desk.book.own(uid)
    assert own is not None
    assert own.credential.origins == ("https://elsewhere.example",)
    assert after["status"] == "PENDING"


# Verification


@pytest.mark.parametrize(
    "change",
    [
        {"litellm_model": "mock/other"},
        {"provider": "openai", "litellm_model": "gpt-4o"},
        {"credentials": {"api_key": "k"}},
    ],
    ids=["model", "provider", "credentials"],
)
def test_what_decides_whether_it_works_is_verified_again(assets: Assets, change: dict[str, Json]) -> None:
    assets.create()
    assets.api.probes.finish()

    assert assets.put("m", **change)["status"] == "PENDING"
    assert [offer.name for offer in assets.api.probes.waiting] == ["m"]


def test_anything_else_is_not(assets: Assets) -> None:
    assets.create()
    assets.api.probes.finish()

    assert assets.put("m", description="x", tags=["y"], rpm=5, name="N")["status"] == "ACTIVE"
    assert assets.api.probes.waiting == []


# Status


@pytest.mark.parametrize("ok", [True, False])
def test_what_verification_found_is_the_status(assets: Assets, *, ok: bool) -> None:
    assets.create()
    assets.api.probes.outcome = ProbeOutcome(ok=True, message="") if ok else BROKEN
    assets.api.probes.finish()

    shown = assets.get("m")

    expected = ("ACTIVE", None) if ok else ("ERROR", "the key was refused")
    assert (shown["status"], shown["status_message"]) == expected


@pytest.mark.parametrize("status", ["PENDING", "ACTIVE", "ERROR", "DEPRECATED", "DISABLED"])
def test_every_status_can_be_set(assets: Assets, status: str) -> None:
    assets.create()
    assets.api.probes.finish()

    assert assets.put("m", status=status)["status"] == status
    assert assets.get("m")["status"] == status


@pytest.mark.parametrize(
    ("before", "wanted", "shown"),
    [
        (["DEPRECATED"], "DISABLED", "DISABLED"),
        (["DISABLED"], "DEPRECATED", "DEPRECATED"),
        (["DEPRECATED", "DISABLED"], "ACTIVE", "ACTIVE"),
        (["DISABLED"], "PENDING", "PENDING"),
        (["DEPRECATED"], "ERROR", "ERROR"),
    ],
)
def test_a_status_follows_another(assets: Assets, before: list[str], wanted: str, shown: str) -> None:
    assets.create()
    assets.api.probes.finish()
    for status in before:
        assets.put("m", status=status)

    assert assets.put("m", status=wanted)["status"] == shown


def test_disabling_and_deprecating_hide_what_verification_found(assets: Assets) -> None:
    assets.create()
    assets.api.probes.outcome = BROKEN
    assets.api.probes.finish()

    assert assets.put("m", status="DEPRECATED")["status"] == "DEPRECATED"
    assert assets.put("m", status="DISABLED")["status"] == "DISABLED"


@pytest.mark.parametrize("status", ["ACTIVE", "PENDING"])
def test_what_failed_is_verified_again_on_request(assets: Assets, status: str) -> None:
    assets.create()
    assets.api.probes.outcome = BROKEN
    assets.api.probes.finish()

    assets.put("m", status=status)

    assert [offer.name for offer in assets.api.probes.waiting] == ["m"]


def test_an_error_that_was_set_is_one_of_verification(assets: Assets) -> None:
    uid = assets.create()["id"]
    assets.api.probes.finish()

    shown = assets.put("m", status="ERROR", status_message="out of quota")

    assert (shown["status"], shown["status_message"]) == ("ERROR", "out of quota")
    assert assets.api.desk.board.of(uid).state is VerificationState.FAILED


def test_a_message_stays_until_it_is_cleared(assets: Assets) -> None:
    assets.create()
    assets.put("m", status="DEPRECATED", status_message="use the other one")

    assert assets.put("m", description="x")["status_message"] == "use the other one"
    assert assets.put("m", status_message=None)["status_message"] is None


def test_a_disabled_model_is_refused_to_callers(assets: Assets) -> None:
    assets.create()
    assets.put("m", status="DISABLED")

    answer = assets.api.ask("GET", "/v1/models/m", by="ops", headers={"x-project-id": "web"})

    assert answer.status_code == 403
