"""The files of this project and what is found in them."""

from __future__ import annotations

import ast
import io
import os
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent

_TREES: Final = ("src", "tests", "tools", "bench", "real", "docs", "requirements", "console", ".ci")
_TEXT: Final = frozenset({"", ".py", ".md", ".toml", ".in", ".lock", ".json", ".sh", ".ts", ".tsx", ".css", ".conf"})
_FOREIGN: Final = frozenset({"node_modules", "__pycache__", "dist"})
_DIRECTIVE: Final = re.compile(r"#\s*(noqa|type:|pragma|ruff:|fmt:)")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One broken rule: where, and what would be accepted."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Source:
    """One text file. `path` is relative to the root of the project, with slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @cached_property
    def comments(self) -> dict[int, str]:
        """The comment of each line that has one."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}

    @property
    def is_python(self) -> bool:
        return self.path.endswith(".py")

    def is_in(self, *places: str) -> bool:
        """Whether this is one of the files, or lies in one of the folders."""
        return any(self.path == place or self.path.startswith(place.rstrip("/") + "/") for place in places)

    def reason_at(self, *lines: int) -> bool:
        """Whether one of the lines has a comment that is more than a directive to a tool."""
        return any(line in self.comments and not _DIRECTIVE.match(self.comments[line]) for line in lines)


def sources(root: Path = ROOT) -> Iterator[Source]:
    """Every text file that people of this project wrote, and the lock files."""
    files = [path for path in root.iterdir() if path.is_file() and path.suffix in {".md", ".toml"}]
    files.append(root / "Makefile")
    for tree in _TREES:
        for folder, below, names in os.walk(root / tree):
            # Pruned in place, as os.walk asks: virtual environments, caches and packages of others.
            below[:] = [name for name in below if name not in _FOREIGN and not name.startswith(".")]
            files += [Path(folder, name) for name in names]
    for path in sorted(files):
        if path.suffix in _TEXT and path.exists():
            yield Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))


def report(findings: Iterable[Finding]) -> int:
    """Print what was found; the exit status of the tool."""
    found = sorted(findings)
    for finding in found:
        print(finding, file=sys.stderr)
    return 1 if found else 0
