"""Signing in with an e-mail and a password, and changing the password."""

from __future__ import annotations

import msgspec
import pytest

from headgate.core.json import Json
from tests.web.admin_api.office import ADDRESS_ATTEMPTS, EMAIL_ATTEMPTS, Office

SIGN_IN = "/admin/v1/sign-in"
SESSIONS = "/admin/v1/sessions"
PASSWORD = "correct horse battery"
OTHER = "staple of another kind"


def sign_in(office: Office, email: str, password: str = PASSWORD) -> tuple[int, Json]:
    return office.ask("POST", SIGN_IN, body={"email": email, "password": password})


def session(office: Office, name: str = "mia") -> str:
    """The text of a session that a person's password opened."""
    status, opened = sign_in(office, office.give_password(name, PASSWORD))
    assert status == 200, opened
    return str(opened["token"])


def test_a_password_opens_a_session(office: Office) -> None:
    status, opened = sign_in(office, office.give_password("mia", PASSWORD))

    assert (status, opened["user"], opened["organization"], opened["current"]) == (200, "u-mia", None, False)
    shown = office.ask("GET", SESSIONS, by=opened["token"])[1]["items"]
    assert [(each["id"], each["current"]) for each in shown] == [(opened["id"], True)]


@pytest.mark.parametrize("email", ["Mia@Acme.Test", "  mia@acme.test\n"])
def test_an_email_is_the_same_in_every_spelling(office: Office, email: str) -> None:
    office.give_password("mia", PASSWORD)

    assert sign_in(office, email)[0] == 200


def test_a_session_of_a_password_survives_a_restart(office: Office) -> None:
    _, opened = sign_in(office, office.give_password("mia", PASSWORD))

    assert office.after_a_restart().session(opened["id"], office.town.clock.wall()) is not None


def test_whoever_is_refused_learns_nothing(office: Office) -> None:
    office.give_password("mia", PASSWORD)
    office.give_password("vic", PASSWORD)
    vic = office.town.directory.user("u-vic")
    assert vic is not None
    office.town.directory.put_user(msgspec.structs.replace(vic, disabled=True))
    ann = office.town.directory.user("u-ann")
    assert ann is not None
    office.town.directory.put_user(msgspec.structs.replace(ann, email="ann@acme.test"))

    answers = [
        sign_in(office, "mia@acme.test", "wrong"),
        sign_in(office, "vic@acme.test"),
        sign_in(office, "ann@acme.test", ""),
        sign_in(office, "nobody@acme.test"),
    ]

    assert all(each == answers[0] for each in answers)
    assert (answers[0][0], answers[0][1]["code"]) == (401, "SIGN_IN_REFUSED")


def test_a_text_too_long_for_a_password_is_wrong_like_any_other(office: Office) -> None:
    email = office.give_password("mia", PASSWORD)

    assert sign_in(office, email, PASSWORD * 100)[0] == 401


def test_guessing_is_limited_for_an_email_whether_anybody_has_it_or_not(office: Office) -> None:
    office.give_password("mia", PASSWORD)

    for email in ("mia@acme.test", "nobody@acme.test"):
        office.town.clock.time += 1000
        tried = [sign_in(office, email, "wrong")[0] for _ in range(EMAIL_ATTEMPTS + 1)]
        assert tried == [401] * EMAIL_ATTEMPTS + [429]
    assert sign_in(office, "nobody@acme.test")[1]["retryAfter"] > 0


def test_the_right_password_does_not_help_once_the_limit_is_reached(office: Office) -> None:
    email = office.give_password("mia", PASSWORD)
    for _ in range(EMAIL_ATTEMPTS):
        sign_in(office, email, "wrong")

    assert sign_in(office, email)[0] == 429
    office.town.clock.time += 900
    assert sign_in(office, email)[0] == 200


def test_guessing_is_limited_for_an_address_whatever_the_email(office: Office) -> None:
    tried = [sign_in(office, f"{number}@acme.test")[0] for number in range(ADDRESS_ATTEMPTS + 1)]

    assert tried == [401] * ADDRESS_ATTEMPTS + [429]


def test_signing_in_rightly_is_not_limited(office: Office) -> None:
    email = office.give_password("mia", PASSWORD)

    assert {sign_in(office, email)[0] for _ in range(ADDRESS_ATTEMPTS + 1)} == {200}


@pytest.mark.parametrize(
    "body",
    [
        {"email": "mia@acme.test"},
        {"password": PASSWORD},
        {"email": 1, "password": PASSWORD},
        {"email": "mia@acme.test", "password": None},
        {"email": "mia@acme.test", "password": PASSWORD, "expires_in": 1},
        {"email": "mia@acme.test", "password": PASSWORD, "platform_admin": True},
    ],
    ids=str,
)
def test_a_body_that_cannot_be_is_refused(office: Office, body: Json) -> None:
    office.give_password("mia", PASSWORD)

    assert office.ask("POST", SIGN_IN, body=body)[1]["code"] == "INVALID_BODY"


def test_a_large_body_is_refused_before_it_is_read(office: Office) -> None:
    assert office.ask("POST", SIGN_IN, body={"email": "x", "password": "x" * 20_000})[0] == 413


def change(office: Office, whose: str, by: str, **fields: Json) -> tuple[int, Json]:
    return office.ask("PUT", f"/admin/v1/users/u-{whose}/password", by=by, body=fields)


def test_changing_ones_password_ends_every_session_from_the_next_request_on(office: Office) -> None:
    token = office.person("mia")
    _, exchanged = office.ask("POST", SESSIONS, by=token)
    mia = session(office)

    status, changed = change(office, "mia", mia, former=PASSWORD, password=OTHER)

    assert (status, changed) == (200, {"user": "u-mia", "sessions_ended": 2})
    assert office.ask("GET", SESSIONS, by=mia)[0] == 401
    assert office.ask("GET", SESSIONS, by=exchanged["token"])[0] == 401
    assert sign_in(office, "mia@acme.test")[0] == 401
    assert sign_in(office, "mia@acme.test", OTHER)[0] == 200


def test_one_may_call_oneself_me(office: Office) -> None:
    mia = session(office)

    changed = office.ask("PUT", "/admin/v1/users/me/password", by=mia, body={"former": PASSWORD, "password": OTHER})

    assert changed[1]["user"] == "u-mia"
    mia = str(sign_in(office, "mia@acme.test", OTHER)[1]["token"])
    assert office.ask("DELETE", "/admin/v1/users/me/sessions", by=mia)[1] == {"user": "u-mia", "sessions_ended": 1}


def test_what_a_change_of_password_ended_stays_ended_after_a_restart(office: Office) -> None:
    _, opened = sign_in(office, office.give_password("mia", PASSWORD))
    change(office, "mia", opened["token"], former=PASSWORD, password=OTHER)

    assert office.after_a_restart().session(opened["id"], office.town.clock.wall()) is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"password": OTHER}, 400),
        ({"password": OTHER, "former": "wrong"}, 401),
        ({"password": "short", "former": PASSWORD}, 400),
        ({"password": "x" * 20, "former": PASSWORD}, 400),
        ({"password": "x" * 2000, "former": PASSWORD}, 400),
        ({"password": "mia@acme.test", "former": PASSWORD}, 400),
        ({"password": OTHER, "former": PASSWORD, "user": "u-ann"}, 400),
    ],
    ids=str,
)
def test_a_change_that_may_not_be_changes_nothing(office: Office, fields: dict[str, Json], status: int) -> None:
    mia = session(office)

    assert change(office, "mia", mia, **fields)[0] == status
    assert office.ask("GET", SESSIONS, by=mia)[0] == 200
    assert sign_in(office, "mia@acme.test")[0] == 200


def test_guessing_ones_former_password_is_limited_too(office: Office) -> None:
    mia = session(office)

    tried = [change(office, "mia", mia, former="wrong", password=OTHER)[0] for _ in range(EMAIL_ATTEMPTS + 1)]

    assert tried == [401] * EMAIL_ATTEMPTS + [429]


def test_anothers_password_is_as_far_away_as_nobodys(office: Office) -> None:
    ann = office.person("ann")
    office.give_password("mia", PASSWORD)

    foreign = change(office, "mia", ann, former=PASSWORD, password=OTHER)
    random = change(office, "nobody", ann, former=PASSWORD, password=OTHER)

    assert foreign[0] == random[0] == 404
    assert foreign[1]["message"].replace("mia", "nobody") == random[1]["message"]


def test_a_first_password_is_set_by_a_platform_administrator(office: Office) -> None:
    mia = office.person("mia")

    assert change(office, "mia", mia, former="anything", password=OTHER)[0] == 403
    assert change(office, "mia", office.person("root"), password=OTHER)[0] == 200
    assert change(office, "nobody", office.person("root"), password=OTHER)[0] == 404


def test_no_key_changes_a_password(office: Office) -> None:
    key = office.town.key("acme", permissions=("*",)).decode()

    assert change(office, "mia", key, password=OTHER)[0] == 403


def test_every_session_of_a_user_is_ended_at_once(office: Office) -> None:
    mia = session(office)
    ann = office.person("ann")

    assert office.ask("DELETE", "/admin/v1/users/u-mia/sessions", by=ann)[0] == 404
    assert office.ask("DELETE", "/admin/v1/users/u-mia/sessions", by=office.person("root"))[1]["sessions_ended"] == 1
    assert office.ask("GET", SESSIONS, by=mia)[0] == 401
    assert office.ask("DELETE", "/admin/v1/users/u-ann/sessions", by=ann)[1]["sessions_ended"] == 0


def test_a_platform_administrator_sees_and_ends_anybodys_session(office: Office) -> None:
    mia, root = session(office), office.person("root")

    assert office.ask("GET", f"{SESSIONS}?user=u-mia", by=office.person("ann"))[0] == 403
    _, listed = office.ask("GET", f"{SESSIONS}?user=u-mia", by=root)
    assert listed["total"] == 1
    assert office.ask("DELETE", f"{SESSIONS}/{listed['items'][0]['id']}", by=root)[0] == 200
    assert office.ask("GET", SESSIONS, by=mia)[0] == 401


def test_a_disabled_users_session_is_refused_with_the_next_request(office: Office) -> None:
    mia = session(office)
    user = office.town.directory.user("u-mia")
    assert user is not None

    office.town.directory.put_user(msgspec.structs.replace(user, disabled=True))

    assert office.ask("GET", SESSIONS, by=mia)[0] == 401


def test_no_answer_shows_a_password_or_its_hash(office: Office) -> None:
    email = office.give_password("mia", PASSWORD)
    user = office.town.directory.user("u-mia")
    assert user is not None
    root = office.person("root")

    told = [
        sign_in(office, email),
        sign_in(office, email, "canary of a wrong one"),
        change(office, "mia", root, password="canary"),
        change(office, "mia", root, password="canary of a new one"),
    ]

    shown = repr(told)
    assert all(each not in shown for each in (PASSWORD, "canary", user.password))
