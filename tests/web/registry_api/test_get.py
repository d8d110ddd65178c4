"""Getting a model: by the key of its row, its id, its name at the provider, with slashes; and what nobody sees."""

from __future__ import annotations

import pytest

from headgate.core.json import Json
from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, get, register


def test_a_model_is_got_by_the_key_of_its_row_its_id_its_uid_and_its_name_at_the_provider(api: Api) -> None:
    made = register(api, "mine", model_name="gpt-4o-2024")
    uid = next(api.desk.snapshot.offers()).uid

    assert [get(api, each) for each in (made["id"], "mine", uid, "gpt-4o-2024")] == [made] * 4


@pytest.mark.parametrize("place", ["", "/by-id"])
@pytest.mark.parametrize("path", ["team/a b", "team%2Fa%20b", "team%252Fa%2520b", "%20team/a b%20", "team/a b/"])
def test_an_id_with_slashes_is_got_however_it_is_encoded(api: Api, place: str, path: str) -> None:
    made = register(api, "team/a b")

    assert read(api.ask("GET", f"{BASE}{place}/{path}", by="ann")) == made


def test_the_key_of_a_row_comes_before_an_id_and_an_id_before_a_name(api: Api) -> None:
    first = register(api, "a", model_name="b")
    second = register(api, "b", model_name="c")
    digits = register(api, "9", model_name="x")

    assert get(api, "b") == second
    assert get(api, first["id"]) == first
    assert get(api, "9") == digits


def test_of_several_with_one_name_at_the_provider_ones_own_is_meant_then_the_oldest(api: Api) -> None:
    shared = register(api, "of-ann", model_name="same", share_with_users=True)
    own = register(api, "of-mia", by="mia", model_name="same")
    register(api, "of-mia-2", by="mia", model_name="same")

    assert get(api, "same", by="mia")["id"] == own["id"]
    assert get(api, "same", by="ann")["id"] == shared["id"]


@pytest.mark.parametrize("word", ["m", "gpt-4o", "NUMBER"])
def test_a_scope_pins_what_an_identifier_means(api: Api, word: str) -> None:
    own = register(api, "m")
    wide = api.create("m", by="ann", provider_config={"provider": "openai", "model": "gpt-4o"})
    number = next(offer.number for offer in api.desk.snapshot.offers() if offer.scope_key == wide["scope"])
    text = word.replace("NUMBER", str(number))

    def found(scope: str) -> tuple[int, Json]:
        answer = api.ask("GET", f"{BASE}/{text}", by="ann", query={"scope": scope})
        return answer.status_code, read(answer).get("id")

    assert found("organization") == (200, number)
    assert found("user") == ((200, own["id"]) if word != "NUMBER" else (404, None))
    assert [found(scope)[0] for scope in ("platform", "nonsense")] == [404, 422]


def test_a_change_in_a_scope_falls_through_to_no_other(api: Api) -> None:
    api.create("m", by="ann")

    for method in ("PUT", "DELETE"):
        answer = api.ask(method, f"{BASE}/m", by="ann", query={"scope": "user"}, body={})
        assert answer.status_code == 404


def test_a_model_whose_id_is_a_word_of_the_api_is_got_by_id(api: Api) -> None:
    made = register(api, "categories")

    assert read(api.ask("GET", f"{BASE}/by-id/categories", by="ann")) == made


@pytest.mark.parametrize("place", ["", "/by-id"])
@pytest.mark.parametrize("what", ["id", "model_id", "uid", "name"])
def test_another_organizations_model_is_the_same_404_as_nothing(api: Api, place: str, what: str) -> None:
    made = register(api, "secret", by="gus", model_name="gpt-secret")
    uid = next(api.desk.snapshot.offers()).uid
    word = {"id": str(made["id"]), "model_id": "secret", "uid": uid, "name": "gpt-secret"}[what]

    answer = api.ask("GET", f"{BASE}{place}/{word}", by="ann")
    nothing = api.ask("GET", f"{BASE}{place}/{'9' * len(word)}", by="ann")

    assert answer.status_code == nothing.status_code == 404
    assert answer.text.replace(word, "X") == nothing.text.replace("9" * len(word), "X")


def test_a_members_private_model_is_unknown_to_the_owner_of_the_organization(api: Api) -> None:
    register(api, by="mia")

    assert api.ask("GET", f"{BASE}/m", by="ann").status_code == 404


@pytest.mark.parametrize(
    ("by", "rights"),
    [
        ("root", {"is_owner": False, "can_edit": True, "can_delete": True, "is_shared": True}),
        ("ann", {"is_owner": False, "can_edit": False, "can_delete": False, "is_shared": True}),
    ],
)
def test_an_entry_of_the_platform_is_shown_with_the_rights_of_the_caller(api: Api, by: str, rights: Json) -> None:
    api.create("m")

    shown = get(api, by=by)

    assert {key: shown[key] for key in rights} == rights


def test_an_entry_that_names_neither_provider_nor_model_reads_as_unknown_and_its_name(api: Api) -> None:
    assert api.ask("POST", "/v1/models", body={"model_id": "gpt-x", "type": "completion"}).status_code == 200

    shown = get(api, "gpt-x")

    assert (shown["model_provider"], shown["model_name"]) == ("unknown", "gpt-x")


def test_a_value_that_the_api_cannot_hold_reads_as_null(api: Api) -> None:
    api.create("m", type="embeddings", dimensions={"small": 256})

    assert get(api)["dimension"] is None
