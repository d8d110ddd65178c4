"""`/admin/v1/users` over HTTP."""

from __future__ import annotations

import pytest

from headgate.core.json import Json
from tests.web.api import Api, read

PATH = "/admin/v1/users"


def ids(hall: Api, by: str | bytes) -> set[str]:
    return {each["id"] for each in read(hall.ask("GET", PATH, by=by))["items"]}


def test_a_user_is_made_by_a_platform_administrator(hall: Api) -> None:
    made = read(hall.ask("POST", PATH, body={"name": "Zoe", "email": " Zoe@Example.com"}))

    assert made == {
        "id": made["id"],
        "name": "Zoe",
        "email": "zoe@example.com",
        "disabled": False,
        "created_at": "2027-01-15T08:00:00.000Z",
        "platform_admin": False,
        "default_organization": None,
    }
    assert read(hall.ask("GET", f"{PATH}/{made['id']}")) == made
    assert hall.ask("POST", PATH, by="ann", body={"name": "Zoe"}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": " Zoe"},
        {"name": "Zoe", "email": "nobody"},
        {"name": "Zoe", "email": "@example.com"},
        {"name": "Zoe", "email": "z oe@example.com"},
        {"name": "Zoe", "password": "long-enough-12"},
        {"name": "Zoe", "disabled": False},
        {"name": "Zoe", "id": "u-zoe"},
        {"name": "Zoe", "platform_admin": "yes"},
    ],
)
def test_what_is_unknown_or_wrong_is_refused(hall: Api, body: Json) -> None:
    assert hall.ask("POST", PATH, body=body).status_code == 400


def test_an_email_is_one_users(hall: Api) -> None:
    hall.ask("POST", PATH, body={"name": "Zoe", "email": "zoe@example.com"})

    assert hall.ask("POST", PATH, body={"name": "Zoe", "email": "ZOE@example.com"}).status_code == 409
    assert hall.ask("PATCH", f"{PATH}/u-mia", body={"email": "zoe@example.com"}).status_code == 409


def test_one_sees_the_people_whom_one_manages_and_oneself(hall: Api) -> None:
    acme = {"u-ann", "u-adam", "u-mia", "u-vic"}

    assert ids(hall, "root") == acme | {"u-gus", "u-root"}
    assert ids(hall, "adam") == acme
    assert (ids(hall, "vic"), ids(hall, hall.town.key("acme"))) == ({"u-vic"}, set())
    assert read(hall.ask("GET", f"{PATH}/me", by="vic"))["id"] == "u-vic"


def test_of_a_member_an_admin_sees_what_concerns_the_organization(hall: Api) -> None:
    hall.ask("PATCH", f"{PATH}/me", by="mia", body={"default_organization": "globex"})

    assert set(read(hall.ask("GET", f"{PATH}/u-mia", by="ann"))) == {"id", "name", "email", "disabled", "created_at"}
    assert read(hall.ask("GET", f"{PATH}/u-mia", by="mia"))["default_organization"] == "o-globex"


def test_a_foreign_user_is_the_same_404_as_one_that_does_not_exist(hall: Api) -> None:
    users = ("u-gus", "u-root", "u-nobody")
    for method, body in (("GET", None), ("PATCH", {"name": "X"})):
        answers = [hall.ask(method, f"{PATH}/{user}", by="ann", body=body) for user in users]

        assert {answer.status_code for answer in answers} == {404}
        assert (
            len({answer.content.replace(user.encode(), b"?") for answer, user in zip(answers, users, strict=True)}) == 1
        )


def test_one_changes_ones_own_name_and_default_organization(hall: Api) -> None:
    changed = read(hall.ask("PATCH", f"{PATH}/me", by="mia", body={"name": "Mia M.", "default_organization": "globex"}))

    assert (changed["name"], changed["default_organization"]) == ("Mia M.", "o-globex")
    assert read(hall.ask("GET", "/admin/v1/memberships", by="mia"))["items"][0]["organization"] == "o-globex"
    hall.ask("PATCH", f"{PATH}/me", by="mia", body={"default_organization": None})
    assert read(hall.ask("GET", "/admin/v1/memberships", by="mia"))["items"][0]["organization"] == "o-acme"


def test_the_default_is_an_organization_that_one_belongs_to(hall: Api) -> None:
    answers = [
        hall.ask("PATCH", f"{PATH}/me", by="ann", body={"default_organization": name}) for name in ("globex", "x")
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content.replace(b"globex", b"x") == answers[1].content


@pytest.mark.parametrize("field", [{"platform_admin": True}, {"disabled": False}, {"email": "m@example.com"}])
@pytest.mark.parametrize("by", ["mia", "ann"])
def test_nobody_but_a_platform_administrator_changes_what_decides_over_access(hall: Api, field: Json, by: str) -> None:
    refused = hall.ask("PATCH", f"{PATH}/u-mia", by=by, body={"name": "X", **field})

    assert refused.status_code == 403
    assert read(hall.ask("GET", f"{PATH}/u-mia"))["name"] == "mia"


@pytest.mark.parametrize("by", ["ann", "adam"])
def test_an_admin_of_an_organization_changes_no_member(hall: Api, by: str) -> None:
    assert hall.ask("PATCH", f"{PATH}/u-mia", by=by, body={"name": "X"}).status_code == 403


def test_a_disabled_user_is_refused_from_the_next_request_on(hall: Api) -> None:
    token = hall.town.token("mia")
    session = hall.town.session("mia")
    assert hall.ask("GET", f"{PATH}/me", by=token).status_code == 200
    assert hall.ask("GET", f"{PATH}/me", by=session).status_code == 200

    hall.ask("PATCH", f"{PATH}/u-mia", body={"disabled": True})
    assert [hall.ask("GET", f"{PATH}/me", by=each).status_code for each in (token, session)] == [401, 401]

    hall.ask("PATCH", f"{PATH}/u-mia", body={"disabled": False})
    assert hall.ask("GET", f"{PATH}/me", by=token).status_code == 200


@pytest.mark.parametrize("body", [{"disabled": True}, {"platform_admin": False}])
def test_the_last_platform_administrator_stays(hall: Api, body: Json) -> None:
    assert hall.ask("PATCH", f"{PATH}/u-root", body=body).status_code == 409
    hall.ask("PATCH", f"{PATH}/u-ann", body={"platform_admin": True})
    assert hall.ask("PATCH", f"{PATH}/u-root", body=body).status_code == 200


def test_users_are_not_deleted(hall: Api) -> None:
    assert hall.ask("DELETE", f"{PATH}/u-mia").status_code == 405


def test_a_key_changes_nobody(hall: Api) -> None:
    key = hall.town.key("acme", permissions=("*",))

    assert hall.ask("PATCH", f"{PATH}/u-mia", by=key, body={"name": "X"}).status_code == 403
