"""Requests whose sender loses rights while the body is still on its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx2
import msgspec
import pytest

from headgate.access.identity import Role
from headgate.core.json import JsonObject, encode
from headgate.core.overlay import Overlay, OwnModels
from tests.gateway.town import NOW, Town
from tests.web.api import Api

KEY: JsonObject = {"name": "later"}


def dropped(town: Town, person: str) -> None:
    held = town.directory.membership(f"u-{person}", "o-acme")
    assert held is not None
    town.directory.drop_membership(held)


def demoted(town: Town, person: str) -> None:
    held = town.directory.membership(f"u-{person}", "o-acme")
    assert held is not None
    town.directory.put_membership(msgspec.structs.replace(held, role=Role.MEMBER))


def disabled(town: Town, person: str) -> None:
    user = town.directory.user(f"u-{person}")
    assert user is not None
    town.directory.put_user(msgspec.structs.replace(user, disabled=True))


def deposed(town: Town, person: str) -> None:
    user = town.directory.user(f"u-{person}")
    assert user is not None
    town.directory.put_user(msgspec.structs.replace(user, platform_admin=False))


def revoked(town: Town, person: str) -> None:
    token = town.directory.token(f"t-{person}")
    assert token is not None
    town.directory.put_token(msgspec.structs.replace(token, revoked_at=NOW))


def untouched(_town: Town, _person: str) -> None: ...


def governed(town: Town, _person: str) -> None:
    acme = town.directory.organization("acme")
    assert acme is not None
    settings = msgspec.structs.replace(acme.settings, overlay=Overlay(own_models=OwnModels.DENY))
    town.directory.put_organization(msgspec.structs.replace(acme, settings=settings))


def ask_slowly(
    api: Api, method: str, path: str, *, by: str, body: JsonObject, meanwhile: Callable[[Town, str], None]
) -> int:
    """The status of a request half of whose body comes only after something has happened."""

    async def halves() -> AsyncIterator[bytes]:
        content = encode(body)
        yield content[:5]
        meanwhile(api.town, by)
        yield content[5:]

    async def ask() -> int:
        headers = {"authorization": f"Bearer {api.town.token(by).decode()}"}
        transport = httpx2.ASGITransport(app=api.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport) as client:
            answer = await client.request(method, f"http://gateway{path}", content=halves(), headers=headers)
        return answer.status_code

    return asyncio.run(ask())


@pytest.mark.parametrize(("meanwhile", "status"), [(dropped, 403), (demoted, 403), (disabled, 401), (revoked, 401)])
def test_whoever_lost_the_right_meanwhile_makes_no_key(
    hall: Api, meanwhile: Callable[[Town, str], None], status: int
) -> None:
    assert ask_slowly(hall, "POST", "/admin/v1/keys", by="adam", body=KEY, meanwhile=meanwhile) == status

    assert list(hall.town.directory.all_keys("o-acme")) == []


@pytest.mark.parametrize("meanwhile", [disabled, revoked])
def test_a_credential_that_ended_meanwhile_is_exchanged_for_no_other(
    hall: Api, meanwhile: Callable[[Town, str], None]
) -> None:
    assert ask_slowly(hall, "POST", "/admin/v1/tokens", by="mia", body=KEY, meanwhile=meanwhile) == 401

    assert [each.id for each in hall.town.directory.tokens()] == ["t-mia"]


def test_whoever_was_demoted_meanwhile_does_not_take_the_role_back(hall: Api) -> None:
    body: JsonObject = {"role": "admin"}

    assert ask_slowly(hall, "PATCH", "/admin/v1/memberships/u-adam", by="adam", body=body, meanwhile=demoted) == 403

    held = hall.town.directory.membership("u-adam", "o-acme")
    assert held is not None
    assert held.role is Role.MEMBER


def test_whoever_was_a_platform_administrator_does_not_become_one_again(hall: Api) -> None:
    body: JsonObject = {"platform_admin": True}

    assert ask_slowly(hall, "PATCH", "/admin/v1/users/me", by="root", body=body, meanwhile=deposed) == 403

    user = hall.town.directory.user("u-root")
    assert user is not None
    assert not user.platform_admin


def test_whoever_was_removed_meanwhile_writes_no_entry(hall: Api) -> None:
    body: JsonObject = {"model_id": "late", "type": "completion", "provider_config": {"provider": "mock"}}

    assert ask_slowly(hall, "POST", "/v1/models", by="adam", body=body, meanwhile=dropped) == 403

    assert list(hall.desk.snapshot.offers()) == []


@pytest.mark.parametrize("meanwhile", [untouched, governed])
def test_a_slow_body_alone_takes_nothing_away(hall: Api, meanwhile: Callable[[Town, str], None]) -> None:
    assert ask_slowly(hall, "POST", "/admin/v1/keys", by="ann", body=KEY, meanwhile=meanwhile) == 200
