"""What every database does: one writer, readers that see whole states, an end that loses nothing queued."""

from __future__ import annotations

import asyncio
import threading
import traceback
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert, select

from headgate.access.identity import User
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.installation import SqlInstallation
from headgate.adapters.sql.opening import open_database
from headgate.adapters.sql.tables import meta
from headgate.core.errors import Conflict, StoreUnavailable
from tests.catalogue_writing import create, revision


def test_writes_happen_in_the_order_in_which_they_were_given(database: Database) -> None:
    catalogue = SqlCatalogue(database)

    done = [database.writer.submit(partial(catalogue.commit, revision(number))) for number in range(1, 21)]

    assert [each.result() for each in done] == [None] * 20
    assert catalogue.head() == 20


def test_a_wait_on_the_event_loop_gets_the_result_of_a_thread(database: Database) -> None:
    catalogue = SqlCatalogue(database)

    async def heads() -> tuple[int, int]:
        await database.writer.run(lambda: catalogue.commit(revision(1)))
        return await database.readers.run(catalogue.head), await database.writer.run(catalogue.head)

    assert asyncio.run(heads()) == (1, 1)


def test_a_failure_in_a_thread_reaches_the_event_loop(database: Database) -> None:
    catalogue = SqlCatalogue(database)

    async def wrong() -> None:
        await database.writer.run(lambda: catalogue.commit(revision(7)))

    with pytest.raises(Conflict):
        asyncio.run(wrong())


def test_the_event_loop_itself_is_kept_away_from_the_database(database: Database) -> None:
    async def read_here() -> None:
        SqlCatalogue(database).head()

    async def write_here() -> None:
        SqlCatalogue(database).commit(revision(1))

    with pytest.raises(RuntimeError, match="`writer` or `readers`"):
        asyncio.run(read_here())
    with pytest.raises(RuntimeError, match="`writer` or `readers`"):
        asyncio.run(write_here())


def test_closing_finishes_what_is_queued(database: Database) -> None:
    catalogue = SqlCatalogue(database)
    gate = threading.Event()
    database.writer.submit(gate.wait)
    queued = [database.writer.submit(partial(catalogue.commit, revision(number))) for number in (1, 2, 3)]
    closing = threading.Thread(target=database.close)
    closing.start()

    gate.set()
    closing.join()

    assert [each.exception() for each in queued] == [None, None, None]


def test_a_closed_database_says_so(database: Database) -> None:
    catalogue = SqlCatalogue(database)
    database.close()

    for use in (
        catalogue.head,
        lambda: catalogue.commit(revision(1)),
        lambda: list(catalogue.entries()),
        lambda: database.writer.submit(catalogue.head),
        lambda: database.readers.submit(catalogue.head),
    ):
        with pytest.raises(StoreUnavailable, match="the database is closed"):
            use()
    database.close()


def test_a_reader_keeps_the_state_that_it_began_with(database: Database) -> None:
    catalogue = SqlCatalogue(database)
    create(catalogue, "a")

    with database.reading() as connection:
        before = connection.execute(select(meta.c.name)).all()
        SqlInstallation(database).put("later", "x")
        after = connection.execute(select(meta.c.name)).all()

    assert before == after


def test_what_raises_inside_a_transaction_undoes_it(database: Database) -> None:
    def half() -> None:
        with database.writing() as connection:
            connection.execute(insert(meta), [{"name": "half", "value": "done"}])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()

    assert SqlInstallation(database).get("half") is None


def test_a_reading_connection_cannot_write(database: Database) -> None:
    with pytest.raises(StoreUnavailable), database.reading() as connection:
        connection.execute(insert(meta), [{"name": "x", "value": "y"}])


def test_a_failure_does_not_carry_what_was_being_written(database: Database) -> None:
    hashed = "$argon2id$of-mia"
    mia = User(id="u-mia", name="Mia", email="mia@acme.example", password=hashed, created_at=1.0)
    store = SqlDirectory(database)
    store.put_user(mia)

    with pytest.raises(Conflict) as refused:
        store.put_user(msgspec.structs.replace(mia, id="u-other"))

    logged = "".join(traceback.format_exception(refused.value))
    assert "INSERT INTO user_account" in logged
    assert hashed not in logged


def test_an_installation_has_an_id_and_keeps_facts(database: Database) -> None:
    installation = SqlInstallation(database)

    installation.put("fact", "one")
    installation.put("fact", "two")

    assert (installation.get("fact"), installation.get("other")) == ("two", None)
    assert len(installation.id) == len("0193e1a0-0000-7000-8000-000000000001")


def test_two_installations_differ(database: Database, tmp_path_factory: pytest.TempPathFactory) -> None:
    other: Path = tmp_path_factory.mktemp("other")
    second = open_database(other)
    try:
        assert SqlInstallation(second).id != SqlInstallation(database).id
    finally:
        second.close()
