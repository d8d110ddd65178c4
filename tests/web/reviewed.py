"""The list of routes that people have looked at: what each asks of its caller, one line a route.

`python -m tests.web.reviewed` prints the list as the application has it. A route that is new, or that asks for less
than it did, fails a test until somebody has put its line into `reviewed_routes.txt`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from headgate.gateway.endpoint import ENDPOINTS
from headgate.web.authorisation import Requires, requirements
from tests.web.api import api_at

FILE: Final = Path(__file__).with_name("reviewed_routes.txt")
PUBLIC_WORD: Final = "public"
ANYBODY: Final = "any credential"


def demanded(requires: Requires | None) -> str:
    """What a route asks for, in words."""
    if requires is None:
        return PUBLIC_WORD
    words: list[str] = []
    if requires.platform_admin:
        words.append("platform administrator")
    if requires.user:
        words.append("user")
    if requires.permission is not None:
        words.append(" or ".join((requires.permission, *requires.alternatives)))
    return ", ".join(words) or ANYBODY


def table(app: FastAPI) -> dict[str, str]:
    """What every route asks for, by method and path; what calls models too."""
    routes = {f"{method} {path}": demanded(each) for (method, path), each in requirements(app.routes).items()}
    calls = {f"{each.method.decode()} {each.path.decode()}": each.permission for each in ENDPOINTS}
    return routes | calls


def lines(routes: dict[str, str]) -> Sequence[str]:
    return [f"{route}  {asked}" for route, asked in sorted(routes.items(), key=_by_path)]


def reviewed() -> dict[str, str]:
    """The list as it was reviewed."""
    found = (line.partition("  ") for line in FILE.read_text("utf-8").splitlines())
    return {route: asked for route, _, asked in found}


def _by_path(each: tuple[str, str]) -> tuple[str, str]:
    method, _, path = each[0].partition(" ")
    return path, method


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory, api_at(Path(directory)) as made:
        sys.stdout.write("".join(f"{line}\n" for line in lines(table(made.app))))
