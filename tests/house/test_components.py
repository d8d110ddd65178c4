"""The real things that tests run against are there and start: a suite must not pass because one of them is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import psycopg
import pytest

from tests.databases import postgresql_database
from tools.sources import ROOT

BIN: Final = Path(sys.executable).parent
AIMOCK: Final = ROOT / "tests/aimock/node_modules/.bin"


def output(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_postgresql_starts_and_answers() -> None:
    with postgresql_database() as url, psycopg.connect(url.reveal()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("program", [(), (BIN / "npm",)], ids=["node", "npm"])
def test_node_comes_with_the_environment(program: tuple[Path, ...]) -> None:
    assert output(BIN / "node", *program, "--version")


@pytest.mark.parametrize("program", ["aimock", "llmock"])
def test_aimock_is_installed_as_its_lock_says(program: str) -> None:
    assert output(BIN / "node", AIMOCK / program, "--help").startswith("Usage: aimock")
