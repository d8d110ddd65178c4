"""The project lints find what they forbid, and leave alone what resembles it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest

from tools import lints
from tools.sources import ROOT, Source

CONFIGURATION: Final = lints.Configuration.parse((ROOT / lints.CONFIGURATION).read_text(encoding="utf-8"))


def refused(path: str, text: str) -> list[int]:
    """The lines that any rule refuses in a file of that path."""
    source = Source(path, dedent(text).lstrip())
    return [finding.line for finding in lints.findings(source, CONFIGURATION)]


TASK = "asyncio.create_task(work())"


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        pytest.param("src/headgate/web/lane.py", TASK, [1], id="a raw task"),
        pytest.param("src/headgate/web/lane.py", "loop.create_task(work())", [1], id="a raw task of a loop"),
        pytest.param("src/headgate/web/lane.py", "ensure_future(work())", [1], id="a raw future"),
        pytest.param(CONFIGURATION.task_creators[0], TASK, [], id="the helper itself may create tasks"),
        pytest.param("tests/web/test_lane.py", TASK, [], id="a test may create tasks"),
    ],
)
def test_only_one_helper_creates_tasks(path: str, text: str, lines: list[int]) -> None:
    assert refused(path, text) == lines


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        pytest.param("src/headgate/ledger/cost.py", "def cost(price: float): ...", [1], id="a float by its name"),
        pytest.param("src/headgate/ledger/cost.py", "half = 0.5", [1], id="a float literal"),
        pytest.param("src/headgate/core/money.py", "half = amount / 2", [1], id="a division that makes a float"),
        pytest.param("src/headgate/core/money.py", "amount /= 2", [1], id="a division in place"),
        pytest.param("src/headgate/ledger/cost.py", "half = amount // 2", [], id="whole division"),
        pytest.param("src/headgate/core/clock.py", "def now() -> float: ...", [], id="seconds are not money"),
    ],
)
def test_money_is_never_a_float(path: str, text: str, lines: list[int]) -> None:
    assert refused(path, text) == lines


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        pytest.param("src/headgate/routing/plan.py", "datetime.now(UTC)", [1], id="datetime.now"),
        pytest.param("src/headgate/routing/plan.py", "datetime.datetime.utcnow()", [1], id="datetime.datetime.utcnow"),
        pytest.param("src/headgate/catalogue/entry.py", "date.today()", [1], id="date.today"),
        pytest.param("src/headgate/gateway/call.py", "time.time()", [1], id="time.time"),
        pytest.param("src/headgate/gateway/call.py", "time.monotonic_ns()", [1], id="time.monotonic_ns"),
        pytest.param("src/headgate/gateway/call.py", "from time import monotonic", [1], id="importing from time"),
        pytest.param("src/headgate/gateway/call.py", "clock.now()", [], id="a clock that was passed in"),
        pytest.param("src/headgate/adapters/clock.py", "time.monotonic()", [], id="an adapter may read the time"),
    ],
)
def test_decisions_are_told_the_time(path: str, text: str, lines: list[int]) -> None:
    assert refused(path, text) == lines


@pytest.mark.parametrize(
    ("handler", "lines"),
    [
        pytest.param("except Exception:\n    pass", [3], id="swallowed"),
        pytest.param("except:\n    pass", [3], id="bare"),
        pytest.param("except (KeyError, BaseException):\n    pass", [3], id="broad within a tuple"),
        pytest.param("except Exception:  # noqa: S110\n    pass", [3], id="a directive is no reason"),
        pytest.param("except Exception:\n    log()\n    raise", [], id="raised again"),
        pytest.param("except Exception as e:\n    raise Lost from e", [], id="raised as something else"),
        pytest.param("except Exception:  # the port may raise anything\n    pass", [], id="a reason on the line"),
        pytest.param("except Exception:\n    # the port may raise anything\n    pass", [], id="a reason below"),
        pytest.param("except KeyError:\n    pass", [], id="a named error"),
    ],
)
def test_a_broad_except_raises_again_or_says_why(handler: str, lines: list[int]) -> None:
    assert refused("src/headgate/web/server.py", f"try:\n    work()\n{handler}\n") == lines


@pytest.mark.parametrize(
    ("path", "lines"),
    [("src/headgate/web/server.py", [1]), ("src/headgate/cli/serve.py", []), ("bench/table.py", [])],
)
def test_only_programs_for_a_terminal_print(path: str, lines: list[int]) -> None:
    assert refused(path, 'print("ready")') == lines


@pytest.mark.parametrize(
    ("statement", "lines"),
    [
        pytest.param('text("SELECT 1")', [], id="one literal"),
        pytest.param('text("SELECT name " "FROM entry")', [], id="a literal in pieces"),
        pytest.param('text("SELECT name " + "FROM entry")', [], id="literals added"),
        pytest.param('text(f"SELECT {column}")', [2], id="an f-string"),
        pytest.param('text("SELECT " + column)', [2], id="a name added"),
        pytest.param("text(statement)", [2], id="a name"),
        pytest.param('connection.exec_driver_sql("PRAGMA %s" % name)', [2], id="formatted for the driver"),
    ],
)
def test_sql_text_is_literal(statement: str, lines: list[int]) -> None:
    assert refused("src/headgate/adapters/sql/store.py", f"from sqlalchemy import text\n{statement}\n") == lines


def test_a_function_called_text_is_no_sql_where_sqlalchemy_is_not_imported() -> None:
    assert refused("src/headgate/web/console.py", "text(body)") == []


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        pytest.param("# TODO: later", [1], id="no number"),
        pytest.param("# FIXME", [1], id="nothing at all"),
        pytest.param("# TODO #12: the second database", [], id="a number"),
        pytest.param("# TODO(#12)", [], id="a number in parentheses"),
        pytest.param("TODOS = 3", [], id="another word"),
    ],
)
def test_a_todo_carries_its_number(line: str, lines: list[int]) -> None:
    assert refused("src/headgate/web/lane.py", line) == lines


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        pytest.param("This is enough for now.", [1], id="for now"),
        pytest.param("Obviously it works.", [1], id="obviously"),
        pytest.param("See /home/somebody/headgate.", [1], id="a path of one machine"),
        pytest.param("Data lives in ./home/data.", [], id="a relative path"),
        pytest.param("Fetched from pypi.org.", [1], id="a registry"),
        pytest.param("Done \N{SPARKLES}", [1], id="a picture"),
        pytest.param("The limit holds for nowhere else.", [], id="a longer word"),
    ],
)
def test_prose_speaks_of_the_project(line: str, lines: list[int]) -> None:
    assert refused("docs/architecture.md", line) == lines


def test_a_test_may_write_what_users_write() -> None:
    assert refused("tests/catalogue/test_rules.py", 'name = "\N{SPARKLES}"') == []


@pytest.mark.parametrize("path", ["requirements/runtime.lock", "tests/aimock/package-lock.json"])
def test_a_lock_file_names_no_address(path: str) -> None:
    assert refused(path, "--index-url https://example.org/simple") == [1]


def test_every_refusal_says_where_and_why() -> None:
    source = Source("src/headgate/web/lane.py", "\nprint(1)\n")

    assert [str(finding) for finding in lints.findings(source, CONFIGURATION)] == [
        "src/headgate/web/lane.py:2: only the command line prints; log it, or return it"
    ]


@pytest.mark.parametrize("path", CONFIGURATION.task_creators)
def test_every_path_of_the_configuration_exists(path: str) -> None:
    assert Path(ROOT, path).is_file()
