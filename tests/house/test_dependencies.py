"""The lock files pin what the project declares, and stay within the budget of distributions."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.sources import ROOT, Source, sources

LOCKS: Final = ("runtime", "build", "development")
DISTRIBUTIONS: Final = 40
LINUX: Final = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}


def locked(name: str) -> dict[str, Requirement]:
    text = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")
    lines = (line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#"))
    found = [Requirement(line.partition(" --hash")[0]) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def declared(*, extra: str | None = None) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return [Requirement(line) for line in lines]


def imported(source: Source) -> set[str]:
    """The top-level packages that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in source.nodes:
        match node:
            case ast.Import(names=names):
                found.update(alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module.partition(".")[0])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_one_version_with_hashes(name: str) -> None:
    text = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[a-z])", re.sub(r"(?m)^#.*\n", "", text).strip()):
        assert re.match(r"[a-z0-9.-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("name", ["runtime", "build"])
def test_a_version_is_the_same_in_every_lock(name: str) -> None:
    everything = locked("development")
    assert {key: str(found.specifier) for key, found in locked(name).items()} == {
        key: str(everything[key].specifier) for key in locked(name)
    }


def test_the_runtime_lock_satisfies_what_the_project_declares() -> None:
    pinned = locked("runtime")
    for requirement in declared():
        [version] = [pin.version for pin in pinned[canonicalize_name(requirement.name)].specifier]
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}; run make lock"


def test_whatever_the_product_imports_it_declares() -> None:
    distributions = metadata.packages_distributions()
    names = {canonicalize_name(requirement.name) for requirement in (*declared(), *declared(extra="postgres"))}
    for source in sources():
        if source.is_in("src") and source.is_python:
            for module in imported(source) - sys.stdlib_module_names - {"headgate"}:
                owners = {canonicalize_name(owner) for owner in distributions[module]}
                assert owners & names, f"{source.path} imports {module}, of {' or '.join(owners)}: declare it"


def test_the_runtime_stays_within_its_budget_of_distributions() -> None:
    installed = [pin for pin in locked("runtime").values() if pin.marker is None or pin.marker.evaluate(LINUX)]
    assert len(installed) + 1 <= DISTRIBUTIONS


def test_what_is_installed_is_what_is_locked() -> None:
    for name, requirement in locked("runtime").items():
        if requirement.marker is None or requirement.marker.evaluate():
            assert requirement.specifier.contains(metadata.version(name)), f"{name} differs; run make"
