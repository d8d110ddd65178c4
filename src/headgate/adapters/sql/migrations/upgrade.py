"""Runs the steps that a database has not seen, in the caller's transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from headgate.adapters.sql.tables import schema_version

PLACE: Final = Path(__file__).parent


def steps() -> ScriptDirectory:
    """The steps as they lie in the package."""
    return ScriptDirectory(str(PLACE))


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest schema. A step that fails takes the earlier ones with it."""
    context = MigrationContext.configure(connection, opts={"version_table": schema_version.name})
    script = steps()
    missing = list(script.iterate_revisions("head", context.get_current_revision() or "base"))
    with Operations.context(context):
        for step in reversed(missing):
            step.module.upgrade()
    context.stamp(script, "head")
