"""How a database gets its schema: created, migrated or refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text, update
from sqlalchemy.exc import OperationalError

from headgate.adapters.sql import postgresql, schema, sqlite
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.failures import DatabaseRefused, SchemaTooNew
from headgate.adapters.sql.migrations import upgrade as migrations
from headgate.adapters.sql.opening import open_database
from headgate.adapters.sql.tables import schema_version
from headgate.core.secret import Secret
from tests.adapters.sql.faults import Faults
from tests.catalogue_writing import create

NEWEST, FOLLOWING = schema.VERSIONS[-1], "9000"
PLACE_OF_STEP = f"revision, down_revision = {FOLLOWING!r}, {NEWEST!r}\n"
NEXT_STEP = '''
"""A later schema."""

import sqlalchemy as sa
from alembic import op


def upgrade() -> None:
    op.add_column("entry", sa.Column("colour", sa.Text))
    op.execute("UPDATE entry SET colour = 'blue'")
'''
FAILING_STEP = NEXT_STEP + "    raise ZeroDivisionError\n"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = sqlite.write_engine(tmp_path / sqlite.FILE_NAME)
    yield engine
    engine.dispose()


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes the running Headgate one that knows one step more."""

    def released(step: str) -> None:
        place = tmp_path / "migrations"
        shutil.copytree(migrations.PLACE, place, ignore=shutil.ignore_patterns("__pycache__"))
        (place / "versions" / "v9000.py").write_text(step + PLACE_OF_STEP, encoding="utf-8")
        monkeypatch.setattr(migrations, "PLACE", place)
        monkeypatch.setattr(schema, "VERSIONS", (*schema.VERSIONS, FOLLOWING))

    return released


def sqlite_schema(connection: Connection) -> list[str]:
    """Every column, key and index. A column that was added later stands last, so the order says nothing."""
    found = []
    for table in sorted(inspect(connection).get_table_names()):
        for statement in (
            text('SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(:table)'),
            text('SELECT "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(:table)'),
            text('SELECT name, "unique", origin, partial FROM pragma_index_list(:table)'),
        ):
            found += [f"{table} {tuple(row)}" for row in connection.execute(statement, {"table": table})]
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
    found += [f"{row.name} {' '.join(row.sql.split())}" for row in rows]
    return sorted(found)


def postgresql_schema(connection: Connection) -> list[str]:
    """Every column, constraint and index, as PostgreSQL would write it down."""
    return sorted(
        str(row)
        for row in connection.execute(
            text(
                "SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable"
                " || coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'"
                " UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)"
                " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
                " UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
            )
        ).scalars()
    )


def test_the_steps_lead_to_the_schema_that_an_empty_sqlite_database_gets(tmp_path: Path) -> None:
    engines = [sqlite.write_engine(tmp_path / name) for name in ("created", "migrated")]
    found = []
    for engine, make in zip(engines, (schema.prepare, migrations.upgrade), strict=True):
        with engine.begin() as connection:
            make(connection)
            found.append((sqlite_schema(connection), schema.version(connection)))
        engine.dispose()

    assert found[0] == found[1]
    assert len(found[0][0]) > 100


def test_the_steps_lead_to_the_schema_that_an_empty_postgresql_database_gets(postgresql_url: Secret) -> None:
    engine = postgresql.write_engine(postgresql.parse_url(postgresql_url))
    found = []
    for make in (schema.prepare, migrations.upgrade):
        with engine.connect() as connection, connection.begin() as transaction:
            make(connection)
            found.append((postgresql_schema(connection), schema.version(connection)))
            transaction.rollback()
    engine.dispose()

    assert found[0] == found[1]
    assert len(found[0][0]) > 100


def test_the_known_versions_are_those_of_the_steps() -> None:
    steps = migrations.steps().walk_revisions()

    assert tuple(step.revision for step in reversed(list(steps))) == schema.VERSIONS


def test_an_older_database_is_migrated_with_what_it_holds(tmp_path: Path, next_release: Callable[[str], None]) -> None:
    database = open_database(tmp_path)
    create(SqlCatalogue(database), "a")
    database.close()
    next_release(NEXT_STEP)

    database = open_database(tmp_path)

    with database.reading() as connection:
        assert connection.execute(text("SELECT name, colour FROM entry")).all() == [("a", "blue")]
        assert schema.version(connection) == FOLLOWING
    database.close()


def test_an_older_postgresql_database_is_migrated(
    tmp_path: Path, postgresql_url: Secret, next_release: Callable[[str], None]
) -> None:
    open_database(tmp_path, postgresql_url).close()
    next_release(NEXT_STEP)

    database = open_database(tmp_path, postgresql_url)

    with database.reading() as connection:
        assert "colour" in {column["name"] for column in inspect(connection).get_columns("entry")}
    database.close()


def test_a_step_that_fails_changes_nothing(tmp_path: Path, next_release: Callable[[str], None]) -> None:
    open_database(tmp_path).close()
    next_release(FAILING_STEP)

    with pytest.raises(ZeroDivisionError):
        open_database(tmp_path)

    engine = create_engine(f"sqlite:///{tmp_path / sqlite.FILE_NAME}")
    with engine.connect() as connection:
        assert "colour" not in {column["name"] for column in inspect(connection).get_columns("entry")}
        assert schema.version(connection) == NEWEST
    engine.dispose()


def test_a_database_of_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.writing() as connection:
        connection.execute(update(schema_version).values(version_num="9999"))
    database.close()

    with pytest.raises(SchemaTooNew, match=rf"schema '9999'.* up to '{NEWEST}'"):
        open_database(tmp_path)
    with pytest.raises(SchemaTooNew):
        open_database(tmp_path)


def test_a_creation_that_fails_at_any_call_leaves_an_empty_database(engine: Engine) -> None:
    at = 0
    while True:
        at += 1
        with Faults(at=at).on(engine) as faults:
            try:
                with engine.begin() as connection:
                    schema.prepare(connection)
            except (OperationalError, DatabaseRefused):
                assert faults.struck
            else:
                break
        with engine.connect() as connection:
            assert sqlite_schema(connection) == []

    assert at > 20


def test_a_database_with_tables_of_somebody_else_is_refused(tmp_path: Path, postgresql_url: Secret) -> None:
    address = postgresql.parse_url(postgresql_url)
    foreign = create_engine(address)
    with foreign.begin() as connection:
        connection.execute(text("CREATE TABLE organization (x integer)"))
    foreign.dispose()

    with pytest.raises(DatabaseRefused, match='relation "organization" already exists; accepted: an empty database'):
        open_database(tmp_path, postgresql_url)


def test_a_first_start_does_not_import_alembic(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from headgate.adapters.sql.opening import open_database\n"
        "open_database(pathlib.Path(sys.argv[1])).close()\n"
        "open_database(pathlib.Path(sys.argv[1])).close()\n"
        "sys.exit('alembic' in sys.modules or 'psycopg' in sys.modules)\n"
    )

    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == 0


def test_an_embedded_start_loads_nothing_of_postgresql(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "import headgate.wiring\n"
        "from headgate.adapters.sql.opening import open_database\n"
        "from headgate.adapters.sql.ledger.opening import open_ledger\n"
        "open_database(pathlib.Path(sys.argv[1])).close()\n"
        "open_ledger(pathlib.Path(sys.argv[1])).close()\n"
        "sys.exit('sqlalchemy.dialects.postgresql' in sys.modules)\n"
    )

    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == 0


def test_a_second_start_writes_nothing(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    statements: list[str] = []
    engine = sqlite.write_engine(tmp_path / sqlite.FILE_NAME)
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))

    with engine.begin() as connection:
        schema.prepare(connection)
    engine.dispose()

    assert {statement.split()[0] for statement in statements} <= {"BEGIN", "PRAGMA", "SELECT"}
