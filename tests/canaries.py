"""Secrets that must be seen nowhere, and a watch over everything that the suite produces.

A canary is a secret with a form of its own, so that it is recognised wherever it turns up, also in files that another
process has written. Every `Secret` that a test makes is watched too, whatever its form: `Secret` itself tells of it,
in tests only. What is looked at: log records, answers, rows of PostgreSQL, and at the end every file that tests left,
databases and logs of servers among them. An answer may show a credential of ours once, when it is made; a key of a
provider never.
"""

from __future__ import annotations

import functools
import logging
import re
import secrets
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import httpx2
import psycopg
import pytest
from psycopg import sql

from headgate.access.keys import parse
from headgate.core.secret import Secret

_LEAST: Final = 16
_LEAST_DIFFERENT: Final = 8
_WORD: Final = re.compile(r"[\x21-\x7e]+")
_CANARY: Final = re.compile(rb"finch-[a-z_]+-[0-9a-f]{24}")
_OURS: Final = re.compile(rb"at:[0-9A-Za-z]{49}|iak_[a-z0-9-]{1,64}_[0-9A-Za-z]{49}")
_SESSION: Final = re.compile(rb"eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{32,}")
_FORMS: Final = ((b"finch-", _CANARY), (b"at:", _OURS), (b"iak_", _OURS), (b"eyJ", _SESSION))
_IN_FULL: Final = rb'"(?:token|key)"\s*:\s*"'
_SCHEMES: Final = ("postgresql://", "postgres://", "http://", "https://")
_LEAKS: Final = "headgate-leaks"
_DATABASES_AND_LOGS: Final = ("headgate.sqlite3*", "*.log")


def canary(slot: str) -> str:
    """A fresh secret for a place that keeps one. `slot` is a word that tells where it was put.

    They are finches, because tests call other things canaries, and look for that word.
    """
    return f"sk-finch-{slot}-{secrets.token_hex(12)}"


def formed(data: bytes) -> Iterator[bytes]:
    """Everything in `data` that has the form of a canary, or of a whole credential of ours."""
    for beginning, form in _FORMS:
        at = data.find(beginning)
        while at >= 0:
            found = form.match(data, at)
            if found is not None and (form is not _OURS or parse(found[0].decode()) is not None):
                yield found[0]
            at = data.find(beginning, at + 1)


class Watch:
    """What is known to be secret, and where it was seen. A pytest plugin."""

    def __init__(self) -> None:
        self.leaks: list[str] = []
        self._standing: set[bytes] = set()
        self._of_test: set[bytes] = set()
        self._given_out: set[bytes] = set()
        self._test = ""

    def note(self, text: str) -> None:
        """A secret has been made. Short ones, words and addresses turn up by chance, and are left to their forms."""
        telling = len(text) >= _LEAST and len(set(text)) >= _LEAST_DIFFERENT and _WORD.fullmatch(text)
        if telling and not text.startswith(_SCHEMES):
            (self._of_test if self._test else self._standing).add(text.encode())

    def look(self, where: str, data: bytes) -> None:
        for found in {*formed(data), *(each for each in self._known() if each in data)}:
            self._leaked(where, found)

    def look_at_answer(self, where: str, data: bytes) -> None:
        """The body of an answer, which may give out a credential once."""
        for found in {*formed(data), *(each for each in self._known() if each in data)}:
            given_out = re.search(_IN_FULL + re.escape(found) + rb'"', data) is not None
            if given_out and found not in self._given_out and not _CANARY.search(found):
                self._given_out.add(found)
            else:
                self._leaked(where, found)

    def look_at_files(self, files: Iterable[Path], known: Iterable[bytes] = ()) -> None:
        secret = set(known)
        for file in files:
            if file.is_file() and not file.is_symlink() and ".key" not in file.name:
                data = file.read_bytes()
                for found in {*formed(data), *(each for each in secret if each in data)}:
                    self._leaked(str(file), found)

    def look_at_postgresql(self, connection: psycopg.Connection[Any]) -> None:
        """Every row of a database, as text; bytes are written in hex there, and are looked at as they are."""
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            every = sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))
            for row in connection.execute(every).fetchall():
                whole = b"\n".join(each if isinstance(each, bytes) else str(each).encode() for each in row)
                self.look(f"table {table}", whole)

    def _known(self) -> Iterator[bytes]:
        yield from self._standing
        yield from self._of_test

    def _leaked(self, where: str, found: bytes) -> None:
        # The text itself would be in the report, which is a log.
        begins = found[:14].decode("latin-1")
        self.leaks.append(f"{where}: {begins}..., {len(found)} characters, during {self._test or 'no test'}")

    # As a plugin

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._test = item.nodeid

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        directory = getattr(item, "funcargs", {}).get("tmp_path")
        if isinstance(directory, Path) and self._of_test:
            files = (file for pattern in _DATABASES_AND_LOGS for file in directory.rglob(pattern))
            self.look_at_files(files, self._of_test)
        # Randomness that is the same in every run gives the same keys to every test.
        self._of_test.clear()
        self._given_out.clear()
        self._test = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        factory = getattr(session.config, "_tmp_path_factory", None)
        if isinstance(factory, pytest.TempPathFactory):
            self.look_at_files(factory.getbasetemp().rglob("*"))
        # A process that runs a part of the suite hands on what it saw; its own exit status is nobody's verdict.
        handed_on = getattr(session.config, "workeroutput", None)
        if handed_on is not None:
            handed_on[_LEAKS] = self.leaks
        if self.leaks and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        # A process that died has handed nothing on; its test has failed for that.
        self.leaks += getattr(node, "workeroutput", {}).get(_LEAKS, ())

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for leak in dict.fromkeys(self.leaks):
            terminalreporter.write_line(f"a secret was seen in {leak}", red=True)


class _Records(logging.Handler):
    """Looks at every log record as it would be written."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.look(f"log {record.name}", self.format(record).encode("utf-8", "replace"))


WATCH: Final = Watch()
"""The watch of this process: what makes databases tells it too."""


def begin() -> Watch:
    """Watch this process: its secrets, its log records, and the answers that its HTTP clients read."""
    _hear_of_secrets(WATCH)
    _hear_of_answers(WATCH)
    logging.getLogger().addHandler(_Records(WATCH))
    logging.getLogger("headgate").setLevel(logging.DEBUG)
    return WATCH


def _hear_of_secrets(watch: Watch) -> None:
    really = Secret.__init__

    @functools.wraps(really)
    def made(self: Secret, value: str) -> None:
        really(self, value)
        watch.note(value)

    Secret.__init__ = made  # type: ignore[method-assign]


def _hear_of_answers(watch: Watch) -> None:
    iterate, iterate_async = httpx2.Response.iter_raw, httpx2.Response.aiter_raw

    @functools.wraps(iterate)
    def iter_raw(self: httpx2.Response, chunk_size: int | None = None) -> Iterator[bytes]:
        body = bytearray()
        try:
            for chunk in iterate(self, chunk_size):
                body += chunk
                yield chunk
        finally:
            watch.look_at_answer("an answer", bytes(body))

    @functools.wraps(iterate_async)
    async def aiter_raw(self: httpx2.Response, chunk_size: int | None = None) -> AsyncGenerator[bytes, None]:
        body = bytearray()
        try:
            async with aclosing(iterate_async(self, chunk_size)) as chunks:
                async for chunk in chunks:
                    body += chunk
                    yield chunk
        finally:
            watch.look_at_answer("an answer", bytes(body))

    httpx2.Response.iter_raw = iter_raw  # type: ignore[method-assign]
    httpx2.Response.aiter_raw = aiter_raw  # type: ignore[method-assign]
