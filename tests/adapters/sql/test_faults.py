"""The database fails at every call in turn: no revision is ever half written, and what was not written is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.entry import ModelEntry
from headgate.catalogue.revision import Change, Revision
from headgate.core.errors import StoreUnavailable
from tests import databases
from tests.adapters.sql.faults import Faults
from tests.catalogue_writing import create, credential, deleted, entry, revision, titled


@pytest.fixture(params=databases.KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with databases.database(request.param, tmp_path) as opened:
        yield opened


class Store:
    """Two entries and a credential, and the revision that changes everything about them."""

    def __init__(self, database: Database) -> None:
        self.engine = database.write_engine
        self.catalogue = SqlCatalogue(database)
        self._credentials = SqlCredentials(database)
        a, b = create(self.catalogue, "a", "b")
        self._credentials.put([credential("old", entry=b.uid)])
        new = entry("a", number=77, revision=2)
        self.next = revision(2, *deleted(a), Change(b, titled(b, "B", revision=2)), Change(None, new))
        self._new_credential = credential("new", entry=new.uid, default=True)
        self.before = self.state()
        self.after = (
            2,
            self.next,
            [titled(b, "B", revision=2), new],
            [self._new_credential],
        )

    def commit(self) -> None:
        self.catalogue.commit(self.next, put=[self._new_credential], drop=["old"])

    def fails(self, faults: Faults) -> str:
        """What a commit says that fails; "" if it succeeds."""
        with faults.on(self.engine):
            try:
                self.commit()
            except StoreUnavailable as error:
                return str(error)
        return ""

    def state(self) -> tuple[int, Revision | None, list[ModelEntry], list[StoredCredential]]:
        return (
            self.catalogue.head(),
            self.catalogue.revision(2),
            list(self.catalogue.entries()),
            list(self._credentials.credentials()),
        )


def test_the_rehearsed_revision_is_written_when_nothing_fails(database: Database) -> None:
    store = Store(database)

    store.commit()

    assert store.state() == store.after


@pytest.mark.parametrize("persistent", [pytest.param(False, id="once"), pytest.param(True, id="from then on")])
def test_a_database_that_fails_at_any_call_writes_nothing_and_recovers(database: Database, *, persistent: bool) -> None:
    store = Store(database)

    at = 1
    while store.fails(faults := Faults(at=at, persistent=persistent)):
        assert faults.struck
        assert store.state() == store.before
        at += 1

    assert faults.calls > 8
    assert not faults.struck
    assert store.state() == store.after


def test_a_commit_whose_answer_was_lost_is_found_out_to_have_happened(database: Database) -> None:
    store = Store(database)

    at = 1
    while store.fails(faults := Faults(at=at, lost_answer=True)):
        assert store.state() == store.before
        at += 1

    assert faults.struck_commit
    assert store.state() == store.after


def test_a_commit_whose_outcome_cannot_be_found_out_says_so(database: Database) -> None:
    store = Store(database)

    at = 1
    told = store.fails(faults := Faults(at=at, persistent=True, lost_answer=True))
    while not faults.struck_commit:
        assert store.state() == store.before
        at += 1
        told = store.fails(faults := Faults(at=at, persistent=True, lost_answer=True))

    assert told == "the database failed while it committed revision 2, and does not say whether it did"
    assert store.state() == store.after


def test_reads_that_fail_say_so_and_work_again(database: Database) -> None:
    store = Store(database)

    for read in (store.catalogue.head, lambda: list(store.catalogue.entries()), store.state):
        with Faults(at=1).on(database.read_engine), pytest.raises(StoreUnavailable):
            read()

    assert store.state() == store.before
