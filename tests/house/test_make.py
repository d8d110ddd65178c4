"""The entry points of a newcomer: what `make` says, and when it refuses."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tools.sources import ROOT

TARGETS: Final = frozenset(re.findall(r"(?m)^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8")))


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    program = shutil.which("make")
    assert program is not None
    # What the make that runs the tests told its children is not for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("target", ["install", "run", "test", "check", "bench", "lock", "real"])
def test_make_knows_the_target(target: str) -> None:
    assert target in TARGETS


def test_every_target_of_the_readme_exists() -> None:
    named = set(re.findall(r"(?m)(?:`|^)make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")))

    assert {"run", "test"} <= named <= TARGETS


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What make needs of a fresh clone."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copytree(ROOT / "tests/aimock", tmp_path / "tests/aimock", ignore=shutil.ignore_patterns("node_modules"))
    return tmp_path


@pytest.mark.parametrize("target", ["install", "run", "test", "check", "bench", "lock", "real"])
def test_every_target_installs_the_project_first(target: str, clone: Path) -> None:
    recipes = make("--dry-run", target, folder=clone).stdout

    assert "--require-hashes -r requirements/runtime.lock" in recipes
    assert "--editable ." in recipes


def test_serving_needs_nothing_that_only_development_needs(clone: Path) -> None:
    assert "development.lock" not in make("--dry-run", "run", folder=clone).stdout


def test_make_says_so_when_there_is_no_python(clone: Path) -> None:
    refused = make("PYTHON=no-such-python", folder=clone)

    assert refused.returncode != 0
    assert "no Python 3.11 or newer with venv and ensurepip among: no-such-python" in refused.stderr
