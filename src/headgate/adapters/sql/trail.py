"""What a transaction changes, written into the audit trail before it commits.

Every statement that the transaction executes passes here. One that changes a table that is audited has the rows that
it is about read first; at the end they are read again, and each that differs becomes a row of the trail. So a store
cannot forget the trail, and neither can a use case: whatever was committed is in it, and nothing else is. What the
database does by itself, such as deleting what hangs on a deleted row, is told by the row that it hangs on.

One process writes a database, one transaction at a time, so the last row of the trail is the one before the next.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection, Delete, Insert, Table, TextClause, Update, event, select
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.sql.dml import UpdateBase

from headgate.access.audit import GENESIS, AuditEvent, chained, difference, written
from headgate.adapters.sql.audited import AUDITED, Audited, Stored
from headgate.adapters.sql.tables import audit, counter
from headgate.adapters.sql.upsert import upsert
from headgate.core.json import Json
from headgate.gateway.acting import acting

AUDIT_COUNTER: Final = "audit"
"""How many rows the trail has: the loss of the last ones shows by it."""

_PORTION: Final = 400
_WORD: Final = re.compile(r"\w+")

Key = tuple[str, ...]
Parameters = Mapping[str, Json]


class Trail:
    """Follows one transaction on `connection`, from its first statement to `write`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before: dict[tuple[str, Key], Stored | None] = {}
        event.listen(connection, "before_execute", self._executes)
        event.listen(connection, "before_cursor_execute", _reaches_the_driver)

    def write(self) -> None:
        """Add what has changed to the trail."""
        touched: dict[str, list[Key]] = {}
        for name, key in self._before:
            touched.setdefault(name, []).append(key)
        after = {name: _rows(self._connection, _table(name), keys) for name, keys in touched.items()}
        events = (self._event(name, key, before, after[name].get(key)) for (name, key), before in self._before.items())
        append(self._connection, [each for each in events if each is not None])
        self._before.clear()

    def _executes(
        self,
        connection: Connection,
        statement: object,
        many: Sequence[Parameters],
        one: Parameters,
        _: object,
    ) -> None:
        if isinstance(statement, TextClause):
            _demand_apart(statement.text)
        if not isinstance(statement, UpdateBase) or not isinstance(statement.table, Table):
            return
        table = statement.table
        if table.name not in AUDITED:
            return
        if isinstance(statement, Delete) and not AUDITED[table.name].ends:
            # Nobody is told of it, and there may be more of these rows than memory holds.
            return
        given = many or [one]
        if isinstance(statement, Insert):
            keys = [_inserted(table, parameters) for parameters in given]
            self._keep(table.name, keys, _rows(connection, table, keys))
        elif isinstance(statement, Update | Delete):
            for parameters in given:
                found = connection.execute(select(table).where(*statement._where_criteria), parameters)  # noqa: SLF001
                rows = {_key(table, row): row for row in (dict(each) for each in found.mappings())}
                self._keep(table.name, rows, rows)

    def _keep(self, name: str, keys: Iterable[Key], rows: Mapping[Key, Stored]) -> None:
        for key in keys:
            self._before.setdefault((name, key), rows.get(key))

    def _event(self, name: str, key: Key, before: Stored | None, after: Stored | None) -> AuditEvent | None:
        how = AUDITED[name]
        row = after or before
        if row is None or (after is None and not how.ends) or (how.names and key[0] not in how.names):
            return None
        columns = tuple(column.name for column in _table(name).primary_key)
        found = difference(how.told(before, columns), how.told(after, columns), secrets=how.secrets)
        if before is not None and after is not None and not found:
            return None
        who = acting()
        return AuditEvent(
            at=time.time(),
            actor=who.actor,
            credential=who.credential,
            source=who.source,
            organization=how.organization(self._connection, row),
            action=f"{how.word}.{_verb(before, after)}",
            subject=_subject(how, key),
            difference=written(found),
        )


def append(connection: Connection, events: Sequence[AuditEvent]) -> None:
    """Add rows to the trail, inside a transaction of the one writer."""
    if not events:
        return
    last = connection.execute(
        select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
    ).one_or_none()
    number, head = (0, GENESIS) if last is None else (last.number, last.hash)
    rows = []
    for each in events:
        number += 1
        entry = chained(number, each, before_hash=head)
        head = entry.hash
        rows.append(
            {
                "number": number,
                "at": each.at,
                "actor": each.actor,
                "credential": each.credential,
                "organization_id": each.organization or None,
                "source": each.source,
                "action": each.action,
                "subject": each.subject,
                "difference": each.difference,
                "before_hash": entry.before_hash,
                "hash": entry.hash,
            }
        )
    connection.execute(sa.insert(audit), rows)
    upsert(connection, counter, rows=[{"name": AUDIT_COUNTER, "value": number}])


def _reaches_the_driver(
    _connection: Connection,
    _cursor: DBAPICursor,
    statement: str,
    _parameters: object,
    context: ExecutionContext,
    _many: bool,  # noqa: FBT001 - SQLAlchemy passes it by position
) -> None:
    """What was given to the driver itself is seen here only."""
    if context.compiled is None:
        _demand_apart(statement)


def _demand_apart(text: str) -> None:
    """TypeError for text that names a table which is audited: nothing is known of the rows that it changes."""
    if AUDITED.keys() & _WORD.findall(text.lower()):
        raise TypeError(f"what {text!r} changes cannot be followed; accepted: statements on tables")


def _verb(before: Stored | None, after: Stored | None) -> str:
    if before is None:
        return "created"
    if after is None:
        return "deleted"
    revoked = "revoked_at" in after and before["revoked_at"] is None and after["revoked_at"] is not None
    return "revoked" if revoked else "updated"


def _subject(how: Audited, key: Key) -> str:
    return f"{how.word}:{'/'.join(how.names.get(each, each) for each in key)}"


def _table(name: str) -> Table:
    return audit.metadata.tables[name]


def _inserted(table: Table, parameters: Parameters) -> Key:
    names = [column.name for column in table.primary_key]
    if not all(name in parameters for name in names):
        # Values that are part of the statement would have to be guessed at; a store that does this fails its tests.
        raise TypeError(f"rows of {table.name!r}, which is audited, are inserted as parameters that name {names}")
    return tuple(parameters[name] for name in names)


def _key(table: Table, row: Stored) -> Key:
    return tuple(row[column.name] for column in table.primary_key)


def _rows(connection: Connection, table: Table, keys: Sequence[Key]) -> dict[Key, Stored]:
    """The rows of these keys that exist."""
    columns = tuple(table.primary_key)
    found: dict[Key, Stored] = {}
    for start in range(0, len(keys), _PORTION):
        portion = keys[start : start + _PORTION]
        single = len(columns) == 1
        wanted = columns[0].in_([key[0] for key in portion]) if single else sa.tuple_(*columns).in_(portion)
        for row in connection.execute(select(table).where(wanted)).mappings():
            found[_key(table, dict(row))] = dict(row)
    return found
