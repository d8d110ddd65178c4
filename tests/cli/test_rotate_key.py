"""`headgate rotate-key`: complete, refused, broken off at every step, and gone on with."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from headgate.access.audit import Proof
from headgate.adapters.sealing.envelope import KeyRing, SealBroken
from headgate.adapters.sealing.key_ring import KeySource, key_ring
from headgate.adapters.sealing.master_key import FILE_NAME, MasterKeyRefused
from headgate.adapters.sql.audit import SqlAudit, verify_trail
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.opening import open_database
from headgate.core.secret import Secret
from headgate.gateway.audit import AuditFilter
from tests import databases
from tests.sealed import fill, opened, ring_in_force, source, texts

ROOT: Final = Path(__file__).parents[2]
NEXT: Final = f"{FILE_NAME}.next"
FIRST, SECOND, THIRD = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(3))


def run(directory: Path, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "headgate.cli.main", "rotate-key", "--data-dir", str(directory)],
        env={"PATH": os.environ["PATH"], **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that no process uses, with every kind of secret."""
    directory = tmp_path / "data"
    database = open_database(directory)
    fill(database, key_ring(source(directory), may_create=True))
    database.close()
    return directory


def rotations(database: Database) -> list[str]:
    found = SqlAudit(database).entries(AuditFilter(action="master_key.rotated"), limit=10)
    return [each.event.subject.removeprefix("master_key:") for each in found]


def assert_rotated(directory: Path, former: KeyRing) -> None:
    """Nothing is under the former key, which is gone; everything opens; the trail is whole and has it once."""
    database = open_database(directory)
    ring = ring_in_force(directory)
    assert repr(ring) == f"KeyRing({ring.newest.id})"
    assert opened(database, ring) == texts()
    with pytest.raises(SealBroken):
        opened(database, former)
    assert not (directory / NEXT).exists()
    assert stat.S_IMODE((directory / FILE_NAME).stat().st_mode) == 0o600
    assert rotations(database) == [ring.newest.id]
    with database.reading() as connection:
        assert isinstance(verify_trail(connection), Proof)
    database.close()


def test_everything_is_sealed_under_a_new_key_and_the_former_is_gone(data: Path) -> None:
    former = ring_in_force(data)

    status, output, errors = run(data)

    assert (status, errors) == (0, "")
    assert output.startswith(f"6 secrets are sealed under master key {ring_in_force(data).newest.id}, none under")
    assert former.newest.id != ring_in_force(data).newest.id
    assert_rotated(data, former)


def test_no_key_is_printed(data: Path) -> None:
    before = (data / FILE_NAME).read_text().strip()

    _, output, errors = run(data)

    after = (data / FILE_NAME).read_text().strip()
    assert before not in output + errors
    assert after not in output + errors


class Rotations:
    """The process in which rotations are killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def killed(self, directory: Path, *, before_step: int) -> bool:
        """Whether a rotation had that many steps: then it was killed before the last of them. Else it is complete."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{before_step} {directory}\n")
        self._process.stdin.flush()
        ended = int(self._process.stdout.readline())
        assert ended in (-9, 0)
        return ended == -9


@pytest.fixture
def rotating() -> Iterator[Rotations]:
    command = [sys.executable, "-m", "tests.cli.rotating_process"]
    environment = {"PATH": os.environ["PATH"]}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        yield Rotations(process)
        assert process.stdin is not None
        process.stdin.close()


def test_a_rotation_that_is_killed_before_any_step_loses_nothing_and_is_gone_on_with(
    data: Path, tmp_path: Path, rotating: Rotations
) -> None:
    former, step = ring_in_force(data), 1
    while rotating.killed(copy := shutil.copytree(data, tmp_path / f"copy-{step}"), before_step=step):
        # Whoever starts a server now has everything, and may seal more.
        database = open_database(copy)
        assert opened(database, ring_in_force(copy)) == texts()
        database.close()

        assert not rotating.killed(copy, before_step=0)
        assert_kept_once(copy, former)
        step += 1

    assert step > 30
    assert_rotated(copy, former)


def assert_kept_once(directory: Path, former: KeyRing) -> None:
    """As after any rotation; only that one which was killed when it was complete has been followed by another."""
    database = open_database(directory)
    done = rotations(database)
    database.close()
    assert len(done) in (1, 2)
    if len(done) == 1:
        assert_rotated(directory, former)


def test_a_rotation_survives_being_killed_again_and_again(data: Path, rotating: Rotations) -> None:
    former, step = ring_in_force(data), 12
    while rotating.killed(data, before_step=step):
        database = open_database(data)
        assert opened(database, ring_in_force(data)) == texts()
        database.close()
        step += 1

    assert_rotated(data, former)


def test_a_rotation_while_the_data_directory_is_in_use_is_refused(data: Path) -> None:
    before = (data / FILE_NAME).read_text()
    database = open_database(data)

    status, output, errors = run(data)

    database.close()
    assert (status, output) == (2, "")
    assert "is in use by another Headgate process" in errors
    assert (data / FILE_NAME).read_text() == before
    assert not (data / NEXT).exists()


def test_a_directory_without_a_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    status, _, errors = run(tmp_path / "none")

    assert status == 2
    assert "there is no database" in errors
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_did_not_open_before_is_left_and_told(data: Path) -> None:
    database = open_database(data)
    with database.importing() as connection:
        connection.exec_driver_sql("UPDATE credential SET wrapped_key = x'00' WHERE id = 'named'")
    database.close()

    status, output, errors = run(data)

    assert status == 0
    assert output.startswith("5 secrets")
    assert errors.startswith("left as it is: credential 'named' does not open: ")
    assert errors.endswith("its secret must be entered again\n")


# Keys in the environment


@pytest.fixture(params=databases.KINDS)
def given(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A data directory whose master key is FIRST, and the environment that says so; on every database."""
    ring = key_ring(KeySource(file=tmp_path / "unused", given=Secret(FIRST)), may_create=False)
    environment = {"HEADGATE_MASTER_KEY": FIRST}
    if request.param == "sqlite":
        database = open_database(tmp_path)
        fill(database, ring)
        database.close()
        yield tmp_path, environment
        return
    with databases.postgresql_database() as url:
        database = open_database(tmp_path, url)
        fill(database, ring)
        database.close()
        yield tmp_path, {**environment, "HEADGATE_DATABASE_URL": url.reveal()}


def everything(directory: Path, environment: dict[str, str], key: str) -> dict[str, str]:
    """What opens under a key alone."""
    url = environment.get("HEADGATE_DATABASE_URL")
    database = open_database(directory, Secret(url) if url is not None else None)
    try:
        return opened(database, key_ring(KeySource(file=directory / "unused", given=Secret(key)), may_create=False))
    finally:
        database.close()


def test_a_key_of_the_environment_is_rotated_to_another_one(given: tuple[Path, dict[str, str]]) -> None:
    data, environment = given

    status, output, errors = run(data, {**environment, "HEADGATE_NEW_MASTER_KEY": SECOND})

    assert (status, errors) == (0, "")
    assert "now set HEADGATE_MASTER_KEY to what HEADGATE_NEW_MASTER_KEY is" in output
    assert SECOND not in output
    assert everything(data, environment, SECOND) == texts()
    assert not (data / FILE_NAME).exists()


def test_without_the_other_one_it_is_asked_for(given: tuple[Path, dict[str, str]]) -> None:
    data, environment = given

    status, _, errors = run(data, environment)

    assert status == 2
    assert "set HEADGATE_NEW_MASTER_KEY to 32 random bytes in base64 or hex" in errors
    assert everything(data, environment, FIRST) == texts()


def test_running_it_again_changes_nothing(given: tuple[Path, dict[str, str]]) -> None:
    data, environment = given
    both = {**environment, "HEADGATE_NEW_MASTER_KEY": SECOND}
    run(data, both)

    status, output, _ = run(data, both)

    assert (status, output[:9]) == (0, "0 secrets")
    assert everything(data, environment, SECOND) == texts()


def test_a_key_that_is_rotated_to_itself_is_refused(given: tuple[Path, dict[str, str]]) -> None:
    data, environment = given

    status, _, errors = run(data, {**environment, "HEADGATE_NEW_MASTER_KEY": FIRST})

    assert status == 2
    assert "is the one in force" in errors


def test_the_wrong_former_key_leaves_everything_as_it_was(given: tuple[Path, dict[str, str]]) -> None:
    data, environment = given

    status, output, errors = run(data, {**environment, "HEADGATE_MASTER_KEY": THIRD, "HEADGATE_NEW_MASTER_KEY": SECOND})

    assert (status, output) == (2, "")
    assert "nothing that is sealed opens under" in errors
    assert everything(data, environment, FIRST) == texts()


def test_a_new_key_that_is_set_beside_a_file_is_refused(data: Path) -> None:
    status, _, errors = run(data, {"HEADGATE_NEW_MASTER_KEY": SECOND})

    assert status == 2
    assert "its successor is drawn and kept there, not set" in errors
    with pytest.raises(MasterKeyRefused):
        key_ring(KeySource(file=data / FILE_NAME, heir=Secret(SECOND)), may_create=False)
