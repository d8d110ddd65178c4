"""`/admin/v1/credentials`: a secret goes in and never comes out."""

from __future__ import annotations

import pytest

from headgate.core.json import Json, JsonObject
from tests.web.api import Api, read

PATH = "/admin/v1/credentials"
SECRET = "sk-live-9c1f44d2a07b5e63"
NEW: JsonObject = {"name": "main", "provider": "openai", "secret": SECRET}


def store(api: Api, *, by: str = "root", **fields: Json) -> JsonObject:
    answer = api.ask("POST", PATH, by=by, body={**NEW, **fields})
    assert answer.status_code == 200, answer.text
    body: JsonObject = read(answer)
    return body


def test_a_stored_credential_shows_everything_but_the_secret(api: Api) -> None:
    made = store(api)

    assert {key: value for key, value in made.items() if key != "id"} == {
        "name": "main",
        "scope": "platform",
        "provider": "openai",
        "origins": ["https://api.openai.com"],
        "default": False,
        "last4": "5e63",
        "version": 1,
        "created_at": "2025-11-20T00:53:20.000Z",
        "created_by": "user:u-root",
        "updated_at": "2025-11-20T00:53:20.000Z",
    }


def test_no_answer_ever_carries_a_secret(api: Api) -> None:
    made = store(api)
    one = f"{PATH}/{made['id']}"
    answers = [
        api.ask("GET", PATH),
        api.ask("GET", one),
        api.ask("PATCH", one, body={"default": True}),
        api.ask("POST", f"{one}/rotate", body={"secret": SECRET + "x"}),
        api.ask("POST", PATH, body=NEW),
        api.ask("DELETE", one),
    ]

    assert all(SECRET.encode() not in answer.content for answer in answers)


def test_credentials_are_listed_by_name_within_their_scope(api: Api) -> None:
    store(api, name="zeta")
    store(api, name="alpha")
    store(api, name="theirs", by="ann")

    assert [each["name"] for each in read(api.ask("GET", PATH))["items"]] == ["alpha", "zeta"]
    assert [each["name"] for each in read(api.ask("GET", PATH, by="ann"))["items"]] == ["theirs"]


def test_an_entry_can_refer_to_a_stored_credential(api: Api) -> None:
    store(api)

    made = api.create("m", provider_config={"provider": "openai", "credential": "main"})

    assert made["provider_config"]["credential"] == "main"
    assert "warnings" not in made


def test_rotating_replaces_the_secret_and_keeps_the_origins_unless_they_are_given(api: Api) -> None:
    made = store(api)
    one = f"{PATH}/{made['id']}/rotate"

    first = read(api.ask("POST", one, body={"secret": "sk-live-0000000000001111"}))
    second = read(api.ask("POST", one, body={"secret": "sk-live-0000000000002222", "origins": ["https://x.example"]}))

    assert (first["version"], first["last4"], first["origins"]) == (2, "1111", ["https://api.openai.com"])
    assert (second["version"], second["last4"], second["origins"]) == (3, "2222", ["https://x.example"])


def test_one_credential_is_the_default_of_its_provider_and_scope(api: Api) -> None:
    first, second = store(api, name="first", default=True), store(api, name="second")

    marked = read(api.ask("PATCH", f"{PATH}/{second['id']}", body={"default": True}))

    assert (first["default"], marked["default"]) == (True, True)
    assert read(api.ask("GET", f"{PATH}/{first['id']}"))["default"] is False


def test_a_deleted_credential_is_gone(api: Api) -> None:
    made = store(api)

    gone = api.ask("DELETE", f"{PATH}/{made['id']}")

    assert read(gone) == {"deleted": True, "id": made["id"]}
    assert api.ask("GET", f"{PATH}/{made['id']}").status_code == 404


def test_a_credential_that_an_entry_names_is_not_deleted(api: Api) -> None:
    made = store(api)
    api.create("m", provider_config={"provider": "openai", "credential": "main"})

    answer = api.ask("DELETE", f"{PATH}/{made['id']}")

    assert (answer.status_code, read(answer)["code"], read(answer)["details"]) == (409, "CONFLICT", ["m"])


def test_a_name_that_exists_in_the_scope_is_409(api: Api) -> None:
    store(api)

    assert api.ask("POST", PATH, body=NEW).status_code == 409


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({**NEW, "name": ""}, "name"),
        ({**NEW, "provider": "nobody"}, "provider"),
        ({**NEW, "secret": ""}, "secret"),
        ({**NEW, "secret": 7}, "secret"),
        ({**NEW, "origins": ["ftp://x"]}, "origins.0"),
        ({**NEW, "default": "yes"}, "default"),
        ({**NEW, "nonsense": 1}, "nonsense"),
        ({**NEW, "provider": "vllm"}, "origins"),
        ({"name": "main", "provider": "openai"}, "secret"),
    ],
)
def test_a_mistake_is_400_with_its_path(quiet: Api, body: Json, path: str) -> None:
    answer = quiet.ask("POST", PATH, body=body)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_BODY")
    assert [each["path"] for each in read(answer)["details"]] == [path]
    assert SECRET.encode() not in answer.content


def test_another_scopes_credential_is_the_same_404_as_one_that_does_not_exist(api: Api) -> None:
    made = store(api)

    for method, path, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("PATCH", "", {"default": True}),
        ("POST", "/rotate", {"secret": SECRET}),
    ):
        foreign = api.ask(method, f"{PATH}/{made['id']}{path}", by="ann", body=body)
        unknown = api.ask(method, f"{PATH}/nothing{path}", by="ann", body=body)
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.text.replace(made["id"], "nothing") == unknown.text


def test_who_may_not_manage_credentials_gets_403(quiet: Api) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/x"), ("DELETE", "/x"), ("PATCH", "/x")):
        assert quiet.ask(method, f"{PATH}{path}", by="mia").status_code == 403
        assert quiet.ask(method, f"{PATH}{path}", by=None).status_code == 401
