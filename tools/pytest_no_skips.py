"""A pytest plugin under which a skipped test fails the run.

A skip says that a component is missing (PostgreSQL, Node, a package), and a run that passes without it proves nothing
about it. `make test` loads this plugin; a run of single tests by hand may do without.
"""

from __future__ import annotations

from typing import Final

import pytest

_REFUSAL: Final = "skipped, which this project counts as a failure: "


class NoSkips:
    """Collects what was skipped, and turns a run that passed into one that failed."""

    def __init__(self) -> None:
        self._skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._skipped and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for skipped in self._skipped:
            terminalreporter.write_line(_REFUSAL + skipped, red=True)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        # An expected failure is reported as skipped too, but it ran.
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped.append(report.nodeid)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(NoSkips(), "headgate-no-skips")
