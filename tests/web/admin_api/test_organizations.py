"""`/admin/v1/organizations` over HTTP."""

from __future__ import annotations

import pytest

from headgate.core.json import Json
from tests.web.api import Api, read

PATH = "/admin/v1/organizations"
NOW = "2027-01-15T08:00:00.000Z"


def overlay(shown: Json) -> Json:
    return shown["settings"]["overlay"]


def test_an_organization_is_made_by_a_platform_administrator(hall: Api) -> None:
    made = read(hall.ask("POST", PATH, body={"slug": "initech", "settings": {"public_models": True}}))

    settings = made["settings"]
    assert (made["slug"], made["name"], made["created_at"]) == ("initech", "initech", NOW)
    assert (settings["sharing"], settings["public_models"]) == ("admins", True)
    assert read(hall.ask("GET", f"{PATH}/initech")) == read(hall.ask("GET", f"{PATH}/{made['id']}")) == made


@pytest.mark.parametrize("by", ["ann", "mia"])
def test_nobody_else_makes_or_deletes_one(hall: Api, by: str) -> None:
    assert hall.ask("POST", PATH, by=by, body={"slug": "mine"}).status_code == 403
    assert hall.ask("DELETE", f"{PATH}/acme", by=by).status_code == 403


@pytest.mark.parametrize("slug", ["", "Acme", "a_b", "-a", "a-", "a" * 65, "ä", "a/b", "a b", "a\n"])
def test_a_slug_is_lower_case_letters_digits_and_inner_hyphens(hall: Api, slug: str) -> None:
    refused = hall.ask("POST", PATH, body={"slug": slug, "name": "N"})

    assert refused.status_code == 400
    assert [each["path"] for each in read(refused)["details"]] == ["slug"]


def test_a_slug_that_is_taken_is_409(hall: Api) -> None:
    assert hall.ask("POST", PATH, body={"slug": "acme"}).status_code == 409


def test_one_lists_the_organizations_that_one_belongs_to(hall: Api) -> None:
    def slugs(by: str) -> list[str]:
        return [each["slug"] for each in read(hall.ask("GET", PATH, by=by))["items"]]

    assert (slugs("root"), slugs("ann"), slugs("mia")) == (["globex", "acme"], ["acme"], ["globex", "acme"])
    assert read(hall.ask("GET", PATH, query={"limit": "1", "page": "1"}))["items"][0]["slug"] == "acme"


def test_a_key_sees_its_organization(hall: Api) -> None:
    key = hall.town.key("acme")

    assert [each["slug"] for each in read(hall.ask("GET", PATH, by=key))["items"]] == ["acme"]
    assert hall.ask("GET", f"{PATH}/globex", by=key).status_code == 404


def test_a_foreign_organization_is_the_same_404_as_one_that_does_not_exist(hall: Api) -> None:
    names = ("globex", "o-globex", "nobody")
    for method, body in (("GET", None), ("PATCH", {"name": "X"})):
        answers = [hall.ask(method, f"{PATH}/{name}", by="ann", body=body) for name in names]

        assert {answer.status_code for answer in answers} == {404}
        told = {answer.content.replace(name.encode(), b"?") for answer, name in zip(answers, names, strict=True)}
        assert len(told) == 1


def test_settings_change_one_by_one_and_null_is_the_default(hall: Api) -> None:
    hall.ask("PATCH", f"{PATH}/acme", by="ann", body={"settings": {"sharing": "members", "public_models": True}})
    changed = read(hall.ask("PATCH", f"{PATH}/acme", by="adam", body={"settings": {"sharing": None}}))

    assert (changed["settings"]["sharing"], changed["settings"]["public_models"]) == ("admins", True)


def test_the_overlay_is_given_as_a_whole(hall: Api) -> None:
    body = {"settings": {"overlay": {"allowed_models": ["b", "a"], "own_models": "deny"}}}
    first = overlay(read(hall.ask("PATCH", f"{PATH}/acme", by="ann", body=body)))
    second = overlay(read(hall.ask("PATCH", f"{PATH}/acme", by="ann", body={"settings": {"overlay": {}}})))

    assert (sorted(first["allowed_models"]), first["own_models"]) == (["a", "b"], "deny")
    assert (second["allowed_models"], second["own_models"]) == ([], "allow")


def test_what_get_returns_can_be_sent_back(hall: Api) -> None:
    hall.ask("PATCH", f"{PATH}/acme", by="ann", body={"settings": {"overlay": {"allowed_models": ["a"]}}})
    shown = read(hall.ask("GET", f"{PATH}/acme", by="ann"))
    body = {"name": shown["name"], "settings": shown["settings"]}

    assert read(hall.ask("PATCH", f"{PATH}/acme", by="ann", body=body)) == shown


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"slug": "other"}, "slug"),
        ({"id": "x"}, "id"),
        ({"platform_admin": True}, "platform_admin"),
        ({"settings": {"owner": "u-mia"}}, "settings.owner"),
        ({"settings": {"overlay": {"egress": "*"}}}, "settings.overlay.egress"),
        ({"settings": {"sharing": "everybody"}}, "settings.sharing"),
        ({"settings": {"public_models": "yes"}}, "settings.public_models"),
        ({"settings": {"overlay": {"allowed_models": [1]}}}, "settings.overlay.allowed_models[0]"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"settings": []}, "settings"),
    ],
)
def test_what_is_unknown_or_wrong_is_refused_with_its_path(hall: Api, body: Json, path: str) -> None:
    before = read(hall.ask("GET", f"{PATH}/acme", by="ann"))

    refused = hall.ask("PATCH", f"{PATH}/acme", by="ann", body=body)

    assert (refused.status_code, read(refused)["details"][0]["path"]) == (400, path)
    assert read(hall.ask("GET", f"{PATH}/acme", by="ann")) == before


def test_the_overlay_takes_the_permission_to_govern(hall: Api) -> None:
    key = hall.town.key("acme", permissions=("llm:members:manage",))

    assert hall.ask("PATCH", f"{PATH}/acme", by=key, body={"settings": {"overlay": {}}}).status_code == 403
    assert hall.ask("PATCH", f"{PATH}/acme", by=key, body={"name": "A"}).status_code == 200


def test_an_organization_with_anything_in_it_is_not_deleted(hall: Api) -> None:
    hall.create("gpt", by="ann")
    hall.town.key("acme")

    refused = hall.ask("DELETE", f"{PATH}/acme")

    assert refused.status_code == 409
    assert read(refused)["details"] == {"projects": 2, "keys in force": 1, "entries": 1}


def test_an_empty_organization_is_deleted_and_its_members_are_in_it_no_more(hall: Api) -> None:
    hall.ask("DELETE", "/admin/v1/projects/main", by="gus")

    gone = hall.ask("DELETE", f"{PATH}/globex")

    assert read(gone) == {"deleted": True, "id": "o-globex"}
    assert hall.ask("GET", f"{PATH}/globex").status_code == 404
    assert hall.ask("GET", PATH, by="gus", headers={"x-organization-id": "globex"}).status_code == 403
    assert [each["slug"] for each in read(hall.ask("GET", PATH, by="mia"))["items"]] == ["acme"]


def test_whoever_was_at_home_in_a_deleted_organization_goes_on_without_it(hall: Api) -> None:
    mia = hall.town.token("mia")
    token = hall.town.directory.token("t-mia")
    assert token is not None
    hall.tenancy.store.put_token(token)
    hall.ask("PATCH", "/admin/v1/users/me", by=mia, body={"default_organization": "globex"})
    opened = read(hall.ask("POST", "/admin/v1/sessions", by=mia, headers={"x-organization-id": "globex"}))
    session = opened["token"].encode()

    hall.ask("DELETE", "/admin/v1/projects/main", by="gus")
    assert hall.ask("DELETE", f"{PATH}/globex").status_code == 200

    assert [each["slug"] for each in read(hall.ask("GET", PATH, by=session))["items"]] == ["acme"]
    renamed = hall.ask("PATCH", "/admin/v1/users/me", by=session, body={"name": "Mia"})
    assert (renamed.status_code, read(renamed)["default_organization"]) == (200, None)
    assert hall.ask("DELETE", f"/admin/v1/sessions/{opened['id']}", by=session).status_code == 200
    assert hall.ask("GET", PATH, by=session).status_code == 401
