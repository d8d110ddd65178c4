"""A database of the first schema that holds something reaches the schema in force with all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, insert, select

from headgate.access.audit import Proof
from headgate.adapters.sql import postgresql, schema, sqlite
from headgate.adapters.sql.audit import verify_trail
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.migrations.upgrade import steps
from headgate.adapters.sql.money_tables import METADATA
from headgate.adapters.sql.opening import open_database
from headgate.adapters.sql.tables import schema_version
from headgate.core.secret import Secret
from tests import databases
from tests.catalogue_writing import create, credential
from tests.conformance import directory_rows

FIRST: Final = schema.VERSIONS[0]


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Database]:
    """A database of today with something in every table that there was at first."""
    database = open_database(tmp_path / "filled")
    directory_rows.fill(SqlDirectory(database))
    (entry,) = create(SqlCatalogue(database), "a")
    SqlCredentials(database).put([credential("own", entry=entry.uid), credential("named", name="main", default=True)])
    yield database
    database.close()


@pytest.fixture(params=databases.KINDS)
def migrated(request: pytest.FixtureRequest, tmp_path: Path, filled: Database) -> Iterator[Database]:
    """The same as the first schema held it, opened by the Headgate of today."""
    directory = tmp_path / "older"
    if request.param == "sqlite":
        directory.mkdir()
        yield from reopened(sqlite.write_engine(directory / sqlite.FILE_NAME), filled, directory=directory, url=None)
        return
    with databases.postgresql_database() as url:
        engine = postgresql.write_engine(postgresql.parse_url(url))
        yield from reopened(engine, filled, directory=directory, url=url)


def reopened(older: Engine, filled: Database, *, directory: Path, url: Secret | None) -> Iterator[Database]:
    with older.begin() as connection:
        make_first_schema(connection)
        copy(filled, connection)
    older.dispose()
    database = open_database(directory, url)
    yield database
    database.close()


def make_first_schema(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts={"version_table": schema_version.name})
    script = steps()
    with Operations.context(context):
        script.get_revision(FIRST).module.upgrade()
    context.stamp(script, FIRST)


def copy(filled: Database, older: Connection) -> None:
    """Every row, without the columns that came later."""
    then = MetaData()
    then.reflect(older)
    for table in then.sorted_tables:
        columns = [METADATA.tables[table.name].c[column.name] for column in table.columns]
        with filled.reading() as connection:
            rows = [dict(row) for row in connection.execute(select(*columns)).mappings()]
        if rows and table.name != schema_version.name:
            older.execute(insert(table), rows)


def test_everything_that_the_first_schema_held_is_there(filled: Database, migrated: Database) -> None:
    assert directory_rows.contents(SqlDirectory(migrated)) == directory_rows.contents(SqlDirectory(filled))
    assert list(SqlCatalogue(migrated).entries()) == list(SqlCatalogue(filled).entries())
    assert SqlCatalogue(migrated).revision(1) == SqlCatalogue(filled).revision(1)
    assert list(SqlCredentials(migrated).credentials()) == list(SqlCredentials(filled).credentials())


def test_the_trail_begins_with_the_first_change_after_it(migrated: Database) -> None:
    directory_rows.settle(SqlDirectory(migrated))

    with migrated.reading() as connection:
        proof = verify_trail(connection)
    assert isinstance(proof, Proof)
    # What is written again unchanged is no change; the two that the first schema had no place for are.
    assert proof.rows == 2
