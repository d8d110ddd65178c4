"""Registering a model: what each field takes, what is refused, and in which order."""

from __future__ import annotations

import pytest

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import document_of
from headgate.core.json import Json, JsonObject
from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, SECRET, body, get, register


def faults(api: Api, given: Json) -> list[tuple[str, list[Json]]]:
    """What is wrong with a body, as the 422 says it."""
    answer = api.ask("POST", f"{BASE}/register", by="ann", body=given)
    assert answer.status_code == 422, answer.text
    assert SECRET not in answer.text
    assert all(each.keys() == {"type", "loc", "msg"} for each in read(answer)["detail"])
    return [(each["type"], each["loc"]) for each in read(answer)["detail"]]


@pytest.mark.parametrize("key", ["model_id", "model_provider", "model_name", "api_key"])
def test_what_the_page_requires_is_required(quiet: Api, key: str) -> None:
    given = body()
    del given[key]

    assert faults(quiet, given) == [("missing", ["body", key])]


@pytest.mark.parametrize(
    ("key", "value", "type_"),
    [
        ("model_id", 5, "string_type"),
        ("model_id", None, "value_error"),
        ("model_id", "", "value_error"),
        ("model_id", "x" * 129, "value_error"),
        ("model_id", "auto", "value_error"),
        ("model_provider", None, "value_error"),
        ("model_provider", " ", "string_too_short"),
        ("model_provider", "x" * 101, "value_error"),
        ("model_name", ["gpt"], "string_type"),
        ("model_name", "", "string_too_short"),
        ("api_key", None, "value_error"),
        ("api_key", 7, "string_type"),
        ("api_key", "sk-ü" * 3, "value_error"),
        ("category", None, "value_error"),
        ("category", 5, "string_type"),
        ("base_url", "ftp://example.org", "value_error"),
        ("base_url", "https://user:word@example.org", "value_error"),
        ("temperature", "warm", "float_type"),
        ("temperature", True, "float_type"),
        ("temperature", 25, "value_error"),
        ("dimension", 1.5, "int_type"),
        ("dimension", -1, "int_type"),
        ("context_window", "many", "int_type"),
        ("abilities", "chat", "list_type"),
        ("abilities", [1], "list_type"),
        ("abilities", ["chat", "chat"], "value_error"),
        ("description", 5, "string_type"),
        ("description", "x" * 8193, "value_error"),
        ("share_with_users", "yes", "bool_type"),
        ("share_with_users", None, "value_error"),
        ("sample_rate", "high", "int_type"),
        ("voice", 5, "string_type"),
        ("max_tokens", 5, "extra_forbidden"),
        ("scope", "platform", "extra_forbidden"),
    ],
)
def test_a_value_that_breaks_a_rule_is_422_where_it_stands(quiet: Api, key: str, value: Json, type_: str) -> None:
    assert faults(quiet, {**body(), key: value}) == [(type_, ["body", key])]


def test_every_mistake_is_told_at_once(quiet: Api) -> None:
    found = faults(quiet, {"model_id": "m", "temperature": "x", "zip": 1})

    assert {place[1] for _, place in found} == {"model_provider", "model_name", "api_key", "temperature", "zip"}


@pytest.mark.parametrize("given", [b"{", b"[]", b"\xff", b""])
def test_what_is_no_json_object_is_422(quiet: Api, given: bytes) -> None:
    assert faults(quiet, given) == [("json_invalid", ["body"])]


def test_a_body_of_more_than_8_mib_is_413(quiet: Api) -> None:
    answer = quiet.ask("POST", f"{BASE}/register", by="ann", body=b'"' + b"x" * 8 * 1024 * 1024 + b'"')

    assert (answer.status_code, list(read(answer))) == (413, ["detail"])


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("llm", Kind.CHAT),
        ("embedding", Kind.EMBEDDING),
        ("image", Kind.IMAGE),
        ("speech", Kind.SPEECH),
        ("rerank", Kind.RERANK),
        ("moderation", Kind.MODERATION),
        ("video", Kind.VIDEO),
    ],
)
def test_every_category_is_registered(api: Api, category: str, kind: Kind) -> None:
    assert register(api, category=category)["category"] == category
    assert [offer.kind for offer in api.desk.snapshot.offers()] == [kind]


def test_a_speech_model_that_only_hears_is_one_that_transcribes(api: Api) -> None:
    assert register(api, category="speech", abilities=["asr"])["category"] == "speech"
    assert [offer.kind for offer in api.desk.snapshot.offers()] == [Kind.TRANSCRIPTION]


@pytest.mark.parametrize("category", ["audio", "LLM", ""])
def test_another_category_is_400(quiet: Api, category: str) -> None:
    answer = quiet.ask("POST", f"{BASE}/register", by="ann", body=body(category=category))

    assert answer.status_code == 400
    assert read(answer)["detail"].startswith("'category' takes one of llm, ")


@pytest.mark.parametrize(
    ("category", "abilities", "good"),
    [
        ("llm", ["anything"], True),
        ("llm", [], True),
        ("image", ["generate", "edit"], True),
        ("image", ["chat"], False),
        ("image", [], False),
        ("embedding", ["embedding"], True),
        ("embedding", ["chat"], False),
        ("speech", ["asr", "tts"], True),
        ("speech", ["sing"], False),
        ("rerank", ["rerank"], True),
        ("rerank", ["embedding"], False),
        ("video", ["generate"], True),
        ("video", ["edit"], False),
        ("image", None, True),
    ],
)
def test_abilities_are_those_of_the_category(api: Api, *, category: str, abilities: Json, good: bool) -> None:
    answer = api.ask("POST", f"{BASE}/register", by="ann", body=body(category=category, abilities=abilities))

    assert answer.status_code == (200 if good else 422)
    if not good:
        assert [each["loc"] for each in read(answer)["detail"]] == [["body", "abilities"]]


def test_texts_are_trimmed(api: Api) -> None:
    shown = register(api, "  m ", model_provider=" openai ", model_name=" gpt-4o ", base_url=" https://example.org/v1 ")

    assert [shown[key] for key in ("model_id", "model_provider", "model_name", "base_url")] == [
        "m", "openai", "gpt-4o", "https://example.org/v1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "stored"),
    [("OpenAI", "openai"), ("anthropic", "claude"), ("volcengine_ark", "volcengine-ark"), ("ark", "volcengine-ark"),
     ("byteplus", "byteplus-ark"), ("My Own", "my own")],
)  # fmt: skip
def test_a_provider_is_stored_by_its_own_word(api: Api, given: str, stored: str) -> None:
    assert register(api, model_provider=given)["model_provider"] == stored


@pytest.mark.parametrize("given", [{}, {"base_url": None}, {"base_url": ""}])
def test_without_a_url_the_providers_own_is_stored(api: Api, given: JsonObject) -> None:
    assert register(api, model_provider="deepseek", **given)["base_url"] == "https://api.deepseek.com"


def test_a_provider_without_a_url_of_its_own_leaves_it_null(api: Api) -> None:
    assert register(api, model_provider="xinference")["base_url"] is None


def test_no_key_is_an_empty_one(api: Api) -> None:
    register(api, api_key="")

    offer = next(api.desk.snapshot.offers())
    assert api.desk.book.own(offer.uid) is None


@pytest.mark.parametrize(
    ("category", "kept"), [("llm", (0.5, None)), ("embedding", (None, 8)), ("image", (None, None))]
)
def test_temperature_is_kept_for_llm_and_dimension_for_embedding(api: Api, category: str, kept: Json) -> None:
    shown = register(api, category=category, temperature=0.5, dimension=8)

    assert (shown["temperature"], shown["dimension"]) == kept


def test_a_whole_number_may_be_written_with_a_fraction_of_zero(api: Api) -> None:
    shown = read(api.ask("POST", f"{BASE}/register", by="ann", body=body(category="embedding") | {"dimension": 8.0}))

    assert shown["dimension"] == 8


def test_settings_of_speech_and_rerank_are_kept_beside_what_is_shown(api: Api) -> None:
    extras: JsonObject = {
        "language": "de",
        "voice": "alloy",
        "format": "mp3",
        "sample_rate": 16000,
        "top_n": 3,
        "instruct": "x",
    }
    register(api, category="speech", context_window=4096, **extras)

    document = document_of(next(api.desk.snapshot.offers()))
    assert document.provider_config == extras
    assert document.context_window == 4096


def test_read_only_keys_mean_nothing(api: Api) -> None:
    shown = register(api, id=77, is_active=False, is_owner=False, created_at="x")

    assert (shown["id"], shown["is_active"], shown["is_owner"]) == (1, True, True)


def test_an_id_that_one_has_is_400(api: Api) -> None:
    register(api)

    answer = api.ask("POST", f"{BASE}/register", by="ann", body=body())

    assert (answer.status_code, read(answer)) == (400, {"detail": "model 'm' already exists"})


@pytest.mark.parametrize("by", ["root", "ann"])
def test_an_id_of_a_wider_scope_is_400(api: Api, by: str) -> None:
    api.create("m", by=by)

    assert api.ask("POST", f"{BASE}/register", by="ann", body=body()).status_code == 400


def test_a_foreign_id_neither_conflicts_nor_shows(api: Api) -> None:
    register(api, by="gus")
    register(api, by="mia")

    assert register(api)["model_id"] == "m"


def test_an_id_of_digits_that_is_the_key_of_a_row_is_400_only_where_the_row_is_seen(api: Api) -> None:
    number = str(register(api)["id"])

    assert api.ask("POST", f"{BASE}/register", by="ann", body=body(number)).status_code == 400
    assert api.ask("POST", f"{BASE}/register", by="gus", body=body(number)).status_code == 200


def test_sharing_without_the_right_is_403_and_registers_nothing(api: Api) -> None:
    answer = api.ask("POST", f"{BASE}/register", by="mia", body=body(share_with_users=True))

    assert (answer.status_code, list(read(answer))) == (403, ["detail"])
    assert len(api.desk.snapshot) == 0


def test_faults_are_told_in_the_order_of_the_published_api(api: Api) -> None:
    register(api, by="mia")
    worst: JsonObject = {"share_with_users": True, "category": "audio"}

    answers = [
        api.ask("POST", f"{BASE}/register", by="mia", body=given)
        for given in (body(**worst, temperature="x"), body(**worst), body("new", **worst))
    ]

    assert [answer.status_code for answer in answers] == [422, 400, 403]
    assert "already exists" in answers[1].text


def test_any_provider_is_taken_and_any_model_of_it(api: Api) -> None:
    assert register(api, model_provider="nobody-knows")["model_provider"] == "nobody-knows"
    assert register(api, "d", model_provider="deepseek", model_name="new-model")["model_name"] == "new-model"


def test_outside_of_an_organization_nobody_has_models_of_their_own(api: Api) -> None:
    answer = api.ask("POST", f"{BASE}/register", by="root", body=body())

    assert answer.status_code == 400
    assert "X-Organization-ID" in read(answer)["detail"]
    within = api.ask("POST", f"{BASE}/register", by="root", body=body(), headers={"x-organization-id": "acme"})
    assert within.status_code == 200


def test_a_model_is_called_by_its_owner_at_once(api: Api) -> None:
    register(api)

    person = api.town.directory.user("u-ann")
    assert person is not None
    assert [offer.scope_key for offer in api.desk.snapshot.offers()] == ["user:o-acme/u-ann"]
    assert get(api)["model_id"] == "m"
