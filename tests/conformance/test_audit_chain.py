"""The audit trail's chain: no row of it can be changed, removed or replaced without being told by `audit verify`."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import delete, update

from headgate.access.audit import AuditEntry, Break, Proof, chained
from headgate.adapters.sql.audit import SqlAudit, verify_trail
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.tables import audit
from headgate.gateway.audit import AuditFilter
from tests.catalogue_writing import create


def rows(database: Database) -> list[AuditEntry]:
    """Oldest first."""
    return SqlAudit(database).entries(AuditFilter(), limit=1000)[::-1]


def proof(database: Database) -> Proof | Break:
    with database.reading() as connection:
        return verify_trail(connection)


COLUMNS = [column.name for column in audit.c if column.name not in {"number", "hash", "before_hash"}]


@pytest.mark.parametrize("column", COLUMNS)
def test_no_value_of_a_row_can_be_changed(database: Database, column: str) -> None:
    create(SqlCatalogue(database), "a", "b", "c")
    with database.importing() as connection:
        value = 5.0 if column == "at" else "tampered"
        connection.execute(update(audit).where(audit.c.number == 2).values({column: value}))

    assert proof(database) == Break(2, "row 2 does not have the hash of what it says")


@pytest.mark.parametrize(
    ("number", "why"),
    [
        pytest.param(1, "row 1 is missing: row 2 follows row 0", id="the first"),
        pytest.param(2, "row 2 is missing: row 3 follows row 1", id="one between"),
        pytest.param(3, "3 rows were written, and the trail ends with row 2", id="the last"),
    ],
)
def test_no_row_can_be_removed(database: Database, number: int, why: str) -> None:
    create(SqlCatalogue(database), "a", "b", "c")
    with database.importing() as connection:
        connection.execute(delete(audit).where(audit.c.number == number))

    assert proof(database) == Break(number, why)


def test_a_row_that_is_written_with_a_hash_of_its_own_breaks_the_next(database: Database) -> None:
    create(SqlCatalogue(database), "a", "b", "c")
    first, second, _ = rows(database)
    forged = msgspec.structs.replace(second.event, actor="user:nobody")
    with database.importing() as connection:
        found = chained(2, forged, before_hash=first.hash)
        connection.execute(update(audit).where(audit.c.number == 2).values(actor="user:nobody", hash=found.hash))

    assert proof(database) == Break(3, "row 3 does not hold the hash of the row before it")
