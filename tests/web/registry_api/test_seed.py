"""The request of the published page, sent with real values, and the answer that it documents."""

from __future__ import annotations

import pytest

from headgate.core.json import Json, JsonObject
from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, KEYS, SECRET

CURL: JsonObject = {
    "model_id": "team/gpt-4o-mini",
    "model_provider": "openai",
    "model_name": "gpt-4o-mini",
    "api_key": SECRET,
    "category": "llm",
    "base_url": "https://api.openai.com/v1",
    "temperature": 0.7,
    "dimension": 1536,
    "abilities": ["chat", "vision"],
    "description": "For everybody in the team.",
    "share_with_users": False,
}

TYPES: dict[str, tuple[type, ...]] = {
    "id": (int,),
    "model_id": (str,),
    "category": (str,),
    "model_provider": (str,),
    "model_name": (str,),
    "base_url": (str, type(None)),
    "temperature": (float, int, type(None)),
    "dimension": (int, type(None)),
    "abilities": (list, type(None)),
    "description": (str, type(None)),
    "created_at": (str, type(None)),
    "updated_at": (str, type(None)),
    "is_active": (bool,),
    "is_owner": (bool,),
    "can_edit": (bool,),
    "can_delete": (bool,),
    "is_shared": (bool,),
}


@pytest.mark.parametrize("path", ["/register", "/register/", "", "/"])
def test_the_curl_of_the_page_registers_a_model(api: Api, path: str) -> None:
    answer = api.ask("POST", f"{BASE}{path}", by="ann", body=CURL)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    shown = read(answer)
    assert {key: shown[key] for key in ("model_id", "model_provider", "model_name", "category", "base_url")} == {
        key: CURL[key] for key in ("model_id", "model_provider", "model_name", "category", "base_url")
    }
    assert (shown["temperature"], shown["abilities"], shown["description"]) == (
        0.7,
        ["chat", "vision"],
        "For everybody in the team.",
    )
    assert (shown["is_active"], shown["is_owner"], shown["can_edit"], shown["can_delete"]) == (True, True, True, True)
    assert (shown["is_shared"], shown["updated_at"]) == (False, None)


@pytest.mark.parametrize("given", [CURL, {key: CURL[key] for key in list(CURL)[:4]}], ids=["every field", "smallest"])
def test_the_answer_has_every_key_of_the_page_with_its_type(api: Api, given: JsonObject) -> None:
    shown = read(api.ask("POST", f"{BASE}/register", by="ann", body=given))

    assert tuple(shown) == KEYS
    for key, types in TYPES.items():
        assert isinstance(shown[key], types), key
        assert isinstance(shown[key], bool) == (types == (bool,)), key


def test_the_smallest_body_reads_with_its_defaults(api: Api) -> None:
    shown = read(api.ask("POST", f"{BASE}/register", by="ann", body={key: CURL[key] for key in list(CURL)[:4]}))

    unset: list[Json] = [shown[key] for key in ("temperature", "dimension", "description", "context_window")]
    assert (shown["category"], shown["is_shared"], shown["abilities"], unset) == ("llm", False, [], [None] * 4)


def test_the_key_is_never_shown_and_stored_sealed(api: Api) -> None:
    answer = api.ask("POST", f"{BASE}/register", by="ann", body=CURL)

    offer = api.desk.snapshot.by_uid(next(api.desk.snapshot.offers()).uid)
    assert offer is not None
    stored = api.desk.book.own(offer.uid)
    assert stored is not None
    assert stored.credential.origins == ("https://api.openai.com",)
    assert SECRET not in answer.text
    assert SECRET.encode() not in stored.sealed.ciphertext
    assert SECRET.encode() not in offer.document
