"""Entries and revisions in SQL.

A revision, its changes, the entries' new state, their own credentials and the shares that new ones come with are one
transaction. The counter of revisions is moved by comparison, so numbers have no gaps and no two writers can both be
next; its row stays locked until the transaction has ended, which is how a lost outcome is found out for certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from headgate.adapters.sql.credentials import drop_credentials, put_credentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.dropping import drop_rows
from headgate.adapters.sql.schema import NUMBER_COUNTER, REVISION_COUNTER
from headgate.adapters.sql.sharing import put_shares
from headgate.adapters.sql.tables import counter, entry, revision, revision_change
from headgate.adapters.sql.upsert import Values, upsert
from headgate.catalogue import scope as scopes_
from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.revision import Action, Change, Revision
from headgate.catalogue.scope import Scope
from headgate.catalogue.share import Share
from headgate.core.errors import Conflict, StoreUnavailable
from headgate.core.json import encode

_DOCUMENT: Final = msgspec.json.Decoder(Document)
_ENTRY: Final = msgspec.json.Decoder(ModelEntry)
_FETCH: Final = 1000


class SqlCatalogue:
    """The CatalogueStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> int:
        with self._database.reading() as connection:
            return _count(connection, REVISION_COUNTER)

    def entries(self) -> Iterator[ModelEntry]:
        with self._database.reading() as connection:
            rows = connection.execution_options(yield_per=_FETCH).execute(select(entry).order_by(entry.c.number))
            for row in rows:
                yield _entry(row)

    def next_numbers(self, count: int) -> Sequence[int]:
        with self._database.writing() as connection:
            return take_numbers(connection, count)

    def commit(
        self,
        revision: Revision,
        *,
        put: Sequence[StoredCredential] = (),
        drop: Sequence[str] = (),
        shares: Sequence[Share] = (),
    ) -> None:
        with self._database.writing(happened=lambda: self._is_written(revision)) as connection:
            add_revision(connection, revision)
            _change_entries(connection, revision.changes)
            drop_credentials(connection, drop)
            put_credentials(connection, put)
            put_shares(connection, shares)

    def revisions(self, scopes: Sequence[Scope], *, before: int | None, limit: int, name: str | None) -> list[Revision]:
        keys = [scope.key for scope in scopes]
        wanted = select(revision).where(revision.c.scope.in_(keys)).order_by(revision.c.number.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(revision.c.number < before)
        if name is not None:
            named = select(revision_change.c.revision).where(
                revision_change.c.scope.in_(keys), revision_change.c.name == name
            )
            wanted = wanted.where(revision.c.number.in_(named))
        with self._database.reading() as connection:
            return _with_changes(connection, connection.execute(wanted).all())

    def revision(self, number: int) -> Revision | None:
        with self._database.reading() as connection:
            rows = connection.execute(select(revision).where(revision.c.number == number)).all()
            # A number that is not there is asked for with the same statements as one that is.
            return next(iter(_with_changes(connection, rows, of=revision_change.c.revision == number)), None)

    def revisions_of(
        self, scope: Scope, uid: str, *, before: int | None, limit: int, until: float | None = None
    ) -> list[Revision]:
        its = (revision_change.c.scope == scope.key) & (revision_change.c.uid == uid)
        wanted = (
            select(revision)
            .join(revision_change, revision_change.c.revision == revision.c.number)
            .where(its)
            .order_by(revision.c.number.desc())
            .limit(limit)
        )
        if before is not None:
            wanted = wanted.where(revision.c.number < before)
        if until is not None:
            wanted = wanted.where(revision.c.made_at <= until)
        with self._database.reading() as connection:
            rows = connection.execute(wanted).all()
            numbers = revision_change.c.revision.in_([row.number for row in rows])
            return _with_changes(connection, rows, of=its & numbers)

    def entries_at(self, scope: Scope, number: int, *, names: Sequence[str] | None = None) -> list[ModelEntry]:
        changes = select(revision_change.c.uid, func.max(revision_change.c.revision).label("revision")).where(
            revision_change.c.scope == scope.key, revision_change.c.revision <= number
        )
        if names is not None:
            named = select(revision_change.c.uid).where(
                revision_change.c.scope == scope.key, revision_change.c.name.in_(names)
            )
            changes = changes.where(revision_change.c.uid.in_(named))
        latest = changes.group_by(revision_change.c.uid).subquery()
        state = (
            select(revision_change.c.after)
            .join(
                latest,
                (revision_change.c.uid == latest.c.uid) & (revision_change.c.revision == latest.c.revision),
            )
            .where(revision_change.c.scope == scope.key, revision_change.c.after.is_not(None))
            .order_by(revision_change.c.number)
        )
        with self._database.reading() as connection:
            # By the portion: fetching everything at once is one call that no other thread runs beside.
            rows = connection.execution_options(yield_per=_FETCH).execute(state)
            return [_ENTRY.decode(after) for after in rows.scalars()]

    def _is_written(self, made: Revision) -> bool:
        """Whether this very revision is in the database, asked when its commit failed half-way."""
        try:
            with self._database.writing() as connection:
                # Waits until the transaction in doubt is over, if the server still works on it.
                connection.execute(select(counter).where(counter.c.name == REVISION_COUNTER).with_for_update())
                row = (
                    connection.execute(select(revision).where(revision.c.number == made.number))
                    .mappings()
                    .one_or_none()
                )
        except StoreUnavailable as error:
            raise StoreUnavailable(
                f"the database failed while it committed revision {made.number}, and does not say whether it did"
            ) from error
        return row is not None and _values(made) == dict(row)


def take_numbers(connection: Connection, count: int) -> range:
    """The next `count` row ids of entries. They are spent even if nobody uses them."""
    last = connection.execute(
        update(counter)
        .where(counter.c.name == NUMBER_COUNTER)
        .values(value=counter.c.value + count)
        .returning(counter.c.value)
    ).scalar_one()
    return range(last - count + 1, last + 1)


def add_revision(connection: Connection, made: Revision) -> None:
    """Write a revision and its changes; Conflict unless it is the next."""
    moved = connection.execute(
        update(counter)
        .where(counter.c.name == REVISION_COUNTER, counter.c.value == made.number - 1)
        .values(value=made.number)
    )
    if moved.rowcount != 1:
        head = _count(connection, REVISION_COUNTER)
        raise Conflict(f"revision {made.number} does not follow revision {head}; accepted: {head + 1}")
    connection.execute(insert(revision), [_values(made)])
    if made.changes:
        connection.execute(
            insert(revision_change),
            [_change_values(made, position, change) for position, change in enumerate(made.changes)],
        )


def entry_values(state: ModelEntry) -> Values:
    """The row of an entry."""
    return {
        "uid": state.uid,
        "number": state.number,
        "scope": state.scope.key,
        "name": state.name,
        "document": encode(state.document).decode(),
        "revision": state.revision,
        "created_at": state.created_at,
        "created_by": state.created_by,
        "updated_at": state.updated_at,
        "updated_by": state.updated_by,
        "private_egress": state.private_egress,
    }


def _change_entries(connection: Connection, changes: Sequence[Change]) -> None:
    # Deletions first: a name may pass from one entry to another within one revision.
    drop_rows(connection, entry.c.uid, keys=[change.entry.uid for change in changes if change.after is None])
    upsert(connection, entry, rows=[entry_values(change.after) for change in changes if change.after is not None])


def _count(connection: Connection, name: str) -> int:
    value: int = connection.execute(select(counter.c.value).where(counter.c.name == name)).scalar_one()
    return value


def _values(made: Revision) -> dict[str, str | int | float]:
    return {
        "number": made.number,
        "scope": made.scope.key,
        "made_at": made.at,
        "made_by": made.by,
        "action": made.action.value,
    }


def _change_values(made: Revision, position: int, change: Change) -> Values:
    return {
        "revision": made.number,
        "position": position,
        "scope": made.scope.key,
        "uid": change.entry.uid,
        "number": change.entry.number,
        "name": change.entry.name,
        "before": encode(change.before).decode() if change.before is not None else None,
        "after": encode(change.after).decode() if change.after is not None else None,
    }


def _entry(row: Row[tuple[object, ...]]) -> ModelEntry:
    return ModelEntry(
        uid=row.uid,
        number=row.number,
        scope=scopes_.parse(row.scope),
        document=_DOCUMENT.decode(row.document),
        revision=row.revision,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        private_egress=row.private_egress,
    )


def _with_changes(
    connection: Connection, rows: Iterable[Row[tuple[object, ...]]], *, of: ColumnElement[bool] | None = None
) -> list[Revision]:
    """The revisions of `rows`. `of` says which changes are theirs, if that is known without them."""
    found = list(rows)
    changes: dict[int, list[Change]] = {row.number: [] for row in found}
    every = (
        select(revision_change.c.revision, revision_change.c.before, revision_change.c.after)
        .where(revision_change.c.revision.in_(list(changes)) if of is None else of)
        .order_by(revision_change.c.revision, revision_change.c.position)
    )
    for number, before, after in connection.execute(every):
        changes[number].append(Change(_state(before), _state(after)))
    return [
        Revision(
            number=row.number,
            scope=scopes_.parse(row.scope),
            at=row.made_at,
            by=row.made_by,
            action=Action(row.action),
            changes=tuple(changes[row.number]),
        )
        for row in found
    ]


def _state(text: str | None) -> ModelEntry | None:
    return None if text is None else _ENTRY.decode(text)
