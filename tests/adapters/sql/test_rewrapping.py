"""Another master key while the database fails: at every call in turn, nothing is lost and what is left is done later.

And what the master key protects against: nothing that is sealed opens in another place, wherever somebody who can
write the database puts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from headgate.access.audit import Proof
from headgate.adapters.sealing.envelope import KeyRing, SealBroken, SecretOpener, SecretRewrapper
from headgate.adapters.sealing.master_key import MasterKey
from headgate.adapters.sessions import can_sign, purpose_of
from headgate.adapters.sql import rewrapping
from headgate.adapters.sql.audit import SqlAudit, verify_trail
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.rewrapping import ROTATED, Rewrapped, Rewrapping
from headgate.adapters.sql.tables import credential, signing_key
from headgate.core.errors import StoreUnavailable
from headgate.gateway.audit import AuditFilter
from tests import databases
from tests.adapters.sql.faults import Faults
from tests.sealed import fill, opened, texts

FORMER, HEIR = MasterKey(bytes(range(100, 132))), MasterKey(bytes(range(50, 82)))
BOTH = KeyRing([HEIR, FORMER])
SEALED = ("key_id", "wrapped_key", "nonce", "ciphertext")


@pytest.fixture(params=databases.KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with databases.database(request.param, tmp_path) as opened_:
        fill(opened_, KeyRing([FORMER]))
        yield opened_


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrapping, "PORTION", 2)


def rewrap(database: Database) -> Rewrapped:
    return Rewrapping(database, SecretRewrapper(BOTH), heir=HEIR.id, former=FORMER.id, purpose=purpose_of).run()


def fails(database: Database, faults: Faults) -> bool:
    with faults.on(database.write_engine):
        try:
            rewrap(database)
        except StoreUnavailable:
            return True
    return False


@pytest.mark.parametrize("lost_answer", [pytest.param(False, id="refused"), pytest.param(True, id="answer lost")])
def test_a_database_that_fails_at_any_call_loses_nothing(database: Database, *, lost_answer: bool) -> None:
    at = 1
    while fails(database, Faults(at=at, lost_answer=lost_answer)):
        assert opened(database, BOTH) == texts()
        at += 1

    assert at > 3
    assert opened(database, KeyRing([HEIR])) == texts()
    assert len(SqlAudit(database).entries(AuditFilter(action=ROTATED), limit=10)) == 1
    with database.reading() as connection:
        assert isinstance(verify_trail(connection), Proof)


def test_what_was_done_is_not_done_again(database: Database) -> None:
    assert rewrap(database) == Rewrapped(count=6, under_heir=6)
    before = list(SqlCredentials(database).credentials())

    assert rewrap(database) == Rewrapped(count=0, under_heir=6)
    assert list(SqlCredentials(database).credentials()) == before


def test_wrapping_again_is_no_change_of_a_credential(database: Database) -> None:
    before = len(SqlAudit(database).entries(AuditFilter(), limit=1000))

    rewrap(database)

    assert len(SqlAudit(database).entries(AuditFilter(), limit=1000)) == before + 1


def unreadable(database: Database) -> set[str]:
    """The ids of the credentials that do not open."""
    opener, broken = SecretOpener(KeyRing([FORMER])), set()
    for each in SqlCredentials(database).credentials():
        try:
            assert opener.open(each).reveal() == texts()[each.credential.id]
        except SealBroken:
            broken.add(each.credential.id)
    return broken


def test_sealed_secrets_that_are_exchanged_between_any_two_rows_open_in_neither(database: Database) -> None:
    ids = sorted(texts())
    for one, other in [(a, b) for a in ids for b in ids if a < b]:
        with database.importing() as connection:
            rows = {
                row.id: {name: getattr(row, name) for name in SEALED}
                for row in connection.execute(select(credential).where(credential.c.id.in_([one, other])))
            }
            for taken, given in ((one, other), (other, one)):
                connection.execute(update(credential).where(credential.c.id == taken).values(**rows[given]))
        assert unreadable(database) == {one, other}
        with database.importing() as connection:
            for each, values in rows.items():
                connection.execute(update(credential).where(credential.c.id == each).values(**values))

    assert unreadable(database) == set()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        pytest.param("id", "another", id="row"),
        pytest.param("scope", "organization:o-2", id="tenant"),
        pytest.param("scope", "project:o-1/p-2", id="project"),
        pytest.param("scope", "platform", id="wider scope"),
        pytest.param("version", 2, id="version"),
        pytest.param("entry_uid", None, id="no entry"),
        pytest.param("origins", '["https://evil.example"]', id="origin"),
        pytest.param("origins", '["https://api.openai.com","https://evil.example"]', id="one origin more"),
        pytest.param("key_id", HEIR.id, id="master key"),
    ],
)
def test_a_row_that_is_altered_around_its_secret_does_not_open(
    database: Database, column: str, value: str | int | None
) -> None:
    with database.importing() as connection:
        if column == "entry_uid":
            connection.execute(update(credential).where(credential.c.id == "own-user").values(name="named now"))
        connection.execute(update(credential).where(credential.c.id == "own-user").values({column: value}))

    assert unreadable(database) == {"another" if column == "id" else "own-user"}


def test_a_secret_that_is_given_to_another_entry_does_not_open(database: Database) -> None:
    with database.importing() as connection:
        of_project = select(credential.c.entry_uid).where(credential.c.id == "own-project")
        uid = connection.execute(of_project).scalar_one()
        connection.execute(update(credential).where(credential.c.id == "own-project").values(entry_uid=None, name="x"))
        connection.execute(update(credential).where(credential.c.id == "own-user").values(entry_uid=uid))

    assert unreadable(database) == {"own-project", "own-user"}


@pytest.mark.parametrize(("column", "value"), [("name", "renamed"), ("is_default", True), ("updated_at", 9.0)])
def test_what_is_not_about_the_secret_may_change(database: Database, column: str, value: str | float) -> None:
    with database.importing() as connection:
        connection.execute(update(credential).where(credential.c.id == "named").values({column: value}))

    assert unreadable(database) == set()


def test_a_signing_key_does_not_open_under_another_id(database: Database) -> None:
    with database.importing() as connection:
        connection.execute(update(signing_key).values(id="another"))

    assert not can_sign(SqlDirectory(database).load().signing_keys, SecretOpener(KeyRing([FORMER])))
