"""How SQLite is set up: what durability and isolation rest on, and the indices that histories are read through."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from headgate.adapters.sql import sqlite
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.money_tables import METADATA
from headgate.catalogue.scope import PLATFORM
from headgate.core.errors import StoreUnavailable
from tests.catalogue_writing import create


def pragmas(connection: Connection) -> dict[str, object]:
    return {
        "journal_mode": connection.execute(text("PRAGMA journal_mode")).scalar(),
        "synchronous": connection.execute(text("PRAGMA synchronous")).scalar(),
        "foreign_keys": connection.execute(text("PRAGMA foreign_keys")).scalar(),
        "query_only": connection.execute(text("PRAGMA query_only")).scalar(),
        "busy_timeout": connection.execute(text("PRAGMA busy_timeout")).scalar(),
    }


def test_a_commit_is_on_disk_before_it_is_acknowledged(database: Database) -> None:
    full = 2
    with database.writing() as connection:
        found = pragmas(connection)

    assert found == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "query_only": 0,
        "busy_timeout": 5000,
    }


def test_readers_cannot_write_and_wait_as_long(database: Database) -> None:
    with database.reading() as connection:
        found = pragmas(connection)

    assert (found["journal_mode"], found["query_only"], found["busy_timeout"]) == ("wal", 1, 5000)


def test_a_transaction_holds_the_write_lock_from_its_beginning(database: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / sqlite.FILE_NAME, timeout=0, isolation_level=None)

    with database.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")

    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_tool_that_holds_the_lock_too_long_makes_writes_fail_and_nothing_worse(tmp_path: Path) -> None:
    engine = sqlite.write_engine(tmp_path / sqlite.FILE_NAME)
    database = Database(
        write_engine=engine, read_engine=sqlite.read_engine(tmp_path / sqlite.FILE_NAME), release=lambda: None
    )
    with database.importing() as connection:
        METADATA.create_all(connection)
        connection.execute(text("INSERT INTO counter VALUES ('revision', 0), ('entry_number', 0)"))
    event.listen(engine, "checkout", lambda connection, *_: connection.execute("PRAGMA busy_timeout = 0"))
    other = sqlite3.connect(tmp_path / sqlite.FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    catalogue = SqlCatalogue(database)

    with pytest.raises(StoreUnavailable):
        catalogue.next_numbers(1)
    assert catalogue.head() == 0

    other.execute("ROLLBACK")
    other.close()
    assert [entry.name for entry in create(catalogue, "a")] == ["a"]
    database.close()


def test_histories_are_read_through_indices(database: Database) -> None:
    catalogue = SqlCatalogue(database)
    create(catalogue, "a")
    statements: list[tuple[str, tuple[object, ...]]] = []
    event.listen(
        database.read_engine,
        "before_cursor_execute",
        lambda _c, _u, statement, parameters, *_: statements.append((statement, parameters)),
    )
    catalogue.entries_at(PLATFORM, 1)
    catalogue.revisions([PLATFORM], before=5, limit=10, name="a")
    catalogue.revision(1)

    plans = []
    with database.reading() as connection:
        cursor = connection.connection.cursor()
        for statement, parameters in [each for each in statements if each[0].startswith("SELECT")]:
            cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters)
            plans += [str(row[-1]) for row in cursor.fetchall()]
        cursor.close()

    assert plans
    assert [line for line in plans if line.startswith("SCAN") and "latest" not in line and "anon" not in line] == []
