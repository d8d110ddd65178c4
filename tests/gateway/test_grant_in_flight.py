"""What somebody asks for while it is being taken from them: it is had before, and then known, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headgate.access.grants import KeyWish, TokenWish
from headgate.access.identity import AccessToken
from headgate.core.errors import Forbidden, NotAuthenticated
from headgate.gateway.grant import Granted
from headgate.gateway.tenancy_members import Removed
from tests.gateway.hall import Hall, hall_at
from tests.gateway.test_tenancy_grants import grants_of
from tests.gateway.town import NOW

KEY = KeyWish(name="k", permissions=("llm:completions:use",))


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with hall_at(tmp_path) as hall:
        yield hall


def token(hall: Hall, person: str) -> AccessToken:
    found = hall.directory.token(f"t-{person}")
    assert found is not None
    return found


def test_a_key_that_is_asked_for_right_after_a_removal_is_refused(hall: Hall) -> None:
    ann, adam = hall.person("ann"), hall.person("adam")

    async def scene() -> list[object]:
        both = (hall.members.remove(ann, "u-adam"), grants_of(hall).create_key(adam, KEY))
        return list(await asyncio.gather(*both, return_exceptions=True))

    removed, refused = asyncio.run(scene())

    assert isinstance(removed, Removed)
    assert isinstance(refused, Forbidden)
    assert list(hall.directory.all_keys("o-acme")) == []


def test_a_key_that_is_asked_for_right_before_a_removal_is_named_by_it(hall: Hall) -> None:
    ann, adam = hall.person("ann"), hall.person("adam")

    async def scene() -> list[object]:
        both = (grants_of(hall).create_key(adam, KEY), hall.members.remove(ann, "u-adam"))
        return list(await asyncio.gather(*both, return_exceptions=True))

    granted, removed = asyncio.run(scene())

    assert isinstance(granted, Granted)
    assert isinstance(removed, Removed)
    assert removed.keys == (granted.record,)


def test_for_a_token_that_was_revoked_meanwhile_nothing_is_given(hall: Hall) -> None:
    adam, grants = hall.person("adam"), grants_of(hall)
    hall.directory.put_token(msgspec.structs.replace(token(hall, "adam"), revoked_at=NOW))

    for request in (grants.create_key(adam, KEY), grants.create_token(adam, TokenWish(name="another"))):
        with pytest.raises(NotAuthenticated):
            asyncio.run(request)


def test_for_a_session_that_was_ended_meanwhile_nothing_is_given(hall: Hall) -> None:
    hall.person("adam")
    adam, grants = hall.who(hall.town.session("adam")), grants_of(hall)
    session = hall.directory.any_session("s-adam")
    assert session is not None
    hall.directory.put_session(msgspec.structs.replace(session, revoked_at=NOW))

    for request in (grants.create_key(adam, KEY), grants.create_token(adam, TokenWish(name="another"))):
        with pytest.raises(NotAuthenticated):
            asyncio.run(request)


def test_a_key_that_was_revoked_meanwhile_gives_no_key(hall: Hall) -> None:
    strong, grants = hall.key("llm:*"), grants_of(hall)
    key = hall.directory.key("o-acme", "k-key")
    assert key is not None
    hall.directory.put_key(msgspec.structs.replace(key, revoked_at=NOW))

    with pytest.raises(NotAuthenticated):
        asyncio.run(grants.create_key(strong, KEY))
