"""`/admin/v1/catalogue`: revisions, differences, rollback and plan."""

from __future__ import annotations

import pytest

from headgate.core.json import Json, JsonObject
from tests.web.api import Api, read

ROOT_OF_IT = "/admin/v1/catalogue"


def get(api: Api, path: str, *, by: str = "root") -> JsonObject:
    answer = api.ask("GET", f"{ROOT_OF_IT}{path}", by=by)
    assert answer.status_code == 200, answer.text
    body: JsonObject = read(answer)
    return body


def code(api: Api, method: str, path: str, *, body: Json = None, by: str = "root") -> tuple[int, str]:
    answer = api.ask(method, f"{ROOT_OF_IT}{path}", by=by, body=body)
    return answer.status_code, read(answer)["code"]


@pytest.fixture
def changed(api: Api) -> Api:
    """Revisions 1 to 3 are the platform's: a, b, and a changed; 4 is acme's."""
    api.create("a", region="eu-west")
    api.create("b")
    api.ask("PATCH", "/v1/models/a", body={"region": "asia", "display": {"name": "A"}})
    api.create("c", by="ann")
    return api


def test_revisions_are_listed_newest_first_for_ones_own_scope(changed: Api) -> None:
    platform, acme = get(changed, "/revisions"), get(changed, "/revisions", by="ann")

    assert [each["number"] for each in platform["items"]] == [3, 2, 1]
    assert [each["number"] for each in acme["items"]] == [4]
    assert {key: value for key, value in platform["items"][0].items() if key != "changes"} == {
        "number": 3,
        "scope": "platform",
        "at": "2025-11-20T00:53:20.000Z",
        "by": "user:u-root",
        "action": "update",
    }
    assert [(each["model_id"], each["change"]) for each in platform["items"][0]["changes"]] == [("a", "changed")]


def test_a_list_of_revisions_is_read_in_parts(changed: Api) -> None:
    first = get(changed, "/revisions?limit=2")
    rest = get(changed, "/revisions?limit=2&before=2")

    assert ([each["number"] for each in first["items"]], first["has_more"]) == ([3, 2], True)
    assert ([each["number"] for each in rest["items"]], rest["has_more"]) == ([1], False)


def test_the_history_of_one_entry(changed: Api) -> None:
    assert [each["number"] for each in get(changed, "/revisions?model_id=a")["items"]] == [3, 1]


def test_a_revision_shows_what_it_changed(changed: Api) -> None:
    change = get(changed, "/revisions/3")["changes"][0]

    assert (change["model_id"], change["change"]) == ("a", "changed")
    assert change["fields"] == [
        {"path": "region", "before": "eu-west", "after": "asia"},
        {"path": "display.name", "before": None, "after": "A"},
    ]


def test_a_revision_that_put_in_another_secret_changes_no_field(api: Api) -> None:
    config = {"provider": "openai", "base_url": "https://one.example/v1"}
    api.create("a", provider_config=config)
    api.ask("PATCH", "/v1/models/a", body={"provider_config": {"api_key": "sk-0123456789"}})

    answer = api.ask("GET", f"{ROOT_OF_IT}/revisions/2")

    assert [(each["change"], each["fields"]) for each in read(answer)["changes"]] == [("changed", [])]
    assert b"0123456789" not in answer.content


@pytest.mark.parametrize("number", ["99", "0", "x", "-1", "9" * 30])
def test_a_revision_that_does_not_exist_is_404(changed: Api, number: str) -> None:
    assert code(changed, "GET", f"/revisions/{number}") == (404, "NOT_FOUND")


def test_a_revision_of_another_scope_is_as_if_it_did_not_exist(changed: Api) -> None:
    foreign = changed.ask("GET", f"{ROOT_OF_IT}/revisions/1", by="ann")
    unknown = changed.ask("GET", f"{ROOT_OF_IT}/revisions/9", by="ann")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text == unknown.text.replace("9", "1")


def test_the_history_of_a_scope_that_is_not_ones_own_is_403(changed: Api) -> None:
    assert code(changed, "GET", "/revisions?scope=platform", by="ann") == (403, "FORBIDDEN")


def test_two_revisions_are_compared(changed: Api) -> None:
    between = get(changed, "/revisions/1/diff/3")["differences"]
    backwards = get(changed, "/revisions/3/diff/1")["differences"]

    assert [(each["model_id"], each["change"]) for each in between] == [("a", "changed"), ("b", "added")]
    assert [(each["model_id"], each["change"]) for each in backwards] == [("a", "changed"), ("b", "removed")]


def test_a_comparison_is_about_the_entries_that_are_named(changed: Api) -> None:
    found = get(changed, "/revisions/1/diff/3?model_ids=b,z")["differences"]

    assert [each["model_id"] for each in found] == ["b"]


def test_a_comparison_with_a_revision_that_does_not_exist_is_404(changed: Api) -> None:
    assert code(changed, "GET", "/revisions/1/diff/9") == (404, "NOT_FOUND")


def test_rollback_restores_documents_as_a_new_revision(changed: Api) -> None:
    before = read(changed.ask("GET", "/v1/models/a"))

    answer = changed.ask("POST", f"{ROOT_OF_IT}/rollback", body={"revision": 1})

    body = read(answer)
    assert (answer.status_code, body["revision"]) == (200, 5)
    assert [(each["model_id"], each["change"]) for each in body["differences"]] == [("a", "changed"), ("b", "removed")]
    after = read(changed.ask("GET", "/v1/models/a"))
    assert (after["region"], after["display"], before["region"]) == ("eu-west", {}, "asia")
    assert changed.ask("GET", "/v1/models/b").status_code == 404
    assert changed.ask("GET", "/v1/models/c", by="ann").status_code == 200


def test_rollback_of_named_entries_leaves_the_others(changed: Api) -> None:
    changed.ask("POST", f"{ROOT_OF_IT}/rollback", body={"revision": 1, "model_ids": ["a"]})

    assert read(changed.ask("GET", "/v1/models/a"))["region"] == "eu-west"
    assert changed.ask("GET", "/v1/models/b").status_code == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "INVALID_BODY")),
        ({"revision": "1"}, (400, "INVALID_BODY")),
        ({"revision": 1, "nonsense": 1}, (400, "INVALID_BODY")),
        ({"revision": 1, "model_ids": "a"}, (400, "INVALID_BODY")),
        ({"revision": 99}, (404, "NOT_FOUND")),
        ({"revision": 1, "model_ids": ["never"]}, (404, "NOT_FOUND")),
    ],
)
def test_a_rollback_that_cannot_be_is_refused(changed: Api, body: Json, expected: tuple[int, str]) -> None:
    assert code(changed, "POST", "/rollback", body=body) == expected


def test_a_name_that_was_taken_since_is_409_with_the_list(api: Api) -> None:
    api.create("mine", by="ann")
    api.ask("DELETE", "/v1/models/mine", by="ann")
    api.create("mine")

    answer = api.ask("POST", f"{ROOT_OF_IT}/rollback", by="ann", body={"revision": 1})

    assert (answer.status_code, read(answer)["code"], read(answer)["details"]) == (409, "NAMES_TAKEN", ["mine"])


def test_a_plan_says_what_a_replacement_would_change_and_changes_nothing(changed: Api) -> None:
    models = [{"model_id": "a", "type": "completion", "tags": ["new"]}, {"model_id": "z", "type": "embeddings"}]

    answer = changed.ask("POST", f"{ROOT_OF_IT}/plan", body={"models": models})

    assert answer.status_code == 200
    assert [(each["model_id"], each["change"]) for each in read(answer)["differences"]] == [
        ("a", "changed"),
        ("b", "removed"),
        ("z", "added"),
    ]
    assert changed.desk.snapshot.revision == 4


def test_a_plan_is_refused_as_the_replacement_would_be(changed: Api) -> None:
    assert code(changed, "POST", "/plan", body={}) == (400, "INVALID_BODY")
    assert code(changed, "POST", "/plan", body={"models": [{}]}) == (400, "INVALID_ITEMS")
    many = [{"model_id": f"m{number}", "type": "completion"} for number in range(501)]
    assert code(changed, "POST", "/plan", body={"models": many}) == (400, "PAYLOAD_TOO_LARGE")


def test_the_etag_of_a_plan_guards_the_replacement(changed: Api) -> None:
    planned = changed.ask("POST", f"{ROOT_OF_IT}/plan", body={"models": []})
    guard = {"if-match": planned.headers["etag"]}

    changed.create("d", by="root")

    refused = changed.ask("PUT", "/v1/models", body={"models": []}, headers=guard)
    again = changed.ask("POST", f"{ROOT_OF_IT}/plan", body={"models": []}, headers=guard)
    assert (refused.status_code, again.status_code) == (412, 412)


def test_a_manager_plans_for_the_organization(changed: Api) -> None:
    answer = changed.ask("POST", f"{ROOT_OF_IT}/plan", by="ann", body={"models": []})

    assert [(each["model_id"], each["change"]) for each in read(answer)["differences"]] == [("c", "removed")]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/revisions"), ("GET", "/revisions/1"), ("GET", "/revisions/1/diff/2"), ("POST", "/rollback"),
     ("POST", "/plan"), ("GET", "/effective")],
)  # fmt: skip
def test_who_may_not_manage_gets_403(quiet: Api, method: str, path: str) -> None:
    assert code(quiet, method, path, by="mia", body={} if method == "POST" else None) == (403, "FORBIDDEN")
    assert quiet.ask(method, f"{ROOT_OF_IT}{path}", by=None).status_code == 401
