"""The first start and the administrator's token, with a real database behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Table

from headgate.access.identity import Role
from headgate.access.keys import digest, parse
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.upsert import Values
from headgate.core.errors import Conflict, StoreUnavailable
from headgate.core.secret import Secret
from headgate.gateway.directory import Directory
from headgate.gateway.first_start import FirstStart
from headgate.gateway.grant import ADMINISTRATOR
from tests import databases
from tests.gateway.town import NOW, Randomness, SetClock

GIVEN = Secret("a string of thirty-two characters or more")
OTHER = Secret("another string of thirty-two characters or more")


class House:
    """An installation that starts as often as it is told to, on one database."""

    def __init__(self, store: SqlDirectory) -> None:
        self.store = store
        self.randomness = Randomness()
        self.directory = Directory()

    def steps(self) -> FirstStart:
        self.directory = Directory.of(self.store.load())
        return FirstStart(self.directory, self.store, clock=SetClock(), randomness=self.randomness)

    def start(self, given: Secret | None = None) -> Secret | None:
        """What is to be printed."""
        steps = self.steps()
        if steps.is_due:
            return steps.first_token(steps.lay(), given)
        if given is not None:
            steps.replace_token(given)
        return None

    def opens(self, text: Secret) -> bool:
        """Whether a token works, in memory and after a restart alike."""
        found = digest(text.reveal().encode())
        now = [each.authenticate(found, NOW) is not None for each in (self.directory, Directory.of(self.store.load()))]
        assert now[0] == now[1]
        return now[0]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with databases.database("sqlite", tmp_path) as database:
        yield House(SqlDirectory(database))


def test_the_first_start_makes_everything_and_gives_a_token_once(house: House) -> None:
    token = house.start()

    assert token is not None
    assert parse(token.reveal()) is not None
    assert house.opens(token)
    assert house.start() is None


def test_the_administrator_is_of_the_platform_and_owns_the_organization(house: House) -> None:
    house.start()

    organization = house.directory.organization("default")
    administrator = house.directory.first_platform_admin()
    assert organization is not None
    assert administrator is not None
    membership = house.directory.membership(administrator.id, organization.id)
    assert membership is not None
    assert membership.role is Role.OWNER
    assert house.directory.projects_of(organization.id) == [house.directory.project(organization.id, "default")]


def test_a_token_of_the_settings_is_taken_as_it_stands_and_not_shown(house: House) -> None:
    assert house.start(GIVEN) is None
    assert house.opens(GIVEN)


def test_another_token_of_the_settings_replaces_the_former_one(house: House) -> None:
    minted = house.start()
    assert minted is not None

    house.start(GIVEN)
    assert house.opens(GIVEN)
    assert not house.opens(minted)

    house.start(OTHER)
    assert house.opens(OTHER)
    assert not house.opens(GIVEN)


def test_a_token_of_the_settings_that_comes_back_is_the_one_again(house: House) -> None:
    for given in (GIVEN, OTHER, GIVEN):
        house.start(given)

    assert house.opens(GIVEN)
    assert not house.opens(OTHER)


def test_the_same_token_of_the_settings_changes_nothing(house: House) -> None:
    house.start(GIVEN)
    before = list(house.directory.tokens())

    house.start(GIVEN)

    assert list(house.directory.tokens()) == before


def test_a_start_without_a_token_in_the_settings_leaves_the_former_one(house: House) -> None:
    house.start(GIVEN)

    assert house.start() is None
    assert house.opens(GIVEN)


def test_an_administrator_who_was_locked_out_is_not_let_in_by_a_restart(house: House) -> None:
    minted = house.start()
    assert minted is not None
    token = next(iter(house.directory.tokens()))
    house.store.put_token(msgspec.structs.replace(token, revoked_at=NOW))

    assert house.start() is None
    assert not house.opens(minted)


def test_an_administrator_who_was_locked_out_is_let_in_by_the_settings(house: House) -> None:
    house.start()
    token = next(iter(house.directory.tokens()))
    house.store.put_token(msgspec.structs.replace(token, revoked_at=NOW))

    house.start(GIVEN)

    assert house.opens(GIVEN)


def test_a_token_of_the_settings_that_is_somebodys_token_is_refused(house: House) -> None:
    house.start()
    administrator = house.directory.first_platform_admin()
    assert administrator is not None
    token = next(iter(house.directory.tokens()))
    house.store.put_token(
        msgspec.structs.replace(token, id="t-2", name="laptop", digest=digest(GIVEN.reveal().encode()))
    )

    with pytest.raises(Conflict) as refused:
        house.start(GIVEN)

    assert GIVEN.reveal() not in refused.value.message
    assert [each.name for each in house.directory.tokens() if each.revoked_at is None] == [ADMINISTRATOR, "laptop"]


class Breaking(SqlDirectory):
    """A store whose database fails after so many writes."""

    def __init__(self, database: Database, *, writes: int) -> None:
        super().__init__(database)
        self.writes = writes

    def _put(self, table: Table, values: Values) -> None:
        if self.writes == 0:
            raise StoreUnavailable("no space left")
        self.writes -= 1
        super()._put(table, values)


@pytest.mark.parametrize("writes", range(5))
def test_a_first_start_that_was_broken_off_is_completed_by_the_next(tmp_path: Path, writes: int) -> None:
    with databases.database("sqlite", tmp_path) as database:
        with pytest.raises(StoreUnavailable):
            House(Breaking(database, writes=writes)).start()
        house = House(SqlDirectory(database))

        token = house.start()

        assert token is not None
        assert house.opens(token)
        held = house.store.load()
        assert [len(part) for part in (held.organizations, held.projects, held.users, held.memberships)] == [1] * 4
