"""Giving and taking access tokens and sessions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.access.grants import TokenWish
from headgate.core.errors import Forbidden, InvalidBody, NotAuthenticated, NotFound
from headgate.gateway.grant import ADMINISTRATOR, SESSION_LIMIT
from tests import databases
from tests.gateway.counter import Counter
from tests.gateway.town import NOW

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with databases.database("sqlite", tmp_path) as database:
        yield Counter(database)


async def test_a_new_token_acts_for_its_user(counter: Counter) -> None:
    granted = await counter.grants.create_token(counter.person("mia"), TokenWish(name="laptop"))

    assert counter.who(granted.text).user == "u-mia"
    assert counter.after_a_restart().token(granted.record.id) == granted.record


async def test_only_a_platform_administrator_makes_tokens_for_others(counter: Counter) -> None:
    for user in ("u-mia", "u-nobody"):
        with pytest.raises(Forbidden):
            await counter.grants.create_token(counter.person("ann"), TokenWish(name="x", user=user))

    granted = await counter.grants.create_token(counter.person("root"), TokenWish(name="x", user="u-mia"))
    assert granted.record.user == "u-mia"
    with pytest.raises(InvalidBody):
        await counter.grants.create_token(counter.person("root"), TokenWish(name="x", user="u-nobody"))


async def test_a_token_that_ends_gives_none_that_outlasts_it(counter: Counter) -> None:
    mia = counter.person("mia", expires_at=NOW + 60)

    with pytest.raises(Forbidden):
        await counter.grants.create_token(mia, TokenWish(name="for ever"))
    await counter.grants.create_token(mia, TokenWish(name="short", expires_at=NOW + 60))


async def test_nobody_makes_a_token_with_the_name_of_the_first_administrators(counter: Counter) -> None:
    with pytest.raises(InvalidBody, match="administrator"):
        await counter.grants.create_token(counter.person("root"), TokenWish(name=ADMINISTRATOR))


async def test_a_token_of_another_user_is_as_unknown_as_a_random_one(counter: Counter) -> None:
    granted = await counter.grants.create_token(counter.person("mia"), TokenWish(name="laptop"))
    ann = counter.person("ann")

    for token_id in (granted.record.id, "t-nothing"):
        with pytest.raises(NotFound) as refused:
            await counter.grants.revoke_token(ann, token_id)
        assert refused.value.message == f"token {token_id!r} does not exist"


async def test_revoking_a_token_ends_its_sessions_at_once(counter: Counter) -> None:
    mia = counter.person("mia")
    session = await counter.grants.open_session(mia)
    counter.who(session.text)

    await counter.grants.revoke_token(mia, "t-mia")

    with pytest.raises(NotAuthenticated):
        counter.who(session.text)


async def test_a_platform_administrator_revokes_anybodys_token(counter: Counter) -> None:
    counter.person("mia")

    assert (await counter.grants.revoke_token(counter.person("root"), "t-mia")).revoked_at == NOW


async def test_a_session_keeps_the_organization_and_the_user_of_its_token(counter: Counter) -> None:
    granted = await counter.grants.open_session(counter.person("mia", organization="globex"), 600)

    principal = counter.who(granted.text)
    assert (principal.user, principal.organization) == ("u-mia", "o-globex")
    assert principal.credential == granted.record.id
    assert granted.record.expires_at == NOW + 600
    assert counter.after_a_restart().session(granted.record.id, NOW) == granted.record


async def test_a_session_ends_with_its_token_at_the_latest(counter: Counter) -> None:
    granted = await counter.grants.open_session(counter.person("mia", expires_at=NOW + 90.7), SESSION_LIMIT)

    assert granted.record.expires_at == NOW + 90


@pytest.mark.parametrize("lifetime", [-1, 0, 59, SESSION_LIMIT + 1])
async def test_a_session_is_neither_shorter_nor_longer_than_accepted(counter: Counter, lifetime: int) -> None:
    with pytest.raises(InvalidBody, match="expires_in"):
        await counter.grants.open_session(counter.person("mia"), lifetime)


async def test_a_session_opens_no_other_session(counter: Counter) -> None:
    granted = await counter.grants.open_session(counter.person("mia"))

    with pytest.raises(Forbidden):
        await counter.grants.open_session(counter.who(granted.text))


async def test_a_key_opens_no_session(counter: Counter) -> None:
    with pytest.raises(Forbidden):
        await counter.grants.open_session(counter.who(counter.town.key("acme")))


async def test_an_ended_session_is_refused_from_the_next_request_on(counter: Counter) -> None:
    mia = counter.person("mia")
    granted = await counter.grants.open_session(mia)
    counter.who(granted.text)

    await counter.grants.end_session(mia, granted.record.id)

    with pytest.raises(NotAuthenticated):
        counter.who(granted.text)
    assert counter.after_a_restart().session(granted.record.id, NOW) is None


async def test_a_session_of_another_user_is_as_unknown_as_a_random_one(counter: Counter) -> None:
    granted = await counter.grants.open_session(counter.person("mia"))

    with pytest.raises(NotFound):
        await counter.grants.end_session(counter.person("ann"), granted.record.id)
