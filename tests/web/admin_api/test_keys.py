"""`/admin/v1/keys` over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.core.json import Json
from tests.gateway.town import NOW
from tests.web.admin_api.office import Office
from tests.web.api import Api, read

KEYS = "/admin/v1/keys"
WRITTEN_NOW = "2027-01-15T08:00:00.000Z"


def test_a_key_is_made_with_everything_that_was_asked_for(office: Office) -> None:
    status, made = office.ask(
        "POST",
        KEYS,
        by=office.person("ann"),
        body={
            "name": "nightly build",
            "permissions": ["llm:completions:use"],
            "scopes": ["models:gpt-4o"],
            "project": "web",
            "expires_at": "2027-01-16T09:00:00+01:00",
        },
    )

    key = made.pop("key")
    assert (status, made) == (
        200,
        {
            "id": made["id"],
            "name": "nightly build",
            "organization": "o-acme",
            "project": "p-web",
            "permissions": ["llm:completions:use"],
            "scopes": ["models:gpt-4o"],
            "last4": key[-4:],
            "created_at": WRITTEN_NOW,
            "created_by": "user:u-ann",
            "expires_at": "2027-01-16T08:00:00.000Z",
            "revoked_at": None,
        },
    )
    assert key.startswith("iak_acme_")


def test_a_key_of_which_only_the_name_is_said_may_call_models_for_ever(office: Office) -> None:
    _, made = office.ask("POST", KEYS, by=office.person("ann"), body={"name": "ci"})

    assert made["permissions"] == ["llm:completions:use", "llm:embeddings:use"]
    assert (made["scopes"], made["project"], made["expires_at"]) == ([], None, None)


def test_a_key_is_shown_once(office: Office) -> None:
    ann = office.person("ann")
    _, made = office.ask("POST", KEYS, by=ann, body={"name": "ci"})

    _, listed = office.ask("GET", KEYS, by=ann)
    _, read = office.ask("GET", f"{KEYS}/{made['id']}", by=ann)

    assert listed == {"items": [read], "total": 1}
    assert read == {name: value for name, value in made.items() if name != "key"}


def test_an_answer_with_a_key_in_it_is_kept_by_no_cache(office: Office) -> None:
    response = office.response("POST", KEYS, by=office.person("ann"), body={"name": "ci"})

    assert response.headers["cache-control"] == "no-store"


def test_a_revoked_key_is_refused_with_the_next_request(office: Office) -> None:
    ann = office.person("ann")
    _, made = office.ask("POST", KEYS, by=ann, body={"name": "ci", "permissions": ["llm:*"]})
    assert office.ask("GET", KEYS, by=made["key"])[0] == 200

    status, revoked = office.ask("DELETE", f"{KEYS}/{made['id']}", by=ann)

    assert (status, revoked["revoked_at"]) == (200, WRITTEN_NOW)
    status, refused = office.ask("GET", KEYS, by=made["key"])
    assert (status, refused["code"]) == (401, "NOT_AUTHENTICATED")
    assert office.ask("DELETE", f"{KEYS}/{made['id']}", by=ann) == (200, revoked)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_foreign_key_answers_like_a_random_one(office: Office, method: str) -> None:
    _, made = office.ask("POST", KEYS, by=office.person("ann"), body={"name": "ci"})
    gus = office.person("gus")

    foreign = office.ask(method, f"{KEYS}/{made['id']}", by=gus)
    random = office.ask(method, f"{KEYS}/{made['id'][::-1]}", by=gus)

    assert foreign[0] == random[0] == 404
    assert foreign[1]["message"].replace(made["id"], "") == random[1]["message"].replace(made["id"][::-1], "")
    assert {**foreign[1], "message": ""} == {**random[1], "message": ""}


def test_keys_are_listed_newest_first_and_in_pages(office: Office) -> None:
    ann = office.person("ann")
    for name in ("a", "b", "c"):
        office.ask("POST", KEYS, by=ann, body={"name": name})

    _, page = office.ask("GET", f"{KEYS}?limit=2&page=0", by=ann)
    _, rest = office.ask("GET", f"{KEYS}?limit=2&page=1", by=ann)

    assert [[key["name"] for key in each["items"]] for each in (page, rest)] == [["c", "b"], ["a"]]
    assert page["total"] == rest["total"] == 3
    assert office.ask("GET", KEYS, by=office.person("gus"))[1] == {"items": [], "total": 0}


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=1.5", "page=-1", "page=%D9%A1"])
def test_a_page_that_cannot_be_is_refused(office: Office, query: str) -> None:
    status, body = office.ask("GET", f"{KEYS}?{query}", by=office.person("ann"))

    assert (status, body["code"]) == (400, "INVALID_QUERY")


@pytest.mark.parametrize(("person", "status"), [("ann", 200), ("adam", 200), ("mia", 403), ("vic", 403)])
def test_owners_and_admins_make_keys_and_others_do_not(office: Office, person: str, status: int) -> None:
    answered, body = office.ask("POST", KEYS, by=office.person(person), body={"name": "ci"})

    assert answered == status
    assert body.get("code") == (None if status == 200 else "FORBIDDEN")


def test_a_key_that_manages_makes_keys_within_its_own_permissions(office: Office) -> None:
    manager = office.town.key("acme", permissions=("llm:governance:manage",)).decode()

    within, _ = office.ask("POST", KEYS, by=manager, body={"name": "a", "permissions": ["llm:governance:manage"]})
    beyond, body = office.ask("POST", KEYS, by=manager, body={"name": "b", "permissions": ["llm:completions:use"]})

    assert (within, beyond) == (200, 403)
    assert body["details"] == [{"path": "permissions[0]", "message": "'llm:completions:use' is not yours to give"}]


def test_a_platform_administrator_names_the_organization(office: Office) -> None:
    root = office.person("root")

    status, body = office.ask("POST", KEYS, by=root, body={"name": "ci"})
    assert (status, body["code"]) == (400, "INVALID_QUERY")

    status, made = office.ask("POST", KEYS, by=root, body={"name": "ci"}, headers={"X-Organization-ID": "globex"})
    assert (status, made["organization"]) == (200, "o-globex")


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["name"]),
        ({"name": None}, ["name"]),
        ({"name": 5}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"name": "ci", "permissions": "llm:*"}, ["permissions"]),
        ({"name": "ci", "permissions": [1]}, ["permissions"]),
        ({"name": "ci", "permissions": []}, ["permissions"]),
        ({"name": "ci", "permissions": ["llm:*:use", "*"]}, ["permissions[0]"]),
        ({"name": "ci", "scopes": ["gpt-4o"]}, ["scopes[0]"]),
        ({"name": "ci", "project": 1}, ["project"]),
        ({"name": "ci", "project": "main"}, ["project"]),
        ({"name": "ci", "expires_at": 1900000000}, ["expires_at"]),
        ({"name": "ci", "expires_at": "tomorrow"}, ["expires_at"]),
        ({"name": "ci", "expires_at": "2030-01-01T00:00:00"}, ["expires_at"]),
        ({"name": "ci", "expires_at": "2020-01-01T00:00:00Z"}, ["expires_at"]),
        ({"name": 1, "scopes": 2, "expires_at": 3}, ["name", "scopes", "expires_at"]),
        ({"name": "ci", "organization": "o-globex"}, ["organization"]),
        ({"name": "ci", "created_by": "user:u-root", "digest": "x"}, ["created_by", "digest"]),
    ],
    ids=str,
)
def test_a_body_that_breaks_a_rule_is_refused_with_the_paths(office: Office, body: Json, paths: list[str]) -> None:
    status, refused = office.ask(
        "POST", KEYS, by=office.person("root"), body=body, headers={"X-Organization-ID": "acme"}
    )

    assert (status, refused["code"]) == (400, "INVALID_BODY")
    assert [each["path"] for each in refused["details"]] == paths


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b'"x"', b"{", b"\xff", b"", b'{"name": "\xff"}', b"[" * 100_000],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_no_object_is_refused(office: Office, body: bytes) -> None:
    status, refused = office.ask("POST", KEYS, by=office.person("ann"), body=body)

    assert (status, refused["code"]) == (400, "INVALID_BODY")


def test_a_body_is_not_read_before_the_caller_is_known(office: Office) -> None:
    status, refused = office.ask("POST", KEYS, body=b"{" * 1_000_000)

    assert (status, refused["code"]) == (401, "NOT_AUTHENTICATED")


def test_a_key_lasts_as_long_as_it_says(office: Office) -> None:
    _, made = office.ask(
        "POST",
        KEYS,
        by=office.person("ann"),
        body={"name": "ci", "permissions": ["llm:*"], "expires_at": "2027-01-15T08:00:10Z"},
    )

    office.town.clock.time = NOW + 9
    assert office.ask("GET", KEYS, by=made["key"])[0] == 200
    office.town.clock.time = NOW + 10
    assert office.ask("GET", KEYS, by=made["key"])[0] == 401


def test_what_was_answered_was_written(office: Office) -> None:
    made: list[dict[str, Any]] = [
        office.ask("POST", KEYS, by=office.person("ann"), body={"name": name})[1] for name in ("a", "b")
    ]
    office.ask("DELETE", f"{KEYS}/{made[0]['id']}", by=office.person("ann"))

    held = office.after_a_restart()

    kept = [held.key("o-acme", each["id"]) for each in made]
    assert [key is not None and key.revoked_at for key in kept] == [NOW, None]


def test_a_developer_makes_lists_and_revokes_keys_of_the_project_at_hand(hall: Api) -> None:
    hall.ask("PUT", "/admin/v1/projects/web/memberships/u-mia", by="ann", body={"role": "developer"})
    hall.ask("POST", KEYS, by="ann", body={"name": "of acme"})
    mia: dict[str, Any] = {"by": "mia", "headers": {"x-organization-id": "acme"}}

    made = read(hall.ask("POST", KEYS, **mia, body={"name": "of web"}))
    listed = read(hall.ask("GET", KEYS, **mia))

    assert (made["project"], [each["name"] for each in listed["items"]]) == ("p-web", ["of web"])
    assert read(hall.ask("DELETE", f"{KEYS}/{made['id']}", **mia))["revoked_at"] is not None


def test_a_viewer_of_a_project_makes_no_key(hall: Api) -> None:
    hall.ask("PUT", "/admin/v1/projects/web/memberships/u-vic", by="ann", body={"role": "viewer"})

    assert hall.ask("POST", KEYS, by="vic", body={"name": "mine"}).status_code == 403


def test_a_key_that_is_not_ones_own_to_see_is_the_same_404_as_none(hall: Api) -> None:
    hall.ask("PUT", "/admin/v1/projects/web/memberships/u-mia", by="ann", body={"role": "developer"})
    foreign = read(hall.ask("POST", KEYS, by="ann", body={"name": "of web too", "project": "web"}))["id"]

    for method in ("GET", "DELETE"):
        answers = [
            hall.ask(method, f"{KEYS}/{each}", by="mia", headers={"x-organization-id": "acme"})
            for each in (foreign, "nothing")
        ]
        assert [each.status_code for each in answers] == [404, 404]
        assert answers[0].content.replace(foreign.encode(), b"nothing") == answers[1].content
