"""Named credentials of a project, over HTTP: theirs who work in it, and of nobody else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from headgate.core.json import Json, JsonObject
from tests.web.api import Api, read

PATH = "/admin/v1/credentials"
SECRET = "sk-live-7d1f44d2a07b5e63"
WEB = "project:o-acme/p-web"
API = "project:o-acme/p-api"


@pytest.fixture
def town(hall: Api) -> Api:
    """mia develops web, vic looks at it; adam administers acme."""
    for user, role in (("u-mia", "developer"), ("u-vic", "viewer")):
        hall.ask("PUT", f"/admin/v1/projects/web/memberships/{user}", by="ann", body={"role": role})
    return hall


def within(project: str = "web") -> Mapping[str, str]:
    return {"x-organization-id": "acme", "x-project-id": project}


def store(town: Api, by: str | bytes, scope: str, **fields: Json) -> tuple[int, JsonObject]:
    body = {"name": "n", "provider": "openai", "secret": SECRET, **fields}
    headers = within() if by in ("mia", "vic") else {}
    answer = town.ask("POST", PATH, by=by, body=body, query={"scope": scope}, headers=headers)
    return answer.status_code, read(answer)


def test_a_developer_stores_one_for_the_project_at_hand(town: Api) -> None:
    status, made = store(town, "mia", "project")

    assert (status, made["scope"], made["last4"]) == (200, WEB, "5e63")
    listed = read(town.ask("GET", PATH, by="mia", query={"scope": "project"}, headers=within()))
    assert listed == {"items": [made], "total": 1}


@pytest.mark.parametrize("scope", ["platform", "organization", API, "project:o-globex/p-main", "project:o-acme/none"])
def test_a_developer_stores_none_anywhere_else(town: Api, scope: str) -> None:
    assert store(town, "mia", scope)[0] == 403


def test_a_viewer_and_a_key_that_only_calls_store_none(town: Api) -> None:
    assert store(town, "vic", "project")[0] == 403
    assert store(town, town.town.key("acme", project="p-web"), "project")[0] == 403


def test_an_admin_stores_them_in_any_project_that_exists(town: Api) -> None:
    assert [store(town, "adam", scope)[0] for scope in (WEB, API)] == [200, 200]
    answers = [store(town, "adam", scope) for scope in ("project:o-acme/none", "project:o-globex/p-main")]

    assert [status for status, _ in answers] == [403, 403]


@pytest.mark.parametrize("by", ["mia", "gus"])
def test_one_of_another_project_is_the_same_404_as_none(town: Api, by: str) -> None:
    credential_id = store(town, "adam", API)[1]["id"]
    headers = within() if by == "mia" else {}
    body = {"secret": SECRET}
    calls: list[tuple[str, str, Json]] = [
        ("GET", "", None),
        ("PATCH", "", {"default": True}),
        ("DELETE", "", None),
        ("POST", "/rotate", body),
    ]

    for method, rest, given in calls:
        paths = [f"{PATH}/{each}{rest}" for each in (credential_id, "nothing")]
        answers = [town.ask(method, path, by=by, body=given, headers=headers) for path in paths]
        assert [each.status_code for each in answers] == [404, 404]
        assert answers[0].content.replace(credential_id.encode(), b"nothing") == answers[1].content


def test_an_entry_of_another_project_cannot_name_it(town: Api) -> None:
    store(town, "adam", API, name="secret-of-api")
    body = {
        "name": "Own",
        "litellm_model": "openai/gpt-4o",
        "resource_uri": "own",
        "credentials": {},
    }
    town.ask("POST", "/assets/models", by="adam", body=body, headers=within())
    wish = {"provider_config": {"credential": "secret-of-api"}}

    named = town.ask("PATCH", "/v1/models/own", by="adam", body=wish, headers=within())

    assert named.status_code == 400
    assert "secret-of-api" in read(named)["message"]


def test_it_is_rotated_marked_and_deleted_in_its_project(town: Api) -> None:
    one = f"{PATH}/{store(town, 'mia', 'project')[1]['id']}"

    def ask(method: str, path: str, body: Json = None) -> Json:
        return read(town.ask(method, path, by="mia", body=body, headers=within()))

    assert ask("POST", f"{one}/rotate", {"secret": SECRET + "-next"})["last4"] == "next"
    assert ask("PATCH", one, {"default": True})["default"] is True
    assert ask("DELETE", one)["deleted"] is True
    assert ask("GET", PATH + "?scope=project") == {"items": [], "total": 0}


def test_the_same_name_is_another_credential_in_another_project(town: Api) -> None:
    assert [store(town, "adam", scope)[0] for scope in (WEB, API, "organization", WEB)] == [200, 200, 200, 409]
