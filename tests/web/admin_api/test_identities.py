"""`/admin/v1/users/{id}/identities` over HTTP."""

from __future__ import annotations

import pytest

from headgate.core.json import Json
from tests.web.api import Api, read

ISSUER = "https://login.company.test/realms/one"
MIA = "/admin/v1/users/u-mia/identities"


def test_a_user_is_known_by_the_identity_that_was_said(hall: Api) -> None:
    told = read(hall.ask("POST", MIA, body={"issuer": ISSUER, "subject": "subject-1"}))

    assert (told["user"], told["issuer"], told["subject"]) == ("u-mia", ISSUER, "subject-1")
    found = hall.town.directory.user_by_identity(ISSUER, "subject-1")
    assert found is not None
    assert found.id == "u-mia"


def test_an_identity_is_one_users_only(hall: Api) -> None:
    body = {"issuer": ISSUER, "subject": "subject-1"}
    assert hall.ask("POST", MIA, body=body).status_code == 200

    assert hall.ask("POST", MIA, body=body).status_code == 200
    assert hall.ask("POST", "/admin/v1/users/u-ann/identities", body=body).status_code == 409
    assert hall.ask("POST", "/admin/v1/users/u-nobody/identities", body=body | {"subject": "x"}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{"issuer": ISSUER}, {"issuer": "", "subject": "x"}, {"issuer": ISSUER, "subject": "x" * 256}, {"subject": 1}],
    ids=str,
)
def test_an_identity_that_cannot_be_is_refused(hall: Api, body: Json) -> None:
    assert hall.ask("POST", MIA, body=body).status_code == 400


def test_only_a_platform_administrator_says_who_somebody_is(hall: Api) -> None:
    for who in ("ann", "mia"):
        assert hall.ask("POST", MIA, by=who, body={"issuer": ISSUER, "subject": "x"}).status_code == 403
