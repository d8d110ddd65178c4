"""Opening a database: who may, what is refused, and what the refusal says."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.failures import DatabaseInUse, DatabaseRefused
from headgate.adapters.sql.lock import LOCK_NAME
from headgate.adapters.sql.opening import open_database
from headgate.core.secret import Secret
from tests.catalogue_writing import create

OPEN = "import sys, pathlib\nfrom headgate.adapters.sql.opening import open_database\n"


def test_a_second_process_is_refused_and_told_who_holds_the_directory(tmp_path: Path) -> None:
    program = OPEN + "open_database(pathlib.Path(sys.argv[1]))\nprint('open', flush=True)\nsys.stdin.read()\n"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"open\n"

        with pytest.raises(DatabaseInUse, match=f"{tmp_path.name}' is in use .*pid {first.pid}.*another directory"):
            open_database(tmp_path)

        first.kill()
    open_database(tmp_path).close()


@pytest.mark.usefixtures("database")
def test_the_same_process_cannot_open_a_directory_twice(tmp_path: Path) -> None:
    with pytest.raises(DatabaseInUse):
        open_database(tmp_path)


def test_a_closed_database_can_be_opened_again(database: Database, tmp_path: Path) -> None:
    create(SqlCatalogue(database), "a")
    database.close()

    again = open_database(tmp_path)

    assert [entry.name for entry in SqlCatalogue(again).entries()] == ["a"]
    again.close()


def test_a_missing_data_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "data"

    open_database(directory).close()

    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_every_file_is_its_owners_alone(database: Database, tmp_path: Path) -> None:
    create(SqlCatalogue(database), "a")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == dict.fromkeys(
        ["headgate.sqlite3", "headgate.sqlite3-wal", "headgate.sqlite3-shm", LOCK_NAME], 0o600
    )


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()

    with pytest.raises(DatabaseRefused, match="cannot be used: File exists; accepted: a directory"):
        open_database(path)


def test_a_file_that_is_no_database_is_refused_and_the_directory_let_go(tmp_path: Path) -> None:
    (tmp_path / "headgate.sqlite3").write_bytes(b"not a database" * 100)

    with pytest.raises(DatabaseRefused, match="file is not a database"):
        open_database(tmp_path)

    (tmp_path / "headgate.sqlite3").unlink()
    open_database(tmp_path).close()


def test_other_files_of_the_directory_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    open_database(tmp_path).close()

    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://u:hunter2@h/d", "starts with 'mysql'"),
        ("sqlite:///x.db", "starts with 'sqlite'"),
        ("postgresql+asyncpg://u:hunter2@h/d", "starts with 'postgresql\\+asyncpg'"),
        ("nonsense hunter2", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_a_database_url_of_another_kind_is_refused_without_its_password(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(DatabaseRefused, match=f"{message}.*accepted: postgresql://") as refused:
        open_database(tmp_path, Secret(url))

    assert "hunter2" not in str(refused.value)


def test_a_server_that_does_not_answer_is_refused_without_its_password(tmp_path: Path) -> None:
    url = Secret("postgresql://me:hunter2@127.0.0.1:1/none?connect_timeout=2")

    with pytest.raises(DatabaseRefused, match=r"cannot be used: .*refused") as refused:
        open_database(tmp_path, url)

    assert "hunter2" not in str(refused.value)
    open_database(tmp_path).close()


def test_the_lock_file_stays_when_the_database_is_closed(tmp_path: Path) -> None:
    open_database(tmp_path).close()

    assert (tmp_path / LOCK_NAME).exists()
