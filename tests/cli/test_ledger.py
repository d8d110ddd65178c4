"""`headgate ledger verify`, as an operator runs it: beside whoever uses the ledger, on every database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from headgate.access.identity import Organization
from headgate.adapters.journal.segments import JOURNAL_NAME, SUFFIX
from headgate.adapters.sql.budgets import SqlBudgets
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.ledger.opening import FILE_NAME, LedgerDatabase, open_ledger
from headgate.adapters.sql.ledger.tables import attempt_table, counter, meta
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.adapters.sql.opening import open_database
from headgate.cli.ledger import verify
from headgate.core.secret import Secret
from headgate.core.subject import Subject, SubjectKind
from headgate.gateway.budget_book import Budget, BudgetBook
from headgate.ledger.budget import Terms, Unit, Window
from headgate.ledger.frames import framed
from headgate.ledger.records import Finished, Listed
from tests import databases
from tests.ledger_rows import COST, NOVEMBER, PRICE, request_ids, whole


class Silent:
    def tell(self, name: object, fields: object) -> None:
        pass


class Installation:
    """Open databases with a few requests in the ledger and a budget, and the command on them."""

    def __init__(self, directory: Path, url: Secret | None) -> None:
        self.directory = directory
        self._url = url
        self.database: Database = open_database(directory, url)
        self.ledger: LedgerDatabase = open_ledger(directory, url)
        self.ids = request_ids()
        budget = Budget(
            id="budget-1",
            subject=Subject("org-1", SubjectKind.ORGANIZATION, "org-1"),
            terms=Terms(unit=Unit.USD, amount=10**12, window=Window()),
            by_platform=True,
            created_at=NOVEMBER / 1e6,
            created_by="user:1",
            updated_at=NOVEMBER / 1e6,
        )
        SqlDirectory(self.database).put_organization(
            Organization(id="org-1", slug="one", name="One", created_at=NOVEMBER / 1e6)
        )
        SqlBudgets(self.database).put(budget)
        self.counting = BudgetBook(Silent(), [budget]).counting
        self.write(whole(self.ids.next()), whole(self.ids.next()))

    def write(self, *batch: Finished) -> None:
        SqlLedger(self.ledger).write(batch, counting=self.counting)

    def journal(self, *batch: Finished, damaged: bool = False) -> None:
        """A journal that a process of before has left."""
        frames = [framed(Listed(PRICE.id, PRICE.source))]
        for each in batch:
            frames += [framed(each.opened[0]), framed(each.closed[0]), framed(each.ended)]
        data = bytearray(b"".join(frames))
        if damaged:
            data[len(frames[0]) + 20] ^= 0xFF
        directory = self.directory / JOURNAL_NAME / "0001"
        directory.mkdir(parents=True)
        (directory / f"{1:010d}{SUFFIX}").write_bytes(data)

    def verify(self, *options: str) -> tuple[int, str, str]:
        environment = {"PATH": os.environ["PATH"]}
        if self._url is not None:
            environment["HEADGATE_DATABASE_URL"] = self._url.reveal()
        command = ["-m", "headgate.cli.main", "ledger", "verify", "--data-dir", str(self.directory), *options]
        done = subprocess.run(
            [sys.executable, *command], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout, done.stderr

    def verify_here(self, monkeypatch: pytest.MonkeyPatch) -> int:
        """The same in this process."""
        if self._url is not None:
            monkeypatch.setenv("HEADGATE_DATABASE_URL", self._url.reveal())
        return verify({"data_dir": str(self.directory)}, config=None)

    def close(self) -> None:
        self.ledger.close()
        self.database.close()


@pytest.fixture(params=databases.KINDS)
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "sqlite":
        installation = Installation(tmp_path, None)
        yield installation
        installation.close()
        return
    with databases.postgresql_database() as url:
        installation = Installation(tmp_path, url)
        yield installation
        installation.close()


def test_a_sound_ledger_is_told_with_what_was_looked_at(installation: Installation) -> None:
    assert installation.verify() == (
        0,
        "2 rows\n2 attempts\n1 roll-ups\n1 counters\nthe ledger agrees with itself\n",
        "",
    )


def test_a_changed_cost_is_told_in_words(installation: Installation) -> None:
    with installation.ledger.writing() as connection:
        table = attempt_table(202611)
        connection.execute(update(table).where(table.c.request == (1 << 42 | 1)).values(cost=7))

    status, output, errors = installation.verify()

    assert status == 1
    assert output.startswith("2 rows\n")
    assert errors.startswith(
        "the ledger does not agree with itself:\n1 costs that are not usage times price:\n"
        f"  request req_000000000000000100000000001 attempt 1: the cost is 7, and usage times price is {COST}\n"
    )


def test_a_wrong_counter_is_told_with_its_budget(installation: Installation) -> None:
    with installation.ledger.writing() as connection:
        connection.execute(update(counter).values(tokens=0))

    status, _, errors = installation.verify()

    assert status == 1
    assert "budget budget-1 from 0: " in errors


def test_a_request_that_only_the_journal_has_waits_for_its_row(installation: Installation) -> None:
    installation.journal(whole(installation.ids.next(), admitted=NOVEMBER + 60_000_000))

    status, output, errors = installation.verify()

    assert (status, errors) == (0, "")
    assert "1 requests of journals\n" in output
    assert "wait for their rows\n" in output


def test_a_request_that_the_ledger_has_lost_is_told(installation: Installation) -> None:
    lost = whole(installation.ids.next())
    installation.write(whole(installation.ids.next(), admitted=NOVEMBER + 60_000_000))
    installation.journal(lost)

    status, _, errors = installation.verify()

    assert status == 1
    assert f"request {lost.ended.request}: it is in the journal, and has no row" in errors


def test_a_request_that_a_server_brings_after_later_ones_is_not_lost(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = whole(installation.ids.next())
    installation.write(whole(installation.ids.next(), admitted=NOVEMBER + 60_000_000))
    installation.journal(behind)
    pauses: list[float] = []

    def bring(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            installation.write(behind)

    monkeypatch.setattr(time, "sleep", bring)

    assert (installation.verify_here(monkeypatch), len(pauses)) == (0, 2)


def test_a_damaged_journal_is_told_with_file_and_place(installation: Installation) -> None:
    installation.journal(whole(installation.ids.next()), whole(installation.ids.next()), damaged=True)

    status, _, errors = installation.verify()

    assert status == 1
    assert "0000000001.frames' is broken at offset" in errors


def test_verifying_writes_nothing(installation: Installation) -> None:
    installation.close()
    names = {each.name for each in installation.directory.iterdir()}

    assert installation.verify()[0] == 0

    after = {each.name for each in installation.directory.iterdir()}
    assert {name for name in after - names if not name.endswith(("-wal", "-shm"))} == set()


def test_a_ledger_of_another_schema_is_not_judged(installation: Installation) -> None:
    with installation.ledger.writing() as connection:
        connection.execute(update(meta).values(value="99"))

    status, _, errors = installation.verify()

    assert status == 2
    assert "has schema 99; accepted: 1" in errors


def test_a_directory_without_a_ledger_is_refused(installation: Installation) -> None:
    (installation.directory / FILE_NAME).unlink(missing_ok=True)
    with installation.ledger.writing() as connection:
        meta.drop(connection)

    status, _, errors = installation.verify()

    assert status == 2
    assert "there is no ledger in" in errors
