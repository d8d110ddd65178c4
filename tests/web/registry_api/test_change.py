"""Changing a model: only what the body has, nothing of what others wrote, and what is refused."""

from __future__ import annotations

import pytest

from headgate.access.identity import Sharing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import document_of
from headgate.core.json import Json, JsonObject
from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, SECRET, get, put, register, settle


def revision(api: Api) -> int:
    return api.desk.snapshot.revision


@pytest.mark.parametrize("place", ["", "/by-id"])
def test_only_the_keys_of_the_body_change(api: Api, place: str) -> None:
    made = register(api, temperature=0.5, description="one")
    api.wait(5)

    answer = api.ask("PUT", f"{BASE}{place}/m", by="ann", body={"description": "two"})

    changed = read(answer)
    assert changed.pop("updated_at") is not None
    del made["updated_at"]
    assert changed == {**made, "description": "two"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "embedding"),
        ("model_provider", "mistral"),
        ("model_name", "gpt-4o-mini"),
        ("base_url", "https://example.org/v1"),
        ("temperature", 0.25),
        ("dimension", 256),
        ("description", "text"),
        ("abilities", ["chat"]),
        ("context_window", 8192),
    ],
)
def test_every_field_of_the_page_can_be_changed(api: Api, field: str, value: Json) -> None:
    register(api)

    assert put(api, **{field: value})[field] == value
    assert get(api)[field] == value


@pytest.mark.parametrize("field", ["base_url", "temperature", "dimension", "description", "context_window"])
def test_null_clears(api: Api, field: str) -> None:
    register(api, "m", category="embedding")
    put(api, temperature=0.5, dimension=8, description="x", context_window=5)

    cleared: JsonObject = {field: None}
    assert put(api, **cleared)[field] is None


def test_null_clears_abilities(api: Api) -> None:
    register(api, abilities=["chat"])

    assert put(api, abilities=None)["abilities"] == []


@pytest.mark.parametrize("key", [None, "", "  "])
def test_an_empty_key_keeps_the_one_that_is_stored(api: Api, key: Json) -> None:
    register(api)
    uid = next(api.desk.snapshot.offers()).uid
    before = api.desk.book.own(uid)

    put(api, api_key=key)

    assert before is not None
    assert api.desk.book.own(uid) is before


def test_another_key_replaces_the_one_that_is_stored(api: Api) -> None:
    register(api)
    uid = next(api.desk.snapshot.offers()).uid

    put(api, api_key="sk-another-registry-key")

    stored = api.desk.book.own(uid)
    assert stored is not None
    assert (stored.credential.version, stored.credential.last4) == (2, "-key")


def test_another_origin_detaches_the_key(api: Api) -> None:
    register(api)

    put(api, base_url="https://canary.example.org/v1")

    assert api.desk.book.detached(next(api.desk.snapshot.offers()))


@pytest.mark.parametrize("body", [{}, {"category": None}, {"model_id": "other"}, {"share_with_users": None}])
def test_what_says_nothing_changes_nothing_and_makes_no_revision(api: Api, body: JsonObject) -> None:
    made, before = register(api), revision(api)

    assert put(api, **body) == made
    assert revision(api) == before


def test_what_get_returns_can_be_sent_back_and_makes_no_revision(api: Api) -> None:
    register(api, category="speech", abilities=["asr"], description="x")
    api.create("c", by="ann", type="embeddings", dimensions="many", provider_config={"provider": "OpenAI "})
    api.create("d", by="ann", type="completion", provider_config={})
    before = revision(api)

    for name in ("m", "c", "d"):
        shown = get(api, name)
        assert put(api, name, **shown) == shown

    assert revision(api) == before


def test_what_other_apis_wrote_stays(api: Api) -> None:
    config = {"provider": "openai", "model": "gpt-4o", "batch_size": 10, "defaults": {"temperature": 0.5, "top_p": 0.9}}
    api.create(
        "m",
        by="ann",
        display={"name": "M", "brand": "B", "own": 1},
        limits={"context_window": 9, "rpm": 5, "own": 2},
        provider_config=config,
        capabilities={"vision": True, "own": True},
        tags=["a"],
        region="eu",
        failover="x",
        pricing={"input_per_1m_tokens": 1, "output_per_1m_tokens": 2},
    )
    before = read(api.ask("GET", "/v1/models/m", by="ann"))

    put(api, temperature=0.75, abilities=["chat"], context_window=10, description="d")

    after = read(api.ask("GET", "/v1/models/m", by="ann"))
    expected = {
        **before,
        "provider_config": {**config, "defaults": {"temperature": 0.75, "top_p": 0.9}},
        "limits": {**before["limits"], "context_window": 10},
        "description": "d",
    }
    known = {"updated_at", "revision", "warnings"}
    assert {key: after[key] for key in after if key not in known} == {
        key: expected[key] for key in expected if key not in known
    }


def test_writing_the_category_that_is_shown_keeps_the_kind(api: Api) -> None:
    register(api, category="speech", abilities=["asr"])

    put(api, category="speech", abilities=["tts"])

    assert [offer.kind for offer in api.desk.snapshot.offers()] == [Kind.TRANSCRIPTION]


def test_another_category_sets_its_kind(api: Api) -> None:
    register(api)

    assert put(api, category="speech", abilities=["asr"])["category"] == "speech"
    assert [offer.kind for offer in api.desk.snapshot.offers()] == [Kind.TRANSCRIPTION]


def test_another_provider_takes_its_own_url_where_only_the_formers_was_stored(api: Api) -> None:
    register(api, "own", base_url="https://example.org/v1")
    register(api, "default")

    assert put(api, "default", model_provider="deepseek")["base_url"] == "https://api.deepseek.com"
    assert put(api, "own", model_provider="deepseek")["base_url"] == "https://example.org/v1"


def test_an_upstream_that_the_assets_api_told_in_one_word_is_told_whole_after_a_change(api: Api) -> None:
    made = api.ask(
        "POST",
        "/assets/models",
        by="ann",
        headers={"x-project-id": "web"},
        body={"name": "A", "resource_uri": "a", "litellm_model": "mistral/small", "credentials": {}},
    )
    assert made.status_code == 201, made.text
    headers = {"x-project-id": "web"}
    shown = read(api.ask("GET", f"{BASE}/a", by="ann", headers=headers))
    assert (shown["model_provider"], shown["model_name"]) == ("mistral", "small")

    answer = api.ask("PUT", f"{BASE}/a", by="ann", headers=headers, body={"model_name": "large"})

    assert (read(answer)["model_provider"], read(answer)["model_name"]) == ("mistral", "large")
    document = document_of(next(api.desk.snapshot.offers()))
    assert (document.litellm_model, document.upstream_by) == ("mistral/small", "registry")


def test_settings_that_are_not_shown_change_one_by_one(api: Api) -> None:
    register(api, category="speech", voice="alloy", language="de")

    put(api, voice=None, format="mp3")

    document = document_of(next(api.desk.snapshot.offers()))
    assert document.provider_config == {"language": "de", "format": "mp3"}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"temperature": "x"}, "temperature"),
        ({"temperature": 30}, "temperature"),
        ({"base_url": "example.org"}, "base_url"),
        ({"share_with_users": 1}, "share_with_users"),
        ({"category": "image", "abilities": ["chat"]}, "abilities"),
        ({"is_admin": True}, "is_admin"),
        ({"api_key": "a\u00e9"}, "api_key"),
    ],
)
def test_a_mistake_is_422_where_it_stands_and_changes_nothing(api: Api, body: JsonObject, place: str) -> None:
    made = register(api)

    answer = api.ask("PUT", f"{BASE}/m", by="ann", body={"description": "x", **body})

    assert answer.status_code == 422
    assert [each["loc"] for each in read(answer)["detail"]] == [["body", place]]
    assert get(api) == made


def test_abilities_that_the_category_does_not_know_are_422_without_the_category_too(api: Api) -> None:
    register(api, category="image")

    assert api.ask("PUT", f"{BASE}/m", by="ann", body={"abilities": ["chat"]}).status_code == 422


def test_another_category_word_is_400(api: Api) -> None:
    register(api)

    assert api.ask("PUT", f"{BASE}/m", by="ann", body={"category": "audio"}).status_code == 400


def test_what_is_not_seen_is_404_and_what_is_not_ones_own_403(api: Api) -> None:
    register(api, share_with_users=True)

    answers = [api.ask("PUT", f"{BASE}/m", by=by, body={"description": "x"}) for by in ("gus", "mia")]

    assert [(answer.status_code, list(read(answer))) for answer in answers] == [(404, ["detail"]), (403, ["detail"])]


def test_an_entry_of_the_organization_is_changed_by_who_may_write_it(api: Api) -> None:
    api.create("m", by="ann")

    assert put(api, description="x")["description"] == "x"
    assert api.ask("PUT", f"{BASE}/m", by="mia", body={"description": "y"}).status_code == 403


@pytest.mark.parametrize(("body", "word"), [({"category": "image"}, "category"), ({"abilities": ["x"]}, "abilities")])
def test_category_and_abilities_of_a_shared_model_are_409(api: Api, body: JsonObject, word: str) -> None:
    made = register(api, share_with_users=True, abilities=["chat", "vision"])

    answer = api.ask("PUT", f"{BASE}/m", by="ann", body={**body, "description": "x"})

    assert (answer.status_code, word in read(answer)["detail"]) == (409, True)
    assert get(api) == made
    same = {"category": "llm", "abilities": ["vision", "chat"]}
    assert api.ask("PUT", f"{BASE}/m", by="ann", body=same).status_code == 200


def test_sharing_without_the_right_is_403_and_changes_nothing(api: Api) -> None:
    register(api, by="mia")

    answer = api.ask("PUT", f"{BASE}/m", by="mia", body={"share_with_users": True, "description": "x"})

    assert answer.status_code == 403
    assert get(api, by="mia")["description"] is None


def test_unsharing_what_is_ones_own_default_is_409(api: Api) -> None:
    made = register(api, share_with_users=True)
    chosen = api.ask("POST", f"{BASE}/user-default", by="ann", body={"model_id": made["id"], "config_type": "general"})
    assert chosen.status_code == 200

    answer = api.ask("PUT", f"{BASE}/m", by="ann", body={"share_with_users": False, "description": "x"})

    assert answer.status_code == 409
    assert get(api) == made


def test_a_stored_key_is_in_no_answer(api: Api) -> None:
    register(api)
    settle(api, sharing=Sharing.MEMBERS)

    answers = [
        api.ask("GET", f"{BASE}/m", by="ann"),
        api.ask("GET", BASE, by="ann"),
        api.ask("PUT", f"{BASE}/m", by="ann", body={"api_key": SECRET, "temperature": "x"}),
        api.ask("PUT", f"{BASE}/m", by="ann", body={"api_key": SECRET, "share_with_users": True}),
    ]

    assert all(SECRET not in answer.text for answer in answers)
