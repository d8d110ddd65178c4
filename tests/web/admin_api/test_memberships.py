"""`/admin/v1/memberships` over HTTP."""

from __future__ import annotations

import pytest

from headgate.core.json import Json
from tests.web.api import Api, read

PATH = "/admin/v1/memberships"
IN_ACME = {"x-organization-id": "acme"}


def test_members_are_listed_newest_first_and_in_pages(hall: Api) -> None:
    listed = read(hall.ask("GET", PATH, by="ann", query={"limit": "3"}))

    assert [(each["user"], each["role"]) for each in listed["items"]] == [
        ("u-vic", "viewer"),
        ("u-mia", "member"),
        ("u-adam", "admin"),
    ]
    assert listed["total"] == 4


def test_a_membership_reads_as_it_was_made(hall: Api) -> None:
    made = read(hall.ask("POST", PATH, headers=IN_ACME, body={"user": "u-gus", "role": "member"}))

    assert made == {
        "user": "u-gus",
        "organization": "o-acme",
        "role": "member",
        "created_at": "2027-01-15T08:00:00.000Z",
    }
    assert read(hall.ask("GET", f"{PATH}/u-gus", by="ann")) == made


def test_a_user_is_made_a_member_by_email(hall: Api) -> None:
    new = read(hall.ask("POST", "/admin/v1/users", body={"name": "New", "email": "new@example.com"}))["id"]

    made = hall.ask("POST", PATH, by="adam", body={"email": "New@example.com", "role": "viewer"})

    assert (made.status_code, read(made)["user"]) == (200, new)
    assert hall.ask("POST", PATH, by="adam", body={"email": "new@example.com", "role": "viewer"}).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"role": "member"},
        {"user": "u-gus", "email": "g@example.com", "role": "member"},
        {"user": "u-gus"},
        {"user": "u-gus", "role": "root"},
        {"user": "u-gus", "role": "member", "platform_admin": True},
    ],
)
def test_a_membership_is_of_one_user_and_has_a_role(hall: Api, body: Json) -> None:
    assert hall.ask("POST", PATH, headers=IN_ACME, body=body).status_code == 400


def test_another_role_counts_from_the_next_request_on(hall: Api) -> None:
    assert hall.ask("GET", "/admin/v1/keys", by="vic").status_code == 403

    changed = hall.ask("PATCH", f"{PATH}/u-vic", by="ann", body={"role": "admin"})

    assert read(changed)["role"] == "admin"
    assert hall.ask("GET", "/admin/v1/keys", by="vic").status_code == 200


def test_a_removed_member_is_refused_with_the_next_request(hall: Api) -> None:
    mia = {"by": "mia", "headers": IN_ACME}
    assert hall.ask("GET", PATH, **mia).status_code == 200  # type: ignore[arg-type]

    ended = hall.ask("DELETE", f"{PATH}/u-mia", by="ann")

    assert read(ended) == {"deleted": True, "user": "u-mia", "entries_deleted": 0, "keys_in_force": []}
    assert hall.ask("GET", PATH, **mia).status_code == 403  # type: ignore[arg-type]


def test_an_admin_disposes_of_no_owner(hall: Api) -> None:
    for method, body in (("PATCH", {"role": "viewer"}), ("DELETE", None)):
        assert hall.ask(method, f"{PATH}/u-ann", by="adam", body=body).status_code == 403


def test_the_last_owner_stays(hall: Api) -> None:
    for method, body in (("PATCH", {"role": "admin"}), ("DELETE", None)):
        assert hall.ask(method, f"{PATH}/u-ann", by="ann", body=body).status_code == 409


@pytest.mark.parametrize("by", ["mia", "vic"])
def test_who_does_not_manage_members_sees_only_themselves(hall: Api, by: str) -> None:
    listed = read(hall.ask("GET", PATH, by=by, headers=IN_ACME))

    assert [each["user"] for each in listed["items"]] == [f"u-{by}"]
    for method, path, body in (
        ("POST", PATH, {"user": "u-gus", "role": "viewer"}),
        ("PATCH", f"{PATH}/u-{by}", {"role": "owner"}),
    ):
        assert hall.ask(method, path, by=by, body=body, headers=IN_ACME).status_code == 403


def test_a_foreign_user_is_the_same_404_as_one_that_does_not_exist(hall: Api) -> None:
    users = ("u-gus", "u-root", "u-nobody")
    calls: list[tuple[str, str, Json]] = [
        ("GET", "/{}", None),
        ("PATCH", "/{}", {"role": "viewer"}),
        ("DELETE", "/{}", None),
    ]

    for method, rest, body in calls:
        answers = [hall.ask(method, PATH + rest.format(user), by="ann", body=body) for user in users]
        assert {answer.status_code for answer in answers} == {404}
        assert (
            len({answer.content.replace(user.encode(), b"?") for answer, user in zip(answers, users, strict=True)}) == 1
        )
    added = [hall.ask("POST", PATH, by="ann", body={"user": user, "role": "viewer"}) for user in users]
    assert {answer.status_code for answer in added} == {404}
    assert len({answer.content.replace(user.encode(), b"?") for answer, user in zip(added, users, strict=True)}) == 1


def test_a_platform_administrator_names_the_organization(hall: Api) -> None:
    assert hall.ask("GET", PATH).status_code == 400
    assert read(hall.ask("GET", PATH, headers=IN_ACME))["total"] == 4
