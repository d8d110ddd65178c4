"""`headgate audit verify`, as an operator runs it: beside whoever uses the database, on every database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.opening import open_database
from headgate.adapters.sql.tables import audit, schema_version
from headgate.core.secret import Secret
from tests import databases
from tests.catalogue_writing import create


class Installation:
    """An open database with some history, and the command on it."""

    def __init__(self, directory: Path, url: Secret | None) -> None:
        self.directory = directory
        self._url = url
        self.database = open_database(directory, url)
        create(SqlCatalogue(self.database), "a", "b", "c")

    def verify(self, *options: str) -> tuple[int, str, str]:
        environment = {"PATH": os.environ["PATH"]}
        if self._url is not None:
            environment["HEADGATE_DATABASE_URL"] = self._url.reveal()
        command = ["-m", "headgate.cli.main", "audit", "verify", "--data-dir", str(self.directory), *options]
        done = subprocess.run(
            [sys.executable, *command], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture(params=databases.KINDS)
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "sqlite":
        installation = Installation(tmp_path, None)
        yield installation
        installation.database.close()
        return
    with databases.postgresql_database() as url:
        installation = Installation(tmp_path, url)
        yield installation
        installation.database.close()


def tamper(database: Database) -> None:
    with database.importing() as connection:
        connection.execute(update(audit).where(audit.c.number == 2).values(actor="user:nobody"))


def test_a_whole_trail_is_proved_while_the_database_is_in_use(installation: Installation) -> None:
    status, output, errors = installation.verify()

    assert (status, errors) == (0, "")
    assert output.startswith("the audit trail is whole: 3 rows\nknown as 3:")


def test_a_broken_trail_is_told_with_its_first_row_that_is_wrong(installation: Installation) -> None:
    tamper(installation.database)

    assert installation.verify() == (
        1,
        "",
        "the audit trail is broken at row 2: row 2 does not have the hash of what it says\n",
    )


def test_what_an_earlier_run_printed_proves_that_the_beginning_is_the_same(installation: Installation) -> None:
    known = installation.verify()[1].splitlines()[-1].removeprefix("known as ")
    create(SqlCatalogue(installation.database), "d")

    assert installation.verify("--known", known)[0] == 0
    assert installation.verify("--known", f"3:{'0' * 64}")[0] == 1
    assert installation.verify("--known", f"9:{'0' * 64}")[0] == 1


def test_verifying_writes_nothing(installation: Installation) -> None:
    installation.database.close()
    names = sorted(each.name for each in installation.directory.iterdir())

    assert installation.verify()[0] == 0

    before = {name for name in names if not name.endswith(("-wal", "-shm"))}
    assert {each.name for each in installation.directory.iterdir()} - before <= {
        "headgate.sqlite3-wal",
        "headgate.sqlite3-shm",
    }


def test_a_database_of_another_schema_is_not_judged(installation: Installation) -> None:
    with installation.database.importing() as connection:
        connection.execute(update(schema_version).values(version_num="0000"))

    status, _, errors = installation.verify()

    assert status == 2
    assert "has schema '0000'" in errors


def test_a_directory_without_a_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "headgate.cli.main", "audit", "verify", "--data-dir", str(tmp_path / "none")]
    done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no database" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("known", ["", "3", "x:y", "0:" + "0" * 64, "3:" + "0" * 63])
def test_a_known_row_that_cannot_be_read_is_refused(tmp_path: Path, known: str) -> None:
    command = [sys.executable, "-m", "headgate.cli.main", "audit", "verify", "--data-dir", str(tmp_path), "--known"]
    done = subprocess.run([*command, known], env={}, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert "accepted: NUMBER:HASH" in done.stderr
