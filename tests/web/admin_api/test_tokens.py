"""`/admin/v1/tokens` over HTTP."""

from __future__ import annotations

import pytest

from headgate.core.json import Json
from tests.web.admin_api.office import Office

TOKENS = "/admin/v1/tokens"


def test_a_token_is_made_shown_once_and_works(office: Office) -> None:
    mia = office.person("mia")

    status, made = office.ask("POST", TOKENS, by=mia, body={"name": "laptop", "expires_at": "2028-01-01T00:00:00Z"})

    text = made.pop("token")
    assert status == 200
    assert text.startswith("at:")
    assert made == {
        "id": made["id"],
        "user": "u-mia",
        "name": "laptop",
        "last4": text[-4:],
        "created_at": "2027-01-15T08:00:00.000Z",
        "expires_at": "2028-01-01T00:00:00.000Z",
        "revoked_at": None,
    }
    _, listed = office.ask("GET", TOKENS, by=text)
    assert listed["items"][0] == made
    assert listed["total"] == 2


def test_a_revoked_token_is_refused_with_the_next_request(office: Office) -> None:
    mia = office.person("mia")
    _, made = office.ask("POST", TOKENS, by=mia, body={"name": "laptop"})

    status, revoked = office.ask("DELETE", f"{TOKENS}/{made['id']}", by=mia)

    assert status == 200
    assert revoked["revoked_at"] is not None
    assert office.ask("GET", TOKENS, by=made["token"])[0] == 401


def test_one_sees_and_revokes_ones_own_tokens_only(office: Office) -> None:
    _, made = office.ask("POST", TOKENS, by=office.person("mia"), body={"name": "laptop"})
    ann = office.person("ann")

    foreign = office.ask("DELETE", f"{TOKENS}/{made['id']}", by=ann)
    random = office.ask("DELETE", f"{TOKENS}/nothing", by=ann)

    assert foreign[0] == random[0] == 404
    assert foreign[1]["message"] == f"token {made['id']!r} does not exist"
    assert random[1]["message"] == "token 'nothing' does not exist"
    assert office.ask("GET", f"{TOKENS}?user=u-mia", by=ann)[0] == 403
    assert [token["user"] for token in office.ask("GET", TOKENS, by=ann)[1]["items"]] == ["u-ann"]


def test_a_platform_administrator_has_everybodys_tokens(office: Office) -> None:
    root = office.person("root")

    status, made = office.ask("POST", TOKENS, by=root, body={"name": "for mia", "user": "u-mia"})

    assert (status, made["user"]) == (200, "u-mia")
    assert [each["id"] for each in office.ask("GET", f"{TOKENS}?user=u-mia", by=root)[1]["items"]] == [made["id"]]
    assert office.ask("DELETE", f"{TOKENS}/{made['id']}", by=root)[0] == 200


def test_nobody_else_makes_a_token_for_another(office: Office) -> None:
    for user in ("u-root", "u-nobody"):
        status, refused = office.ask("POST", TOKENS, by=office.person("ann"), body={"name": "x", "user": user})
        assert (status, refused["code"]) == (403, "FORBIDDEN")


def test_a_token_that_ends_makes_none_that_outlasts_it(office: Office) -> None:
    mia = office.person("mia", expires_at=1_800_000_060.0)

    status, refused = office.ask("POST", TOKENS, by=mia, body={"name": "x"})

    assert (status, refused["details"][0]["path"]) == (403, "expires_at")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "name"),
        ({"name": "administrator"}, "name"),
        ({"name": "x", "user": "u-nobody"}, "user"),
        ({"name": "x", "platform_admin": True}, "platform_admin"),
        ({"name": "x", "permissions": ["*"]}, "permissions"),
    ],
    ids=str,
)
def test_a_body_that_breaks_a_rule_is_refused_with_the_path(office: Office, body: Json, path: str) -> None:
    status, refused = office.ask("POST", TOKENS, by=office.person("root"), body=body)

    assert (status, refused["code"], refused["details"][0]["path"]) == (400, "INVALID_BODY", path)


def test_a_key_has_no_tokens(office: Office) -> None:
    key = office.town.key("acme", permissions=("*",)).decode()

    for method, path in (("GET", TOKENS), ("POST", TOKENS), ("DELETE", f"{TOKENS}/x")):
        status, refused = office.ask(method, path, by=key, body={"name": "x"} if method == "POST" else None)
        assert (status, refused["code"]) == (403, "FORBIDDEN")
