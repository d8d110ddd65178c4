"""Filling a database by the hundred thousand, for measurements and imports.

What is written is what single writes would have left: entries with their revisions, keys with their digests. It is
only written in large portions, and no snapshot, no directory in memory and no audit trail hears of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import insert, select

from headgate.access.identity import OrganizationKey
from headgate.adapters.sql.catalogue import add_revision, entry_values, take_numbers
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import key_values
from headgate.adapters.sql.schema import REVISION_COUNTER
from headgate.adapters.sql.tables import counter, entry, organization_key
from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.revision import Action, Change, Revision
from headgate.catalogue.scope import Scope
from headgate.core.ids import uuid7

T = TypeVar("T")

PORTION: Final = 10_000


def seed_entries(database: Database, documents: Iterable[Document], *, scope: Scope, by: str, at: float) -> int:
    """Add entries to a scope, one revision for each portion of them; how many there were.

    `documents` are valid and their names free. A portion is written whole or not at all.
    """
    count = 0
    for portion in _portions(documents):
        with database.importing() as connection:
            head = connection.execute(select(counter.c.value).where(counter.c.name == REVISION_COUNTER)).scalar_one()
            entries = [
                ModelEntry(
                    uid=uuid7(at, os.urandom(10)),
                    number=number,
                    scope=scope,
                    document=document,
                    revision=head + 1,
                    created_at=at,
                    created_by=by,
                    updated_at=at,
                    updated_by=by,
                )
                for number, document in zip(take_numbers(connection, len(portion)), portion, strict=True)
            ]
            changes = tuple(Change(None, each) for each in entries)
            revision = Revision(number=head + 1, scope=scope, at=at, by=by, action=Action.CREATE, changes=changes)
            add_revision(connection, revision)
            connection.execute(insert(entry), [entry_values(each) for each in entries])
        count += len(portion)
    return count


def seed_keys(database: Database, keys: Iterable[OrganizationKey]) -> int:
    """Add organization keys; how many there were. A portion is written whole or not at all."""
    count = 0
    for portion in _portions(keys):
        with database.importing() as connection:
            connection.execute(insert(organization_key), [key_values(key) for key in portion])
        count += len(portion)
    return count


def _portions(items: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(items)
    while portion := list(islice(remaining, PORTION)):
        yield portion
