"""Who is let in, and how it is told: every route, with and without a slash at its end."""

from __future__ import annotations

import pytest

from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, register

GUARDED = (
    ("GET", ""), ("POST", ""), ("POST", "/register"), ("GET", "/m"), ("PUT", "/m"), ("DELETE", "/m"),
    ("GET", "/by-id/m"), ("PUT", "/by-id/m"), ("DELETE", "/by-id/m"), ("GET", "/categories"), ("GET", "/providers"),
    ("GET", "/abilities"), ("GET", "/summary"), ("GET", "/user-default"), ("POST", "/user-default"),
    ("GET", "/user-default/general"), ("DELETE", "/user-default/general"), ("GET", "/default/llm"),
    ("POST", "/test-connection"), ("POST", "/test"), ("POST", "/providers/openai/models"), ("POST", "/providers/fetch"),
)  # fmt: skip


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_without_a_valid_credential_it_is_401(quiet: Api, method: str, path: str, slash: str) -> None:
    for by in (None, b"at:nonsense"):
        answer = quiet.ask(method, f"{BASE}{path}{slash}", by=by)

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert list(read(answer)) == ["detail"]
        assert isinstance(read(answer)["detail"], str)


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_an_organization_key_is_403_because_it_has_no_user(quiet: Api, method: str, path: str) -> None:
    key = quiet.town.key("acme", permissions=("llm:*",))

    answer = quiet.ask(method, f"{BASE}{path}", by=key)

    assert (answer.status_code, list(read(answer))) == (403, ["detail"])


@pytest.mark.parametrize("path", ["", "/", "/m", "/m/", "/by-id/m", "/categories/", "/user-default/"])
def test_a_slash_at_the_end_changes_nothing_and_redirects_nowhere(api: Api, path: str) -> None:
    register(api)

    assert api.ask("GET", f"{BASE}{path}", by="ann").status_code == 200


def test_a_foreign_organization_in_the_headers_is_403(quiet: Api) -> None:
    for slug in ("globex", "nothing"):
        answer = quiet.ask("GET", BASE, by="ann", headers={"x-organization-id": slug})
        assert (answer.status_code, list(read(answer))) == (403, ["detail"])


def test_two_different_credentials_are_400(quiet: Api) -> None:
    answer = quiet.ask("GET", BASE, by="ann", headers={"x-api-key": "iak_other"})

    assert (answer.status_code, list(read(answer))) == (400, ["detail"])


@pytest.mark.parametrize(("method", "path"), [("DELETE", ""), ("PATCH", "/m"), ("PATCH", "/by-id/m")])
def test_another_method_is_405_and_says_which_are_allowed(quiet: Api, method: str, path: str) -> None:
    answer = quiet.ask(method, f"{BASE}{path}", by="ann")

    assert (answer.status_code, list(read(answer))) == (405, ["detail"])
    assert answer.headers["allow"]


def test_every_answer_has_the_id_of_its_request(quiet: Api) -> None:
    assert quiet.ask("GET", BASE, by=None).headers["x-request-id"].startswith("req_")
