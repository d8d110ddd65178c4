"""`/admin/v1/limits` over HTTP."""

from __future__ import annotations

import pytest

from headgate.core.errors import RateLimited
from headgate.core.json import Json, JsonObject
from headgate.core.principal import Principal, PrincipalKind
from headgate.ledger.records import Account
from tests.gateway.town import NOW
from tests.web.api import Api, read

PATH = "/admin/v1/limits"
WRITTEN_NOW = "2027-01-15T08:00:00.000Z"
MIA = Account("o-acme", "p-web", "u-mia", "")
ACME = {"X-Organization-ID": "acme"}


def put(hall: Api, kind: str, subject: str, *, by: str = "ann", **fields: Json) -> JsonObject:
    headers = ACME if by == "root" else None
    answer = hall.ask("PUT", f"{PATH}/{kind}/{subject}", by=by, body=fields, headers=headers)
    assert answer.status_code == 200, answer.text
    found: JsonObject = read(answer)
    return found


def passes(hall: Api, account: Account = MIA) -> int:
    """How many requests in a row are let through, of ten."""
    principal = Principal(id="user:u-mia", kind=PrincipalKind.USER, credential="", organization=account.organization)
    for number in range(10):
        try:
            hall.spending.allowance.admit(principal, account, now=NOW, wall=NOW)
        except RateLimited:
            return number
    return 10


def test_limits_read_as_they_were_set(hall: Api) -> None:
    limits = put(hall, "project", "web", rpm=5, tpm=0)

    assert limits == {
        "organization": "o-acme",
        "subject_kind": "project",
        "subject_id": "p-web",
        "rpm": 5,
        "tpm": 0,
        "parallel": None,
        "by_platform": False,
        "created_at": WRITTEN_NOW,
        "created_by": "user:u-ann",
        "updated_at": WRITTEN_NOW,
    }
    assert read(hall.ask("GET", f"{PATH}/project/p-web", by="ann")) == limits
    assert read(hall.ask("GET", PATH, by="ann")) == {"items": [limits], "total": 1}


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("organization", "acme"), ("project", "web"), ("user", "u-mia"), ("role", "member"), ("plan", "default")],
)
def test_limits_bind_from_then_on_and_until_they_are_deleted(hall: Api, kind: str, subject: str) -> None:
    put(hall, kind, subject, rpm=3)
    assert passes(hall) == 3
    put(hall, kind, subject, parallel=2)
    assert read(hall.ask("GET", f"{PATH}/{kind}/{subject}", by="ann"))["rpm"] is None
    assert hall.ask("DELETE", f"{PATH}/{kind}/{subject}", by="ann").status_code == 200

    assert passes(hall) == 10
    assert hall.ask("GET", f"{PATH}/{kind}/{subject}", by="ann").status_code == 404


def test_a_key_has_limits_of_its_own(hall: Api) -> None:
    key = read(hall.ask("POST", "/admin/v1/keys", by="ann", body={"name": "ci"}))["id"]
    put(hall, "key", key, rpm=2)

    assert passes(hall, Account("o-acme", "", "", key)) == 2


def test_what_a_platform_administrator_says_of_a_user_holds_without_an_organization_too(hall: Api) -> None:
    answer = hall.ask("PUT", f"{PATH}/user/u-mia", body={"rpm": 2})
    assert (answer.status_code, read(answer)["organization"]) == (200, None)

    assert passes(hall, Account("", "", "u-mia", "")) == 2
    assert read(hall.ask("GET", PATH, by="ann")) == {"items": [], "total": 0}
    assert read(hall.ask("GET", PATH))["total"] == 1


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"rpm": -1}, "rpm"),
        ({"tpm": 1.5}, "tpm"),
        ({"parallel": "many"}, "parallel"),
        ({"rpm": 10**13}, "rpm"),
        ({}, "rpm"),
        ({"rpm": None}, "rpm"),
        ({"rps": 1}, "rps"),
    ],
)
def test_what_is_not_accepted_is_refused_with_its_path(hall: Api, fields: JsonObject, path: str) -> None:
    answer = hall.ask("PUT", f"{PATH}/project/web", by="ann", body=fields)

    assert (answer.status_code, [each["path"] for each in read(answer)["details"]]) == (400, [path])


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("organization", "globex"),
        ("project", "main"),
        ("user", "u-gus"),
        ("key", "k-nobody"),
        ("role", "king"),
        ("plan", "gold"),
        ("team", "web"),
    ],
)
def test_a_subject_that_is_not_ones_own_is_as_unknown_as_none(hall: Api, kind: str, subject: str) -> None:
    for method, body in (("GET", None), ("PUT", {"rpm": 1}), ("DELETE", None)):
        foreign = hall.ask(method, f"{PATH}/{kind}/{subject}", by="ann", body=body)
        random = hall.ask(method, f"{PATH}/{kind}/nobody", by="ann", body=body)
        assert foreign.status_code == random.status_code == 404
        assert foreign.text.replace(subject, "nobody") == random.text


def test_it_takes_governing(hall: Api) -> None:
    assert hall.ask("GET", PATH, by="mia").status_code == 403
    assert hall.ask("PUT", f"{PATH}/user/u-mia", by="mia", body={"rpm": 1000}).status_code == 403


def test_an_organization_sees_what_a_platform_administrator_has_set_and_leaves_it_alone(hall: Api) -> None:
    put(hall, "organization", "acme", by="root", rpm=3)
    one = f"{PATH}/organization/acme"

    assert read(hall.ask("GET", one, by="ann"))["by_platform"] is True
    assert hall.ask("PUT", one, by="ann", body={"rpm": 9}).status_code == 403
    assert hall.ask("DELETE", one, by="ann").status_code == 403
    assert passes(hall) == 3
