"""PostgreSQL: the lock on the database, and what becomes of a server that goes away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import PoolProxiedConnection

from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.failures import DatabaseInUse
from headgate.adapters.sql.opening import open_database
from headgate.core.errors import StoreUnavailable
from headgate.core.secret import Secret
from tests.catalogue_writing import create, created, entry, revision


def test_a_postgresql_database_belongs_to_one_process(tmp_path: Path, postgresql_url: Secret) -> None:
    first = open_database(tmp_path / "one", postgresql_url)

    with pytest.raises(DatabaseInUse, match="in use by another Headgate process"):
        open_database(tmp_path / "two", postgresql_url)

    first.close()
    open_database(tmp_path / "two", postgresql_url).close()


def _end_sessions(url: Secret) -> None:
    """What a restart of the server does to whoever is connected."""
    with psycopg.connect(url.reveal(), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def _around_commit(database: Database, around: Callable[[Callable[[], None]], None]) -> Iterator[None]:
    """Lets something else happen before or after the one commit that comes next."""
    dialect = database.write_engine.dialect
    really_commit = dialect.do_commit

    def commit(dbapi_connection: PoolProxiedConnection) -> None:
        dialect.do_commit = really_commit  # type: ignore[method-assign]
        around(lambda: really_commit(dbapi_connection))

    dialect.do_commit = commit  # type: ignore[method-assign]
    yield


def test_a_server_that_goes_away_before_a_commit_has_written_nothing(tmp_path: Path, postgresql_url: Secret) -> None:
    database = open_database(tmp_path, postgresql_url)
    catalogue = SqlCatalogue(database)
    catalogue.next_numbers(1)

    def gone_before(commit: Callable[[], None]) -> None:
        _end_sessions(postgresql_url)
        commit()

    with _around_commit(database, gone_before), pytest.raises(StoreUnavailable):
        catalogue.commit(revision(1, *created(entry("a", number=1))))

    assert (catalogue.head(), list(catalogue.entries())) == (0, [])
    assert [each.name for each in create(catalogue, "b")] == ["b"]
    database.close()


def test_a_server_that_goes_away_after_a_commit_has_written_it(tmp_path: Path, postgresql_url: Secret) -> None:
    database = open_database(tmp_path, postgresql_url)
    catalogue = SqlCatalogue(database)
    written = entry("a", number=1)

    def gone_after(commit: Callable[[], None]) -> None:
        commit()
        _end_sessions(postgresql_url)
        raise psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly")

    with _around_commit(database, gone_after):
        catalogue.commit(revision(1, *created(written)))

    assert (catalogue.head(), list(catalogue.entries())) == (1, [written])
    database.close()


def test_a_lost_connection_is_replaced(tmp_path: Path, postgresql_url: Secret) -> None:
    database = open_database(tmp_path, postgresql_url)
    catalogue = SqlCatalogue(database)
    create(catalogue, "a")

    _end_sessions(postgresql_url)

    create(catalogue, "b")
    assert [entry.name for entry in catalogue.entries()] == ["a", "b"]
    database.close()


def test_a_process_that_lost_the_database_to_another_no_longer_writes(tmp_path: Path, postgresql_url: Secret) -> None:
    first = open_database(tmp_path / "one", postgresql_url)
    _end_sessions(postgresql_url)
    second = open_database(tmp_path / "two", postgresql_url)

    with pytest.raises(StoreUnavailable, match="passed to another Headgate process"):
        create(SqlCatalogue(first), "a")

    assert SqlCatalogue(second).head() == 0
    first.close()
    second.close()
