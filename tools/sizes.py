"""Budgets of size and shape, and the ratchet that lets exceptions only shrink.

A measure above its budget needs a line in `sizes.toml` that states its present value; nothing may exceed the hard
limit. A line that has become too generous, or superfluous, fails as well: whoever makes something smaller tightens
its line in the same commit, so the list never grows back.

A function is measured from its `def` to its last line. Parameters are counted without `self` and `cls`. What may go by
position is a matter of public functions; a private one is called in sight of its definition. Signatures that somebody
else dictates are left alone: special methods other than `__init__`, ASGI applications, overrides marked as such.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, TypeAlias

from tools.sources import ROOT, Finding, Source, report, sources

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Exceptions: TypeAlias = Mapping[str, Mapping[str, int]]

EXCEPTIONS: Final = "tools/sizes.toml"
FORBIDDEN_NAMES: Final = frozenset(
    {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
)
_ASGI: Final = ("scope", "receive", "send")


@dataclass(frozen=True, slots=True)
class Budget:
    """What is aimed at, what is never exceeded, and how to say that it was."""

    aim: int
    hard: int
    excess: str


BUDGETS: Final[Mapping[str, Budget]] = {
    "modules": Budget(300, 500, "module has {value} lines; split it by subject"),
    "functions": Budget(40, 60, "{name} has {value} lines; give its steps names"),
    "parameters": Budget(6, 8, "{name} takes {value} parameters; some of them want to be one value"),
    "positional": Budget(2, 4, "{name} takes {value} parameters by position; put `*` after the second"),
    "booleans": Budget(0, 1, "{name} takes a boolean by position; make it keyword-only, or two functions"),
    "kwargs": Budget(0, 0, "{name} takes arbitrary keywords although it is public; name the parameters"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured thing: which budget, whose (`path` or `path:Class.method`), where, how much."""

    budget: str
    key: str
    line: int
    value: int

    def exceeds(self, limit: int) -> Finding:
        path, _, name = self.key.partition(":")
        message = BUDGETS[self.budget].excess.format(name=name, value=self.value)
        return Finding(path, self.line, f"{message} (at most {limit})")


def measures(source: Source) -> Iterator[Measure]:
    """Everything about one Python file that has a budget. Signatures count in the product only."""
    yield Measure("modules", source.path, 1, len(source.text.splitlines()))
    for name, function in _functions(source.tree):
        key = f"{source.path}:{name}"
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        yield Measure("functions", key, function.lineno, length)
        if source.is_in("src") and not _is_dictated(function):
            for budget, value in _signature(name, function):
                yield Measure(budget, key, function.lineno, value)


def misnamed(source: Source) -> Iterator[Finding]:
    """A module or package whose name says nothing about its subject."""
    parts = PurePosixPath(source.path).with_suffix("").parts
    for part in FORBIDDEN_NAMES.intersection(parts):
        yield Finding(source.path, 1, f"{part!r} says nothing about the subject; name what is inside")


def judge(measured: Iterable[Measure], exceptions: Exceptions) -> Iterator[Finding]:
    """What exceeds its limit, and every exception that no longer states the present value."""
    # Overloads and property setters share the key of their name: the largest counts.
    largest: dict[tuple[str, str], Measure] = {}
    for measure in sorted(measured, key=lambda measure: measure.value):
        largest[measure.budget, measure.key] = measure
    for measure in largest.values():
        budget = BUDGETS[measure.budget]
        granted = exceptions.get(measure.budget, {}).get(measure.key, budget.aim)
        limit = max(budget.aim, min(granted, budget.hard))
        if measure.value > limit:
            yield measure.exceeds(limit)
    for name, lines in exceptions.items():
        if name not in BUDGETS:
            yield Finding(EXCEPTIONS, 1, f"[{name}] is no budget; the budgets are {', '.join(BUDGETS)}")
            continue
        for key, granted in lines.items():
            found = largest.get((name, key))
            if found is None or found.value <= BUDGETS[name].aim:
                yield Finding(EXCEPTIONS, 1, f"{key} keeps its budget; remove its line from [{name}]")
            elif found.value < granted:
                yield Finding(EXCEPTIONS, 1, f"{key} has shrunk; its line in [{name}] becomes {found.value}")


def _functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Every function with its qualified name; a function inside a function is `outer.<inner>`."""
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        prefix, parent = waiting.pop()
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.ClassDef):
                waiting.append((f"{prefix}{node.name}.", node))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"<{node.name}>" if isinstance(parent, Function) else node.name
                yield prefix + name, node
                waiting.append((f"{prefix}{name}.", node))
            else:
                waiting.append((prefix, node))


def _signature(name: str, function: Function) -> Iterator[tuple[str, int]]:
    arguments = function.args
    by_position = [*arguments.posonlyargs, *arguments.args]
    if by_position and by_position[0].arg in {"self", "cls"}:
        del by_position[0]
    yield "parameters", len(by_position) + len(arguments.kwonlyargs)
    if _is_public(name):
        yield "positional", len(by_position)
        defaults = arguments.defaults[-len(by_position) :] if by_position else []
        undefaulted: list[ast.expr | None] = [None] * (len(by_position) - len(defaults))
        yield "booleans", sum(map(_is_boolean, by_position, [*undefaulted, *defaults]))
        yield "kwargs", int(arguments.kwarg is not None)


def _is_public(name: str) -> bool:
    return all(part == "__init__" or not part.startswith(("_", "<")) for part in name.split("."))


def _is_boolean(argument: ast.arg, default: ast.expr | None) -> bool:
    if isinstance(default, ast.Constant) and isinstance(default.value, bool):
        return True
    names = ast.walk(argument.annotation) if argument.annotation else ()
    return any(isinstance(node, ast.Name) and node.id == "bool" for node in names) and not any(
        isinstance(node, ast.Subscript) for node in ast.walk(argument)
    )


def _is_dictated(function: Function) -> bool:
    """Whether another party decides the signature."""
    names = tuple(argument.arg for argument in function.args.args if argument.arg not in {"self", "cls"})
    if names == _ASGI or (function.name.startswith("__") and function.name not in {"__init__", "__new__"}):
        return True
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    return any(name.endswith(("override", ".setter")) for name in decorators)


def main() -> int:
    exceptions = tomllib.loads((ROOT / EXCEPTIONS).read_text(encoding="utf-8"))
    python = [source for source in sources() if source.is_python]
    measured = [measure for source in python for measure in measures(source)]
    named = [finding for source in python for finding in misnamed(source)]
    return report([*judge(measured, exceptions), *named])


if __name__ == "__main__":
    sys.exit(main())
