"""Sealed provider credentials in SQL. What is sealed comes and goes as it is; nothing here could open it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, select, update

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.dropping import drop_rows
from headgate.adapters.sql.tables import credential
from headgate.adapters.sql.upsert import Values, upsert
from headgate.catalogue import scope as scopes_
from headgate.catalogue.credential import Credential, Sealed, StoredCredential
from headgate.core.json import encode

_ORIGINS: Final = msgspec.json.Decoder(tuple[str, ...])
_FETCH: Final = 1000


class SqlCredentials:
    """The CredentialStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def credentials(self) -> Iterator[StoredCredential]:
        with self._database.reading() as connection:
            rows = connection.execution_options(yield_per=_FETCH).execute(select(credential).order_by(credential.c.id))
            for row in rows:
                yield stored_credential(row)

    def put(self, stored: Sequence[StoredCredential]) -> None:
        with self._database.writing() as connection:
            put_credentials(connection, stored)

    def drop(self, ids: Sequence[str]) -> None:
        with self._database.writing() as connection:
            drop_credentials(connection, ids)


def put_credentials(connection: Connection, stored: Sequence[StoredCredential]) -> None:
    """Add or replace by id. A default takes that mark from any other of its scope and provider."""
    # Those of entries come by the hundred; a default is one at a time, and takes the mark before it has it.
    upsert(connection, credential, rows=[_values(each) for each in stored if not each.credential.default])
    for each in stored:
        if each.credential.default:
            _take_default(connection, each.credential)
            upsert(connection, credential, rows=[_values(each)])


def drop_credentials(connection: Connection, ids: Sequence[str]) -> None:
    drop_rows(connection, credential.c.id, keys=ids)


def _take_default(connection: Connection, heir: Credential) -> None:
    connection.execute(
        update(credential)
        .where(
            credential.c.scope == heir.scope.key,
            credential.c.provider == heir.provider,
            credential.c.id != heir.id,
            credential.c.is_default,
        )
        .values(is_default=False)
    )


def _values(stored: StoredCredential) -> Values:
    about, sealed = stored.credential, stored.sealed
    return {
        "id": about.id,
        "scope": about.scope.key,
        "provider": about.provider,
        "origins": encode(about.origins).decode(),
        "name": about.name or None,
        "entry_uid": about.entry,
        "is_default": about.default,
        "last4": about.last4,
        "version": about.version,
        "created_at": about.created_at,
        "created_by": about.created_by,
        "updated_at": about.updated_at,
        "key_id": sealed.key_id,
        "wrapped_key": sealed.wrapped_key,
        "nonce": sealed.nonce,
        "ciphertext": sealed.ciphertext,
    }


def stored_credential(row: Row[tuple[object, ...]]) -> StoredCredential:
    """What a row of the table holds."""
    return StoredCredential(
        Credential(
            id=row.id,
            scope=scopes_.parse(row.scope),
            provider=row.provider,
            origins=_ORIGINS.decode(row.origins),
            name=row.name or "",
            entry=row.entry_uid,
            default=row.is_default,
            last4=row.last4,
            version=row.version,
            created_at=row.created_at,
            created_by=row.created_by,
            updated_at=row.updated_at,
        ),
        Sealed(key_id=row.key_id, wrapped_key=row.wrapped_key, nonce=row.nonce, ciphertext=row.ciphertext),
    )
