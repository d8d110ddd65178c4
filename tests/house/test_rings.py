"""The ring contracts know every package, so a package cannot escape them by being new."""

from __future__ import annotations

import tomllib
from typing import Any, Final

import pytest

from tools.sources import ROOT

PURE_RINGS: Final = ("core", "catalogue", "dialects", "routing", "ledger", "access", "http1")


def contract(id_: str) -> dict[str, Any]:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [found] = [found for found in configuration["tool"]["importlinter"]["contracts"] if found["id"] == id_]
    return dict(found)


@pytest.mark.parametrize(("id_", "packages"), [("pure", PURE_RINGS), ("settings-out", (*PURE_RINGS, "gateway"))])
def test_a_contract_binds_every_package_of_its_rings(id_: str, packages: tuple[str, ...]) -> None:
    there = {f"headgate.{package}" for package in packages if (ROOT / "src/headgate" / package).is_dir()}

    assert there - set(contract(id_)["source_modules"]) == set()
