"""The ledger's file: whose it is, which schema it has, and that a lost connection costs nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import update

from headgate.adapters.sql.failures import DatabaseInUse, DatabaseRefused, SchemaTooNew
from headgate.adapters.sql.ledger.opening import FILE_NAME, ledger_for_reading, open_ledger
from headgate.adapters.sql.ledger.tables import meta
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.adapters.sql.opening import open_database
from headgate.core.errors import StoreUnavailable
from headgate.ledger.records import Account
from tests.databases import postgresql_database
from tests.ledger_rows import COST, by_day, request_ids, whole


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    open_ledger(tmp_path).close()

    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_what_is_committed_is_on_the_disk(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    with ledger.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    ledger.close()


def test_it_is_found_again_as_it_was_left(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    SqlLedger(ledger).write([whole(request_ids().next())], counting=by_day)
    ledger.close()

    again = open_ledger(tmp_path)
    assert len(SqlLedger(again).counters()) == 1
    again.close()


def test_a_ledger_of_a_newer_headgate_is_refused(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    with ledger.writing() as connection:
        connection.execute(update(meta).values(value="2"))
    ledger.close()

    with pytest.raises(SchemaTooNew, match="the ledger has schema 2, which a newer Headgate has written"):
        open_ledger(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database at all" * 100)

    with pytest.raises(DatabaseRefused, match="cannot be used"):
        open_ledger(tmp_path)


def test_it_lies_beside_the_main_tables_of_one_postgresql_database(tmp_path: Path) -> None:
    with postgresql_database() as url:
        database = open_database(tmp_path, url)
        ledger = open_ledger(tmp_path, url)

        SqlLedger(ledger).write([whole(request_ids().next())], counting=by_day)

        assert len(SqlLedger(ledger).counters()) == 1
        ledger.close()
        database.close()


def test_two_processes_never_write_the_same_ledger(tmp_path: Path) -> None:
    with postgresql_database() as url:
        ledger = open_ledger(tmp_path, url)

        with pytest.raises(DatabaseInUse):
            open_ledger(tmp_path, url)

        ledger.close()


def test_a_connection_that_is_lost_is_replaced_and_the_batch_written_once(tmp_path: Path) -> None:
    with postgresql_database() as url:
        ledger = open_ledger(tmp_path, url)
        store, ids = SqlLedger(ledger), request_ids()
        store.write([whole(ids.next())], counting=by_day)
        batch = [whole(ids.next())]

        def counting(account: Account, admitted: int) -> Sequence[tuple[str, int]]:
            # The server ends the session in the middle of the batch.
            with ledger.reading() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks "
                    "WHERE locktype = 'advisory' AND granted AND pid != pg_backend_pid()"
                )
            return by_day(account, admitted)

        with pytest.raises(StoreUnavailable):
            store.write(batch, counting=counting)
        store.write(batch, counting=by_day)
        store.write(batch, counting=by_day)

        assert sum(count.spent for count in store.counters().values()) == 2 * COST
        ledger.close()


def test_a_locked_file_is_told_as_unavailable_and_nothing_is_written(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    store, batch = SqlLedger(ledger), [whole(request_ids().next())]
    with ledger.writing() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable):
        store.write(batch, counting=by_day)

    other.execute("ROLLBACK")
    other.close()
    store.write(batch, counting=by_day)
    assert len(store.counters()) == 1
    ledger.close()


def test_the_event_loop_may_not_wait_for_it(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)

    async def ask() -> None:
        SqlLedger(ledger).counters()

    with pytest.raises(RuntimeError, match="the event loop does not wait"):
        asyncio.run(ask())
    ledger.close()


def test_a_closed_ledger_says_so(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    ledger.close()
    ledger.close()

    with pytest.raises(StoreUnavailable, match="the ledger is closed"):
        SqlLedger(ledger).counters()


def test_reading_needs_a_ledger_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused, match="there is no ledger"), ledger_for_reading(tmp_path):
        pass

    assert list(tmp_path.iterdir()) == []
