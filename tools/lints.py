"""Project lints: mistakes that cost other gateways money or sleep, refused with the reason.

Each rule is one function from a source to findings; `RULES` lists them. Where a rule does not hold, and which words
it means, stands in `lints.toml`.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from tools.sources import ROOT, Finding, Source, report, sources

CONFIGURATION: Final = "tools/lints.toml"

_RINGS_0_TO_2: Final = tuple(
    f"src/headgate/{package}"
    for package in ("core", "catalogue", "dialects", "routing", "ledger", "access", "http1", "gateway")
)
_MONEY: Final = ("src/headgate/ledger", "src/headgate/core/money.py")
_PRODUCT: Final = "src"
_COMMAND_LINE: Final = "src/headgate/cli"

_TASK_MAKERS: Final = frozenset({"create_task", "ensure_future"})
_CLOCKS: Final = re.compile(
    r"(datetime\.)?datetime\.(now|utcnow|today)|(datetime\.)?date\.today"
    r"|time\.(time|monotonic|perf_counter|process_time|gmtime|localtime)(_ns)?"
)
_BROAD: Final = frozenset({"Exception", "BaseException"})
_SQL_TEXT: Final = frozenset({"text", "sqlalchemy.text", "sa.text"})
_TODO: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!.{0,3}#\d)")


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is refused, why, and where it is not."""

    pattern: re.Pattern[str]
    reason: str
    except_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """`lints.toml`: who may create tasks, which words are refused and why."""

    task_creators: tuple[str, ...]
    words: tuple[Word, ...]
    words_allowed_in: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Configuration:
        tables = tomllib.loads(text)
        return cls(
            task_creators=tuple(tables["tasks"]["created-in"]),
            words=tuple(
                Word(re.compile(word["pattern"]), word["reason"], tuple(word.get("except-in", ())))
                for word in tables["words"]["refused"]
            ),
            words_allowed_in=tuple(tables["words"]["allowed-in"]),
        )


Rule: TypeAlias = Callable[[Source, Configuration], Iterator[Finding]]


def raw_task(source: Source, configuration: Configuration) -> Iterator[Finding]:
    if not source.is_in(_PRODUCT) or source.is_in(*configuration.task_creators):
        return
    for call in _calls(source):
        if _name(call.func).rpartition(".")[2] in _TASK_MAKERS:
            yield Finding(
                source.path,
                call.lineno,
                "a task nobody keeps can be collected while it runs and fails unseen; "
                f"create it through {' or '.join(configuration.task_creators)}",
            )


def float_in_money(source: Source, _: Configuration) -> Iterator[Finding]:
    if not source.is_in(*_MONEY):
        return
    for node in source.nodes:
        match node:
            case ast.Name(id="float", lineno=line) | ast.Constant(value=float(), lineno=line):
                yield Finding(source.path, line, "money is an integer number of picodollars, never a float")
            case ast.BinOp(op=ast.Div(), lineno=line) | ast.AugAssign(op=ast.Div(), lineno=line):
                yield Finding(source.path, line, "`/` makes a float of two integers; divide money with `//` or divmod")


def clock_read(source: Source, _: Configuration) -> Iterator[Finding]:
    if not source.is_in(*_RINGS_0_TO_2):
        return
    for call in _calls(source):
        if _CLOCKS.fullmatch(_name(call.func)):
            yield Finding(
                source.path, call.lineno, f"{_name(call.func)}() inside a decision; take the time as an argument"
            )
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield Finding(source.path, node.lineno, "the time module inside a decision; take the time as an argument")


def broad_except(source: Source, _: Configuration) -> Iterator[Finding]:
    for node in source.nodes:
        if not isinstance(node, ast.ExceptHandler) or not _is_broad(node):
            continue
        if not _raises(node) and not source.reason_at(node.lineno, node.lineno + 1):
            yield Finding(
                source.path,
                node.lineno,
                "a broad except hides bugs; name the errors, raise again, or give the reason in a comment here",
            )


def stray_print(source: Source, _: Configuration) -> Iterator[Finding]:
    if not source.is_in(_PRODUCT) or source.is_in(_COMMAND_LINE):
        return
    for call in _calls(source):
        if _name(call.func) == "print":
            yield Finding(source.path, call.lineno, "only the command line prints; log it, or return it")


def built_sql(source: Source, _: Configuration) -> Iterator[Finding]:
    if not any(_name_of_import(node).startswith("sqlalchemy") for node in source.nodes):
        return
    for call in _calls(source):
        name = _name(call.func)
        is_sql = name in _SQL_TEXT or name.endswith(".exec_driver_sql")
        if is_sql and not (call.args and _is_literal(call.args[0])):
            yield Finding(source.path, call.lineno, "SQL text is one literal; pass values as bound parameters")


def unnumbered_todo(source: Source, _: Configuration) -> Iterator[Finding]:
    if source.path in {"tools/lints.py", "tests/house/test_lints.py"}:
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := _TODO.search(line):
            yield Finding(source.path, number, f"{found[1]} without a number; write {found[1]} #123, or do it")


def refused_word(source: Source, configuration: Configuration) -> Iterator[Finding]:
    if source.is_in(CONFIGURATION, *configuration.words_allowed_in):
        return
    words = [word for word in configuration.words if not source.is_in(*word.except_in)]
    for number, line in enumerate(source.text.splitlines(), 1):
        for word in words:
            if found := word.pattern.search(line):
                yield Finding(source.path, number, f"{found[0]!r}: {word.reason}")


def registry_in_lock(source: Source, _: Configuration) -> Iterator[Finding]:
    if not source.path.endswith((".lock", "package-lock.json")):
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        if "://" in line:
            yield Finding(source.path, number, "a lock file names no address; whoever installs chooses the registry")


PYTHON_RULES: Final[tuple[Rule, ...]] = (raw_task, float_in_money, clock_read, broad_except, stray_print, built_sql)
TEXT_RULES: Final[tuple[Rule, ...]] = (unnumbered_todo, refused_word, registry_in_lock)


def findings(source: Source, configuration: Configuration) -> Iterator[Finding]:
    """Everything that any rule refuses in one file."""
    for rule in (*PYTHON_RULES, *TEXT_RULES) if source.is_python else TEXT_RULES:
        yield from rule(source, configuration)


def _calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in source.nodes if isinstance(node, ast.Call))


def _name(expression: ast.expr) -> str:
    """`a.b.c` of a dotted name; of anything else the part after its last dot, with a dot before it."""
    match expression:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{_name(value)}.{attribute}"
    return ""


def _name_of_import(node: ast.AST) -> str:
    match node:
        case ast.Import(names=[ast.alias(name=name), *_]):
            return name
        case ast.ImportFrom(module=str(module)):
            return module
    return ""


def _is_broad(handler: ast.ExceptHandler) -> bool:
    match handler.type:
        case None:
            return True
        case ast.Tuple(elts=elements):
            return any(_name(element) in _BROAD for element in elements)
    return _name(handler.type) in _BROAD


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for statement in handler.body for node in ast.walk(statement))


def _is_literal(expression: ast.expr) -> bool:
    match expression:
        case ast.Constant(value=str()):
            return True
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return _is_literal(left) and _is_literal(right)
    return False


def main() -> int:
    configuration = Configuration.parse((ROOT / CONFIGURATION).read_text(encoding="utf-8"))
    return report(found for source in sources() for found in findings(source, configuration))


if __name__ == "__main__":
    sys.exit(main())
