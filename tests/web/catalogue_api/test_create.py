"""POST /models."""

from __future__ import annotations

import pytest

from headgate.core.json import JsonObject
from tests.web.api import MOUNTS, Api, read

NEW: JsonObject = {"model_id": "m", "type": "completion"}


@pytest.mark.parametrize("mount", MOUNTS)
def test_without_model_id_it_is_400_missing_model_id(quiet: Api, mount: str) -> None:
    answer = quiet.ask("POST", f"{mount}/v1/models", body={"type": "completion"})

    assert (answer.status_code, read(answer)["code"], read(answer)["error"], read(answer)["status"]) == (
        400,
        "MISSING_MODEL_ID",
        "MissingModelId",
        400,
    )


@pytest.mark.parametrize("mount", MOUNTS)
def test_without_type_it_is_400_missing_type(quiet: Api, mount: str) -> None:
    answer = quiet.ask("POST", f"{mount}/v1/models", body={"model_id": "m"})

    assert (answer.status_code, read(answer)["code"]) == (400, "MISSING_TYPE")


@pytest.mark.parametrize("mount", MOUNTS)
def test_a_name_that_exists_is_409_model_exists(api: Api, mount: str) -> None:
    api.create("m", mount=mount)

    answer = api.ask("POST", f"{mount}/v1/models", body=NEW)

    assert (answer.status_code, read(answer)["code"]) == (409, "MODEL_EXISTS")


@pytest.mark.parametrize("mount", MOUNTS)
def test_a_mistake_is_400_invalid_body_with_its_path(quiet: Api, mount: str) -> None:
    answer = quiet.ask("POST", f"{mount}/v1/models", body={**NEW, "type": "nonsense", "region": "x" * 65})

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_BODY")
    assert [problem["path"] for problem in read(answer)["details"]] == ["type", "region"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"model_id": NaN}', b'{"a": "\xff"}', b"[" * 100_000, b"[]"])
def test_what_is_no_json_object_is_400_invalid_body(quiet: Api, body: bytes) -> None:
    answer = quiet.ask("POST", "/v1/models", body=body)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_BODY")


def test_a_body_of_more_than_8_mib_is_413_payload_too_large(quiet: Api) -> None:
    answer = quiet.ask("POST", "/v1/models", body=b" " * (8 * 1024 * 1024 + 1))

    assert (answer.status_code, read(answer)["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_an_administrator_creates_for_the_platform(api: Api) -> None:
    made = api.create("m", by="root")

    assert (made["scope"], made["owner"], made["org_slugs"]) == ("platform", "platform", [])


def test_a_manager_creates_for_the_organization_and_org_slugs_is_filled_in(api: Api) -> None:
    made = api.create("m", by="ann")

    assert (made["scope"], made["owner"], made["org_slugs"]) == ("organization:o-acme", "o-acme", ["acme"])


def test_an_organization_key_that_may_manage_creates_for_its_organization(api: Api) -> None:
    key = api.town.key("acme", permissions=("llm:governance:manage",))

    assert api.create("m", by=key)["created_by"] == "key:k-key"


def test_naming_another_organization_is_403(quiet: Api) -> None:
    answer = quiet.ask("POST", "/v1/models", by="ann", body={**NEW, "org_slugs": ["globex"]})

    assert (answer.status_code, read(answer)["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize("person", ["mia", "vic"])
def test_who_may_not_manage_gets_403(quiet: Api, person: str) -> None:
    answer = quiet.ask("POST", "/v1/models", by=person, body=NEW)

    assert (answer.status_code, read(answer)["code"]) == (403, "FORBIDDEN")


def test_an_administrator_can_create_for_an_organization_by_naming_its_scope(api: Api) -> None:
    answer = api.ask("POST", "/v1/models?scope=organization", body=NEW, headers={"x-organization-id": "acme"})

    assert read(answer)["scope"] == "organization:o-acme"


def test_a_scope_that_is_none_is_400_invalid_query(quiet: Api) -> None:
    answer = quiet.ask("POST", "/v1/models?scope=nowhere", body=NEW)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_QUERY")


def test_a_secret_is_never_answered(api: Api) -> None:
    config = {"provider": "openai", "api_key": "sk-very-secret-0123456789"}

    answer = api.ask("POST", "/v1/models", body={**NEW, "provider_config": config})

    assert answer.status_code == 200
    assert b"sk-very" not in answer.content
    assert b"very-secret" not in api.ask("GET", "/v1/models/m").content


def test_a_failover_that_names_nothing_is_stored_and_warned_of(api: Api) -> None:
    made = api.create("m", failover="nothing")

    assert made["failover"] == "nothing"
    assert "'failover' names nothing callable" in made["warnings"][0]


def test_no_warning_is_no_field(api: Api) -> None:
    assert "warnings" not in api.create("m")


@pytest.mark.parametrize("word", ["rerank", "moderation", "video", "audio_speech", "audio_transcription"])
def test_a_type_beyond_the_published_three_exists_on_the_first_mount_only(api: Api, word: str) -> None:
    body = {"model_id": "m", "type": word}

    assert api.ask("POST", f"{MOUNTS[1]}/v1/models", body=body).status_code == 400
    assert read(api.ask("POST", "/v1/models", body=body))["type"] == word


def test_the_answer_carries_the_etag_of_the_entry(api: Api) -> None:
    made = api.ask("POST", "/v1/models", body=NEW)

    assert made.headers["etag"] == api.ask("GET", "/v1/models/m").headers["etag"]
