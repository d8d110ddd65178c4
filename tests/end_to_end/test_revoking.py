"""What is revoked is refused from the next request on, on both roads and for each kind of credential."""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt
import pytest

from tests.end_to_end.house import OTHER, House, Person

REFUSED = {401, 403}


def end_session(person: Person, session_id: str) -> None:
    person.house.gateway.ask("DELETE", f"/admin/v1/sessions/{session_id}")


def disable(house: House, user: str) -> None:
    house.gateway.ask("PATCH", f"/admin/v1/users/{user}", {"disabled": True})


def remove(house: House, user: str) -> None:
    house.gateway.ask("DELETE", f"/admin/v1/memberships/{user}")


def change_password(house: House, user: str) -> None:
    house.gateway.ask("PUT", f"/admin/v1/users/{user}/password", {"password": OTHER})


def end_sessions(house: House, user: str) -> None:
    house.gateway.ask("DELETE", f"/admin/v1/users/{user}/sessions")


OF_A_USER: dict[str, Callable[[House, str], None]] = {
    "disabling the user": disable,
    "removing the member": remove,
    "changing the password": change_password,
    "ending the sessions": end_sessions,
}


@pytest.mark.parametrize("act", OF_A_USER.values(), ids=OF_A_USER)
@pytest.mark.parametrize("opened_by", ["password", "token"])
def test_a_session_is_refused_from_the_next_request_on(
    house: House, opened_by: str, act: Callable[[House, str], None]
) -> None:
    person = house.person()
    session = person.session()[1] if opened_by == "password" else person.exchanged()[2]
    assert house.passes(session)

    act(house, person.id)

    assert set(house.statuses(session)) <= REFUSED


@pytest.mark.parametrize("act", [disable, remove], ids=["disabling the user", "removing the member"])
def test_an_access_token_is_refused_from_the_next_request_on(house: House, act: Callable[[House, str], None]) -> None:
    person = house.person()
    _, token = person.token()
    assert house.passes(token)

    act(house, person.id)

    assert set(house.statuses(token)) <= REFUSED


@pytest.mark.parametrize("act", [disable, remove], ids=["disabling the user", "removing the member"])
def test_a_token_of_the_provider_is_refused_from_the_next_request_on_and_so_is_the_next_one(
    house: House, act: Callable[[House, str], None]
) -> None:
    token = house.external()
    subject = jwt.decode(token, options={"verify_signature": False})["sub"]

    act(house, house.user_of(token))

    house.provider.now = time.time() + 1
    for each in (token, house.provider.token(sub=subject, groups=["admins"])):
        assert set(house.statuses(each)) <= REFUSED


def test_a_revoked_access_token_takes_its_session_with_it(house: House) -> None:
    token_id, _, session = house.person().exchanged()
    assert house.passes(session)

    house.gateway.ask("DELETE", f"/admin/v1/tokens/{token_id}")

    assert house.statuses(session) == (401, 401)


def test_a_session_that_was_ended_is_refused(house: House) -> None:
    person = house.person()
    session_id, session = person.session()
    _, other = person.session()
    assert house.passes(session)

    end_session(person, session_id)

    assert house.statuses(session) == (401, 401)
    assert house.passes(other)


def test_a_revoked_key_is_refused(house: House) -> None:
    made = house.gateway.ask("POST", "/admin/v1/keys", {"name": "application"})
    assert house.passes(str(made["key"]))

    house.gateway.ask("DELETE", f"/admin/v1/keys/{made['id']}")

    assert house.statuses(str(made["key"])) == (401, 401)


def test_sessions_outlive_a_rotation_of_the_key_that_signed_them(house: House) -> None:
    _, before = house.person().session()

    house.gateway.ask("POST", "/admin/v1/signing-keys")
    _, after = house.person().session()

    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    assert house.passes(before)
    assert house.passes(after)
