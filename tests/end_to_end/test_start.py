"""Starts, as somebody sees them who types `headgate serve`: the first, the later ones, and those that are refused."""

from __future__ import annotations

import re
import secrets
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.end_to_end.program import PATIENCE, Program, refused, start, surroundings

NOTES: Final = "not Headgate's"
TOKEN: Final = re.compile(r"^ {4}(at:\S+)$", re.MULTILINE)
CURL: Final = re.compile(r"^ {4}curl (?:.*\\\n)*.*$", re.MULTILINE)


@dataclass(frozen=True)
class FirstStart:
    """What was seen of a first start on a directory in which other files lay, while it served."""

    data: Path
    announced: str
    token: str
    curl: subprocess.CompletedProcess[str]
    second: tuple[int, str]
    files: dict[str, int]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> FirstStart:
    data = tmp_path_factory.mktemp("first") / "data"
    (data / "notes").mkdir(parents=True)
    (data / "notes.txt").write_text(NOTES)
    program = start(data)
    try:
        [token] = TOKEN.findall(program.announced)
        files = {each.name: stat.S_IMODE(each.stat().st_mode) for each in data.iterdir()}
        seen = FirstStart(data, program.announced, token, in_a_shell(program), refused(data), files)
    finally:
        program.end()
    return seen


def in_a_shell(program: Program) -> subprocess.CompletedProcess[str]:
    """Paste the printed command."""
    [command] = CURL.findall(program.announced)
    return subprocess.run(
        ["sh", "-c", f"set -e\n{command}"],
        env=surroundings(None),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@dataclass(frozen=True)
class LaterStarts:
    """What was printed by a second start, and by a third with a token in its environment; who was let in by that."""

    second: str
    third: str
    before: int
    former: int
    given: int


@pytest.fixture(scope="module")
def later(first: FirstStart) -> LaterStarts:
    program = start(first.data)
    before = status(program, first.token)
    program.end()
    second, given = program.announced, secrets.token_urlsafe(32)
    program = start(first.data, {"HEADGATE_ADMIN_TOKEN": given})
    seen = LaterStarts(second, program.announced, before, status(program, first.token), status(program, given))
    program.end()
    return seen


def status(program: Program, token: str) -> int:
    url, headers = f"{program.address}/admin/v1/keys", {"authorization": f"Bearer {token}"}
    return httpx2.get(url, headers=headers, timeout=PATIENCE, trust_env=False).status_code


def test_a_first_start_prints_its_address(first: FirstStart) -> None:
    assert re.match(r"Headgate serves on http://127\.0\.0\.1:\d+\n", first.announced)


def test_the_printed_curl_answers_when_a_shell_runs_it(first: FirstStart) -> None:
    assert first.curl.returncode == 0, first.curl.stderr
    assert '"object":"chat.completion"' in first.curl.stdout


def test_the_printed_curl_carries_the_printed_token(first: FirstStart) -> None:
    assert first.announced.count(first.token) == 2


def test_the_master_key_is_its_owners_only(first: FirstStart) -> None:
    assert first.files["master.key"] == 0o600


def test_nothing_that_headgate_made_may_be_read_by_others(first: FirstStart) -> None:
    made = {name: mode for name, mode in first.files.items() if not name.startswith("notes")}

    assert "headgate.sqlite3" in made
    assert not [name for name, mode in made.items() if mode & 0o077]


def test_files_that_lay_in_the_directory_are_left_alone(first: FirstStart) -> None:
    assert (first.data / "notes.txt").read_text() == NOTES


def test_a_second_process_on_the_same_directory_is_refused(first: FirstStart) -> None:
    code, said = first.second

    assert (code, said.count("\n")) == (1, 1)
    assert f"the data directory '{first.data}' is in use by another Headgate process" in said


def test_a_second_start_prints_no_token(first: FirstStart, later: LaterStarts) -> None:
    assert later.second.startswith("Headgate serves on ")
    assert "at:" not in later.second
    assert first.token not in later.second


def test_the_token_of_the_first_start_is_good_after_the_second(later: LaterStarts) -> None:
    assert later.before == 200


def test_a_token_of_the_settings_is_not_printed(later: LaterStarts) -> None:
    assert "at:" not in later.third
    assert later.third.count("\n") == 1


def test_a_token_of_the_settings_replaces_the_former_one(later: LaterStarts) -> None:
    assert (later.former, later.given) == (401, 200)


WRONG: Final = {
    "HEADGATE_ADMIN_TOKN": "a name that is none of ours",
    "HEADGATE_LOG_LEVEL": "loud",
    "HEADGATE_ADMIN_TOKEN": "short-but-random-4f1a9c",
    "HEADGATE_MASTER_KEY": "changeme-0123456789-changeme-0123456789",
}


@pytest.fixture(scope="module")
def misguided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """The exit status and the words of a start with several settings that are wrong; it must not leave a trace."""
    data = tmp_path_factory.mktemp("refused") / "data"
    yield refused(data, WRONG)
    assert not data.exists()


def test_wrong_settings_end_the_start_with_status_2(misguided: tuple[int, str]) -> None:
    assert misguided[0] == 2


@pytest.mark.parametrize("name", WRONG)
def test_a_refused_start_names_the_setting(misguided: tuple[int, str], name: str) -> None:
    assert re.search(rf"^{name} ", misguided[1], re.MULTILINE)


@pytest.mark.parametrize("name", ["HEADGATE_ADMIN_TOKEN", "HEADGATE_MASTER_KEY"])
def test_a_refused_start_does_not_repeat_the_secret(misguided: tuple[int, str], name: str) -> None:
    assert WRONG[name] not in misguided[1]


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "roof").symlink_to(tmp_path / "nowhere")

    code, said = refused(tmp_path / "roof")

    assert (code, said.count("\n")) == (1, 1)
    assert f"the data directory '{tmp_path / 'roof'}' cannot be made" in said


@pytest.mark.parametrize("table", ["session", "signing_key", "credential", "meta"])
def test_a_database_that_lacks_something_stops_the_start_with_its_words(
    first: FirstStart, tmp_path: Path, table: str
) -> None:
    data = tmp_path / "data"
    shutil.copytree(first.data, data)
    with closing(sqlite3.connect(data / "headgate.sqlite3")) as database:
        database.execute(f"DROP TABLE {table}")

    code, said = refused(data)

    assert (code, said.count("\n")) == (1, 1)
    assert f"no such table: {table}" in said
