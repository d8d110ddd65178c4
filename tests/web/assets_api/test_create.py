"""`POST /assets/models`."""

from __future__ import annotations

import re

import pytest

from headgate.catalogue.offer import document_of
from headgate.core.json import Json, JsonObject
from tests.web.api import read
from tests.web.assets_api.project import FIELDS, SEED, WHOLE, Assets, faults, told


def test_the_request_of_the_page_creates_a_model(assets: Assets) -> None:
    answer = assets.ask("POST", body=SEED)

    assert answer.status_code == 201
    shown = read(answer)
    assert tuple(shown) == FIELDS
    assert {key: shown[key] for key in SEED if key != "credentials"} == {
        key: value for key, value in SEED.items() if key != "credentials"
    }
    assert (shown["resource_uri"], shown["status"]) == ("gpt-4o", "PENDING")
    assert (shown["organization_id"], shown["project_id"]) == ("o-acme", "p-web")
    assert shown["created_by"] == shown["updated_by"] == shown["owner_id"] == "user:u-ann"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", shown["created_at"])
    assert [key for key in FIELDS if shown[key] is None] == [
        "description", "api_base", "api_version", "max_input_tokens", "max_output_tokens", "rpm", "tpm",
        "default_temperature", "default_max_tokens", "timeout", "status_message",
    ]  # fmt: skip


def test_every_field_of_the_page_is_kept(assets: Assets) -> None:
    answer = assets.ask("POST", body=WHOLE)

    assert answer.status_code == 201
    shown = read(answer)
    assert {key: shown[key] for key in WHOLE if key != "credentials"} == {
        key: value for key, value in WHOLE.items() if key != "credentials"
    }


def test_no_answer_shows_the_credentials(assets: Assets) -> None:
    made = assets.ask("POST", body=SEED)
    got = assets.ask("GET", "/gpt-4o")
    listed = assets.ask("GET")

    assert "canary" not in made.text + got.text + listed.text
    assert "credentials" not in made.text + got.text + listed.text


def test_the_credentials_are_sealed_and_bound_to_where_the_calls_go(assets: Assets) -> None:
    uid = read(assets.ask("POST", body=SEED))["id"]

    own = assets.api.desk.book.own(uid)
    assert own is not None
    assert own.credential.origins == ("https://api.openai.com",)
    assert own.credential.last4 == "6789"


@pytest.mark.parametrize("credentials", [{}, {"api_key": ""}, {"api_key": None}], ids=["nothing", "empty", "null"])
def test_credentials_with_nothing_in_them_are_none(assets: Assets, credentials: Json) -> None:
    made = assets.create(credentials=credentials)

    assert assets.api.desk.book.own(made["id"]) is None


def test_a_new_model_is_verified_in_the_background(assets: Assets) -> None:
    made = assets.create()
    assert made["status"] == "PENDING"
    assert [offer.uid for offer in assets.api.probes.waiting] == [made["id"]]

    assets.api.probes.finish()

    assert assets.get("m")["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("GPT-4o", "gpt-4o"),
        ("  Claude 3.5 Sonnet (v2) ", "claude-3-5-sonnet-v2"),
        ("Émile Été", "emile-ete"),
        ("模型", "model"),
        ("auto", "auto-2"),
        ("x" * 255, "x" * 128),
    ],
)
def test_a_handle_is_made_of_the_name(assets: Assets, name: str, handle: str) -> None:
    assert assets.create(name)["resource_uri"] == handle


def test_a_handle_that_is_taken_gets_a_number(assets: Assets) -> None:
    made = [assets.create("Same Name")["resource_uri"] for _ in range(3)]

    assert made == ["same-name", "same-name-2", "same-name-3"]


def test_a_long_handle_that_is_taken_keeps_its_length(assets: Assets) -> None:
    assets.create("x" * 200)

    assert assets.create("x" * 200)["resource_uri"] == "x" * 126 + "-2"


def test_a_handle_is_taken_by_an_entry_that_is_callable_in_the_project(assets: Assets) -> None:
    assets.api.create("shared-one", by="root")

    assert assets.create("Shared one")["resource_uri"] == "shared-one-2"


def test_a_given_handle_that_is_taken_is_refused(assets: Assets) -> None:
    assets.create(resource_uri="mine")

    answer = assets.ask(
        "POST", body={"name": "N", "litellm_model": "mock/x", "credentials": {}, "resource_uri": "mine"}
    )

    assert answer.status_code == 409
    assert told(answer)["code"] == "RESOURCE_ALREADY_EXISTS"
    assert told(answer)["details"] == {"resource_type": "model", "resource_id": "mine"}


def test_the_same_handle_may_be_used_in_another_project(assets: Assets) -> None:
    assets.create(resource_uri="mine")
    body = {"name": "N", "litellm_model": "mock/x", "credentials": {}, "resource_uri": "mine"}

    assert assets.ask("POST", body=body, project="api").status_code == 201


@pytest.mark.parametrize("handle", ["-", "--a--", "verify", "0", "a" * 128])
def test_every_handle_of_the_pattern_may_be_given(assets: Assets, handle: str) -> None:
    assert assets.create(resource_uri=handle)["resource_uri"] == handle
    assert assets.get(handle)["resource_uri"] == handle


def test_a_null_handle_is_made_of_the_name(assets: Assets) -> None:
    assert assets.create("Some name", resource_uri=None)["resource_uri"] == "some-name"


def test_without_a_mode_it_is_a_chat_model(assets: Assets) -> None:
    assert assets.create(mode=None)["mode"] == "chat"


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("chat", "chat"),
        ("completion", "completion"),
        ("embedding", "embedding"),
        ("image_generation", "image"),
        ("audio_transcription", "transcription"),
    ],
)
def test_each_mode_is_a_kind(assets: Assets, mode: str, kind: str) -> None:
    made = assets.create(mode=mode)

    assert made["mode"] == mode
    offer = assets.api.desk.snapshot.by_uid(made["id"])
    assert offer is not None
    assert document_of(offer).kind == kind


def test_optional_fields_may_be_null(assets: Assets) -> None:
    nulls: JsonObject = {key: None for key in WHOLE if key not in {"name", "litellm_model", "credentials", "tags"}}

    made = assets.create(tags=None, **nulls)

    assert made["tags"] == []


def test_read_only_fields_are_ignored(assets: Assets) -> None:
    made = assets.create(
        id="x",
        organization_id="o-globex",
        project_id="p-main",
        owner_id="user:u-gus",
        created_by="me",
        updated_by="me",
        created_at="then",
        updated_at="then",
    )

    assert (made["project_id"], made["owner_id"]) == ("p-web", "user:u-ann")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 256),
        ("name", None),
        ("name", 5),
        ("litellm_model", ""),
        ("litellm_model", "m" * 501),
        ("litellm_model", None),
        ("credentials", None),
        ("credentials", "sk-plain"),
        ("credentials", {"api_key": 5}),
        ("credentials", {"api_key": "a\r\nhost: b"}),
        ("credentials", {"api_key": "x" * 16_385}),
        ("resource_uri", "Upper"),
        ("resource_uri", "a_b"),
        ("resource_uri", ""),
        ("resource_uri", "a" * 129),
        ("resource_uri", "auto"),
        ("resource_uri", "a\n"),
        ("resource_uri", 5),
        ("provider", "p" * 101),
        ("description", "d" * 1001),
        ("tags", "production"),
        ("tags", [1]),
        ("tags", ["a", "a"]),
        ("tags", [""]),
        ("api_base", "not a URL"),
        ("api_base", "https://h/" + "a" * 1000),
        ("api_base", "https://user:password@host"),
        ("api_version", "v" * 51),
        ("mode", "speech"),
        ("mode", 1),
        ("max_input_tokens", -1),
        ("max_output_tokens", 1.5),
        ("rpm", "5"),
        ("tpm", True),
        ("default_temperature", 10),
        ("default_temperature", -0.01),
        ("default_temperature", "warm"),
        ("default_max_tokens", -1),
        ("timeout", 0.5),
        ("timeout", 86_401),
        ("status", "ACTIVE"),
        ("status_message", "mine"),
        ("is_admin", True),
    ],
)
def test_a_body_that_breaks_a_rule_says_which(still: Assets, field: str, value: Json) -> None:
    answer = still.ask("POST", body={**SEED, field: value})

    assert faults(answer) == {field}
    assert still.revision == 0


@pytest.mark.parametrize("field", ["name", "litellm_model", "credentials"])
def test_a_required_field_that_is_missing_is_named(still: Assets, field: str) -> None:
    answer = still.ask("POST", body={key: value for key, value in SEED.items() if key != field})

    assert faults(answer) == {field}


def test_every_fault_is_told_at_once(still: Assets) -> None:
    answer = still.ask("POST", body={"name": "", "rpm": -1, "x": 1, "credentials": 5})

    assert faults(answer) == {"name", "rpm", "x", "credentials", "litellm_model"}


def test_a_refusal_does_not_repeat_a_secret(still: Assets) -> None:
    answer = still.ask("POST", body={**SEED, "credentials": {"api_key": "sk-canary\n", "deep": [["sk-canary"]]}})

    assert answer.status_code == 422
    assert "canary" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"name": "\xff"}', b"[" * 100_000], ids=lambda b: b[:9])
def test_what_is_no_json_object_is_malformed(still: Assets, body: bytes) -> None:
    answer = still.ask("POST", body=body)

    assert (answer.status_code, told(answer)["code"]) == (400, "INVALID_REQUEST")


def test_zero_is_an_integer_like_any_other(assets: Assets) -> None:
    counts = ("max_input_tokens", "max_output_tokens", "rpm", "tpm", "default_max_tokens", "timeout")
    zeros: JsonObject = dict.fromkeys((*counts, "default_temperature"), 0)

    made = assets.create(**zeros)

    assert {key: made[key] for key in zeros} == zeros
