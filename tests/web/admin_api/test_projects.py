"""`/admin/v1/projects` over HTTP."""

from __future__ import annotations

import pytest

from headgate.core.json import Json
from tests.web.api import Api, read

PATH = "/admin/v1/projects"
MEMBERSHIPS = f"{PATH}/web/memberships"
IN_ACME = {"x-organization-id": "acme"}


def slugs(hall: Api, by: str | bytes) -> list[str]:
    headers = IN_ACME if by in ("mia", "root") else {}
    return [each["slug"] for each in read(hall.ask("GET", PATH, by=by, headers=headers))["items"]]


def develop(hall: Api, user: str = "u-mia", role: str = "developer") -> Json:
    return read(hall.ask("PUT", f"{MEMBERSHIPS}/{user}", by="ann", body={"role": role}))


def test_a_project_is_made_in_the_organization_at_hand(hall: Api) -> None:
    made = read(hall.ask("POST", PATH, by="adam", body={"slug": "ml", "name": "Machine learning"}))

    assert made == {
        "id": made["id"],
        "organization": "o-acme",
        "slug": "ml",
        "name": "Machine learning",
        "settings": {"developers_manage_secrets": True},
        "created_at": "2027-01-15T08:00:00.000Z",
    }
    assert slugs(hall, "ann") == ["ml", "api", "web"]
    assert read(hall.ask("GET", f"{PATH}/ml", by="ann")) == made


def test_the_same_slug_is_another_project_in_another_organization(hall: Api) -> None:
    assert hall.ask("POST", PATH, by="gus", body={"slug": "web"}).status_code == 200
    assert hall.ask("POST", PATH, by="ann", body={"slug": "web"}).status_code == 409


@pytest.mark.parametrize("by", ["mia", "vic"])
def test_who_does_not_manage_the_organization_changes_no_project(hall: Api, by: str) -> None:
    calls = [("POST", PATH, {"slug": "ml"}), ("PATCH", f"{PATH}/web", {"name": "X"}), ("DELETE", f"{PATH}/web", None)]

    for method, path, body in calls:
        assert hall.ask(method, path, by=by, body=body, headers=IN_ACME).status_code == 403


def test_one_sees_the_projects_that_one_may_enter(hall: Api) -> None:
    develop(hall)

    assert (slugs(hall, "mia"), slugs(hall, "vic"), slugs(hall, "adam")) == (["web"], [], ["api", "web"])
    assert slugs(hall, "root") == ["api", "web"]
    assert slugs(hall, hall.town.key("acme", project="p-api")) == ["api"]
    assert hall.ask("GET", f"{PATH}/api", by="mia", headers=IN_ACME).status_code == 404


def test_a_foreign_project_is_the_same_404_as_one_that_does_not_exist(hall: Api) -> None:
    names = ("main", "p-main", "nowhere")
    calls = [("GET", "", None), ("PATCH", "", {"name": "X"}), ("DELETE", "", None), ("GET", "/memberships", None)]

    for method, rest, body in calls:
        answers = [hall.ask(method, f"{PATH}/{name}{rest}", by="ann", body=body) for name in names]
        assert {answer.status_code for answer in answers} == {404}
        assert (
            len({answer.content.replace(name.encode(), b"?") for answer, name in zip(answers, names, strict=True)}) == 1
        )


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"organization": "o-globex"}, "organization"),
        ({"slug": "other"}, "slug"),
        ({"settings": {"owner": "x"}}, "settings.owner"),
        ({"settings": {"developers_manage_secrets": 1}}, "settings.developers_manage_secrets"),
    ],
)
def test_what_is_unknown_or_wrong_is_refused_with_its_path(hall: Api, body: Json, path: str) -> None:
    refused = hall.ask("PATCH", f"{PATH}/web", by="ann", body=body)

    assert (refused.status_code, read(refused)["details"][0]["path"]) == (400, path)


def test_the_setting_decides_whether_developers_enter_secrets(hall: Api) -> None:
    develop(hall)
    headers = {**IN_ACME, "x-project-id": "web"}
    body = {"name": "n", "provider": "openai", "secret": "sk-0123456789abcdef"}

    def store(name: str) -> int:
        return hall.ask(
            "POST",
            "/admin/v1/credentials",
            by="mia",
            body={**body, "name": name},
            headers=headers,
            query={"scope": "project"},
        ).status_code

    first = store("a")
    hall.ask("PATCH", f"{PATH}/web", by="ann", body={"settings": {"developers_manage_secrets": False}})

    assert (first, store("b")) == (200, 403)


def test_to_let_developers_manage_secrets_takes_that_permission(hall: Api) -> None:
    hall.ask("PATCH", f"{PATH}/web", by="ann", body={"settings": {"developers_manage_secrets": False}})
    key = hall.town.key("acme", permissions=("llm:members:manage",))
    body = {"settings": {"developers_manage_secrets": True}}

    assert hall.ask("PATCH", f"{PATH}/web", by=key, body=body).status_code == 403


def test_a_project_with_anything_in_it_is_not_deleted(hall: Api) -> None:
    hall.town.key("acme", project="p-web")
    body = {"name": "n", "provider": "openai", "secret": "sk-0123456789abcdef"}
    hall.ask("POST", "/admin/v1/credentials", by="ann", body=body, query={"scope": "project:o-acme/p-web"})

    refused = hall.ask("DELETE", f"{PATH}/web", by="ann")

    assert refused.status_code == 409
    assert read(refused)["details"] == {"keys in force": 1, "credentials": 1}


def test_with_an_empty_project_end_the_memberships_in_it(hall: Api) -> None:
    develop(hall)

    assert read(hall.ask("DELETE", f"{PATH}/web", by="ann")) == {"deleted": True, "id": "p-web"}
    assert slugs(hall, "mia") == []
    refused = hall.ask("GET", PATH, by="mia", headers={**IN_ACME, "x-project-id": "web"})
    assert refused.status_code == 403


def test_a_member_is_added_to_a_project_and_the_role_changed(hall: Api) -> None:
    first = develop(hall)
    hall.town.clock.time += 60
    second = develop(hall, role="viewer")

    assert first == {
        "user": "u-mia",
        "organization": "o-acme",
        "project": "p-web",
        "role": "developer",
        "created_at": "2027-01-15T08:00:00.000Z",
    }
    assert second == {**first, "role": "viewer"}
    assert read(hall.ask("GET", MEMBERSHIPS, by="ann")) == {"items": [second], "total": 1}


def test_a_membership_in_a_project_ends_with_the_next_request(hall: Api) -> None:
    develop(hall)
    headers = {**IN_ACME, "x-project-id": "web"}
    assert hall.ask("GET", PATH, by="mia", headers=headers).status_code == 200

    ended = hall.ask("DELETE", f"{MEMBERSHIPS}/u-mia", by="ann")

    assert read(ended) == {"deleted": True, "user": "u-mia", "project": "p-web"}
    assert hall.ask("GET", PATH, by="mia", headers=headers).status_code == 403


def test_members_of_a_project_see_themselves_in_it_and_may_leave(hall: Api) -> None:
    develop(hall)
    develop(hall, user="u-vic", role="viewer")

    seen = read(hall.ask("GET", MEMBERSHIPS, by="mia", headers=IN_ACME))
    assert [each["user"] for each in seen["items"]] == ["u-mia"]
    assert hall.ask("DELETE", f"{MEMBERSHIPS}/u-vic", by="mia", headers=IN_ACME).status_code == 404
    assert hall.ask("DELETE", f"{MEMBERSHIPS}/u-mia", by="mia", headers=IN_ACME).status_code == 200


@pytest.mark.parametrize("body", [{"role": "owner"}, {"role": None}, {}, {"role": "viewer", "user": "u-ann"}])
def test_a_role_in_a_project_is_one_of_three(hall: Api, body: Json) -> None:
    assert hall.ask("PUT", f"{MEMBERSHIPS}/u-mia", by="ann", body=body).status_code == 400
