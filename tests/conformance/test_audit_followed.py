"""The audit trail follows statements on tables: it refuses what it cannot follow, and reads no more than it tells."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable, event, insert, text

from headgate.adapters.sql.audit import SqlAudit
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.tables import share
from headgate.gateway.audit import AuditFilter
from tests.catalogue_writing import create, credential, deleted, revision


@pytest.mark.parametrize(
    "statement",
    [insert(share).values(uid="x"), text("DELETE FROM share"), text("DELETE FROM SHARE")],
    ids=["values", "text", "upper case"],
)
def test_what_cannot_be_followed_is_refused(database: Database, statement: Executable) -> None:
    with pytest.raises(TypeError, match=r"cannot be followed|are inserted as"), database.writing() as connection:
        connection.execute(statement)


def test_what_goes_to_the_driver_itself_is_refused(database: Database) -> None:
    with pytest.raises(TypeError, match="DELETE FROM share"), database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM share")


def test_sessions_that_are_forgotten_are_not_read(database: Database) -> None:
    read: list[str] = []
    event.listen(database.write_engine, "before_cursor_execute", lambda _c, _u, statement, *_: read.append(statement))

    SqlDirectory(database).forget_sessions(ended_before=3.0)

    assert [each.split()[0] for each in read if "session" in each] == ["DELETE"]


def test_a_thousand_secrets_come_in_few_statements_and_each_is_told(database: Database) -> None:
    executed: list[str] = []
    event.listen(database.write_engine, "before_cursor_execute", lambda *given: executed.append(given[2]))

    SqlCredentials(database).put([credential(f"c-{number}", name=f"c-{number}") for number in range(1000)])

    assert len(executed) < 30
    told = SqlAudit(database).entries(AuditFilter(action="credential.created"), limit=2000)
    assert {each.event.subject for each in told} == {f"credential:c-{number}" for number in range(1000)}


def test_a_thousand_entries_go_in_few_statements_and_each_is_told(database: Database) -> None:
    catalogue = SqlCatalogue(database)
    entries = create(catalogue, *(f"model-{number}" for number in range(1000)))
    executed: list[str] = []
    event.listen(database.write_engine, "before_cursor_execute", lambda *given: executed.append(given[2]))

    catalogue.commit(revision(2, *deleted(*entries)))

    assert len(executed) < 30
    told = SqlAudit(database).entries(AuditFilter(action="model.deleted"), limit=2000)
    assert {each.event.subject for each in told} == {f"model:{each.uid}" for each in entries}
    assert list(catalogue.entries()) == []
