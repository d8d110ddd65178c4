"""`/admin/v1/sessions` over HTTP, with real signatures."""

from __future__ import annotations

import jwt
import pytest

from headgate.core.json import Json
from tests.gateway.town import NOW
from tests.web.admin_api.office import Office

SESSIONS = "/admin/v1/sessions"
TOKENS = "/admin/v1/tokens"


def test_a_token_is_exchanged_for_a_session_that_acts_for_the_same_user(office: Office) -> None:
    status, opened = office.ask("POST", SESSIONS, by=office.person("mia"), body={"expires_in": 600})

    session = opened.pop("token")
    assert status == 200
    assert opened == {
        "id": opened["id"],
        "user": "u-mia",
        "organization": "o-acme",
        "created_at": "2027-01-15T08:00:00.000Z",
        "expires_at": "2027-01-15T08:10:00.000Z",
        "revoked_at": None,
        "current": False,
    }
    assert office.ask("GET", TOKENS, by=session)[1]["items"][0]["user"] == "u-mia"


def test_a_session_says_when_it_ends_and_ends_then(office: Office) -> None:
    _, opened = office.ask("POST", SESSIONS, by=office.person("mia"), body={"expires_in": 60})

    claims = jwt.decode(opened["token"], options={"verify_signature": False})
    assert (claims["exp"], claims["jti"], claims["sub"]) == (NOW + 60, opened["id"], "u-mia")
    assert office.ask("GET", SESSIONS, by=opened["token"])[0] == 200
    office.town.clock.time = NOW + 60
    assert office.ask("GET", SESSIONS, by=opened["token"])[0] == 401


def test_a_session_lasts_half_a_day_unless_told(office: Office) -> None:
    for body in ({}, None, {"expires_in": None}):
        _, opened = office.ask("POST", SESSIONS, by=office.person("mia"), body=body)
        assert opened["expires_at"] == "2027-01-15T20:00:00.000Z"


@pytest.mark.parametrize("body", [{"expires_in": n} for n in (0, 59, 2_592_001, "60", 60.5, True)], ids=str)
def test_a_session_that_cannot_be_is_refused(office: Office, body: Json) -> None:
    status, refused = office.ask("POST", SESSIONS, by=office.person("mia"), body=body)

    assert (status, refused["code"], refused["details"][0]["path"]) == (400, "INVALID_BODY", "expires_in")


def test_a_session_keeps_the_organization_that_it_was_opened_in(office: Office) -> None:
    _, opened = office.ask("POST", SESSIONS, by=office.person("mia"), headers={"X-Organization-ID": "globex"})
    headers = [(b"authorization", b"Bearer " + opened["token"].encode())]

    assert office.identify.identify(headers).organization == "o-globex"


def test_a_session_is_ended_and_refused_with_the_next_request(office: Office) -> None:
    _, opened = office.ask("POST", SESSIONS, by=office.person("mia"))

    status, ended = office.ask("DELETE", f"{SESSIONS}/{opened['id']}", by=opened["token"])

    assert (status, ended["current"], ended["revoked_at"]) == (200, True, "2027-01-15T08:00:00.000Z")
    assert office.ask("GET", SESSIONS, by=opened["token"])[0] == 401


def test_a_session_ends_with_the_token_that_it_was_given_for(office: Office) -> None:
    mia = office.person("mia")
    _, opened = office.ask("POST", SESSIONS, by=mia)

    office.ask("DELETE", f"{TOKENS}/t-mia", by=mia)

    assert office.ask("GET", SESSIONS, by=opened["token"])[0] == 401


def test_one_sees_and_ends_ones_own_sessions_only(office: Office) -> None:
    _, opened = office.ask("POST", SESSIONS, by=office.person("mia"))
    ann = office.person("ann")

    foreign = office.ask("DELETE", f"{SESSIONS}/{opened['id']}", by=ann)
    random = office.ask("DELETE", f"{SESSIONS}/nothing", by=ann)

    assert foreign[0] == random[0] == 404
    assert foreign[1]["message"] == f"session {opened['id']!r} does not exist"
    assert office.ask("GET", SESSIONS, by=ann)[1] == {"items": [], "total": 0}
    assert office.ask("GET", SESSIONS, by=opened["token"])[1]["items"][0]["current"] is True


def test_only_an_access_token_is_exchanged(office: Office) -> None:
    _, opened = office.ask("POST", SESSIONS, by=office.person("mia"))
    key = office.town.key("acme", permissions=("*",)).decode()

    for credential in (opened["token"], key):
        status, refused = office.ask("POST", SESSIONS, by=credential)
        assert (status, refused["code"]) == (403, "FORBIDDEN")


def test_a_session_signed_elsewhere_is_refused(office: Office) -> None:
    _, opened = office.ask("POST", SESSIONS, by=office.person("mia"))
    claims = jwt.decode(opened["token"], options={"verify_signature": False})
    header = jwt.get_unverified_header(opened["token"])
    for forged in (
        jwt.encode(claims, "x" * 32, algorithm="HS256", headers=header | {"alg": "HS256"}),
        jwt.encode(claims, "", algorithm="none", headers={"kid": header["kid"], "typ": header["typ"]}),
        opened["token"][:-4] + "AAAA",
    ):
        assert office.ask("GET", SESSIONS, by=forged)[0] == 401
