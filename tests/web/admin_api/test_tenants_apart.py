"""Two tenants who know each other's ids: every route of tenancy answers as if the other one did not exist."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2
import pytest

from headgate.core.json import Json
from tests.web.api import Api, read

SECRET = "sk-live-51f0c2aa98e14b7d"
UNKNOWN = "0193e1a0-0000-7000-8000-000000000000"
CARRIERS = ("authorization", "x-api-key", "api-key", "x-prismeai-api-key", "x-goog-api-key")

ROUTES: list[tuple[str, str, Json]] = [
    ("GET", "/admin/v1/organizations/{organization}", None),
    ("PATCH", "/admin/v1/organizations/{organization}", {"name": "Mine"}),
    ("GET", "/admin/v1/projects/{project}", None),
    ("PATCH", "/admin/v1/projects/{project}", {"name": "Mine"}),
    ("DELETE", "/admin/v1/projects/{project}", None),
    ("GET", "/admin/v1/projects/{project}/memberships", None),
    ("PUT", "/admin/v1/projects/{project}/memberships/u-ann", {"role": "viewer"}),
    ("DELETE", "/admin/v1/projects/{project}/memberships/u-ann", None),
    ("PUT", "/admin/v1/projects/web/memberships/{user}", {"role": "viewer"}),
    ("DELETE", "/admin/v1/projects/web/memberships/{user}", None),
    ("GET", "/admin/v1/memberships/{user}", None),
    ("PATCH", "/admin/v1/memberships/{user}", {"role": "viewer"}),
    ("DELETE", "/admin/v1/memberships/{user}", None),
    ("POST", "/admin/v1/memberships", {"user": "{user}", "role": "viewer"}),
    ("GET", "/admin/v1/users/{user}", None),
    ("PATCH", "/admin/v1/users/{user}", {"name": "Mine"}),
    ("PATCH", "/admin/v1/users/me", {"default_organization": "{organization}"}),
    ("GET", "/admin/v1/keys/{key}", None),
    ("DELETE", "/admin/v1/keys/{key}", None),
    ("POST", "/admin/v1/keys", {"name": "k", "project": "{project}"}),
    ("GET", "/admin/v1/credentials/{credential}", None),
    ("PATCH", "/admin/v1/credentials/{credential}", {"default": True}),
    ("DELETE", "/admin/v1/credentials/{credential}", None),
    ("POST", "/admin/v1/credentials/{credential}/rotate", {"secret": SECRET}),
    ("GET", "/admin/v1/credentials?scope=project:{organization}/{project}", None),
    ("GET", "/admin/v1/credentials?scope=organization:{organization}", None),
]


def stock(hall: Api) -> Mapping[str, str]:
    """What globex has, by the words of the routes."""
    body = {"name": "theirs", "provider": "openai", "secret": SECRET}
    credential = read(hall.ask("POST", "/admin/v1/credentials", by="gus", body=body))
    key = read(hall.ask("POST", "/admin/v1/keys", by="gus", body={"name": "theirs"}))
    return {
        "organization": "o-globex",
        "project": "p-main",
        "user": "u-gus",
        "key": key["id"],
        "credential": credential["id"],
    }


def filled(text: Json, ids: Mapping[str, str]) -> Json:
    if isinstance(text, dict):
        return {name: filled(value, ids) for name, value in text.items()}
    if not isinstance(text, str):
        return text
    for word, each in ids.items():
        text = text.replace(f"{{{word}}}", each)
    return text


def told(answer: httpx2.Response, ids: Mapping[str, str]) -> tuple[int, bytes]:
    content = answer.content
    for each in ids.values():
        content = content.replace(each.encode(), b"?")
    return answer.status_code, content


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_nothing_of_another_tenant_differs_from_what_does_not_exist(
    hall: Api, method: str, path: str, body: Json
) -> None:
    theirs = stock(hall)
    nobodys = dict.fromkeys(theirs, UNKNOWN)

    answers = [
        told(hall.ask(method, filled(path, ids), by="ann", body=filled(body, ids)), ids) for ids in (theirs, nobodys)
    ]

    assert answers[0] == answers[1]
    assert answers[0][0] in {400, 403, 404}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_key_is_as_blind_whatever_carries_it(hall: Api, carrier: str) -> None:
    theirs = stock(hall)
    nobodys = dict.fromkeys(theirs, UNKNOWN)
    key = hall.town.key("acme", permissions=("*",)).decode()
    headers = {carrier: f"Bearer {key}" if carrier == "authorization" else key}

    for method, path, body in ROUTES:
        answers = [
            told(
                hall.ask(method, filled(path, ids), by=None, body=filled(body, ids), headers=headers),
                ids,
            )
            for ids in (theirs, nobodys)
        ]
        assert answers[0] == answers[1], path


@pytest.mark.parametrize("path", ["organizations", "projects", "memberships", "users", "keys", "credentials"])
def test_no_list_shows_anything_of_another_tenant(hall: Api, path: str) -> None:
    theirs = stock(hall)

    answer = hall.ask("GET", f"/admin/v1/{path}", by="ann")

    assert answer.status_code == 200
    assert not [each for each in theirs.values() if each.encode() in answer.content]
