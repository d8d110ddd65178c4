"""Brings a database to the schema in force, or refuses it.

An empty database gets the current tables at once: that is quick, needs no Alembic, and a test proves that the
migrations lead to the same. Only a database of an older schema pays for importing Alembic.
"""

from __future__ import annotations

import os
import time
from typing import Final

from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.exc import DBAPIError

from headgate.adapters.sql.failures import DatabaseRefused, SchemaTooNew, first_line
from headgate.adapters.sql.money_tables import METADATA
from headgate.adapters.sql.tables import counter, meta, schema_version
from headgate.core.ids import uuid7

VERSIONS: Final = ("0001", "0002", "0003")
"""Every schema there has been, oldest first. A test holds it against the migrations."""

REVISION_COUNTER: Final = "revision"
NUMBER_COUNTER: Final = "entry_number"
INSTALLATION_ID: Final = "installation_id"


def prepare(connection: Connection) -> None:
    """Inside a transaction of the process that holds the database's lock: create, migrate, or refuse."""
    found = version(connection)
    if found is None:
        _create(connection)
    elif found not in VERSIONS:
        raise SchemaTooNew(
            f"the database has schema {found!r}, which a newer Headgate has written; "
            f"this one knows schemas up to {VERSIONS[-1]!r}: start the newer one, or restore a backup"
        )
    elif found != VERSIONS[-1]:
        # Alembic takes half a second to import, and most starts have nothing to migrate.
        from headgate.adapters.sql.migrations.upgrade import upgrade  # noqa: PLC0415

        upgrade(connection)


def version(connection: Connection) -> str | None:
    """The schema of the database, None if it has none of ours."""
    if not inspect(connection).has_table(schema_version.name):
        return None
    return connection.execute(select(schema_version.c.version_num)).scalar_one_or_none()


def first_rows(connection: Connection) -> None:
    """What an installation has from its first moment."""
    wall = time.time()
    connection.execute(insert(meta), [{"name": INSTALLATION_ID, "value": uuid7(wall, os.urandom(10))}])
    connection.execute(insert(counter), [{"name": REVISION_COUNTER, "value": 0}, {"name": NUMBER_COUNTER, "value": 0}])


def _create(connection: Connection) -> None:
    try:
        METADATA.create_all(connection, checkfirst=False)
    except DBAPIError as error:
        raise DatabaseRefused(
            f"the tables cannot be created: {first_line(error)}; accepted: an empty database, "
            "and a role that may create tables in it"
        ) from error
    connection.execute(insert(schema_version), [{"version_num": VERSIONS[-1]}])
    first_rows(connection)
