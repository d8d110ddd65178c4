"""The documentation names what exists, and everything that needs documentation has it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from headgate import settings
from tools import settings_page
from tools.sources import ROOT, Source, sources

README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES: Final = [source for source in sources() if source.path.endswith(".md")]


LINKS: Final = [(page.path, target) for page in PAGES for target in re.findall(r"\]\(([^)#\s]+)", page.text)]


@pytest.mark.parametrize(("page", "target"), [(page, target) for page, target in LINKS if "://" not in target])
def test_a_link_leads_somewhere(page: str, target: str) -> None:
    assert (ROOT / page).parent.joinpath(target).exists()


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "make test" in README
    assert "step make test" in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("decision", sorted((ROOT / "docs/decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_every_decision_is_listed_and_says_why_and_at_what_cost(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")

    assert decision.name in (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {decision.name[:4]}: ")
    assert re.findall(r"(?m)^\*\*(\w+)\.\*\*", text) == ["Decided", "Why", "Cost"]


def test_the_page_of_settings_is_what_the_code_declares() -> None:
    assert (ROOT / settings_page.PAGE).read_text(encoding="utf-8") == settings_page.page(), "run make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_setting_that_a_page_names_exists(page: Source) -> None:
    known = {settings.PREFIX + name.upper() for name in settings.declared()} | settings.CLIENT_VARIABLES

    assert set(re.findall(r"\bHEADGATE_[A-Z_]*[A-Z]\b", page.text)) <= known


def test_every_package_is_on_the_page_about_architecture() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    packages = {path.parent.name for path in (ROOT / "src/headgate").glob("*/__init__.py")}

    assert packages <= set(re.findall(r"(?m)^\| `(\w+)` \|", page))
