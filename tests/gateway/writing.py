"""A desk for tests of the catalogue's use cases: a real SQLite store, real sealing, a clock that stands still."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from headgate.adapters.sealing.envelope import KeyRing, SecretSealer
from headgate.adapters.sealing.master_key import MasterKey
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.opening import open_database
from headgate.adapters.sql.verification import SqlVerifications
from headgate.catalogue.entry import Document
from headgate.catalogue.merge import written
from headgate.catalogue.offer import offer
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.scope import Scope, organization
from headgate.catalogue.snapshot import Snapshot
from headgate.core.ids import uuid7
from headgate.core.json import Json
from headgate.core.principal import Principal, PrincipalKind
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Current, Desk, Item, Write
from headgate.gateway.board import VerificationBoard
from headgate.gateway.bundled import BundledPrices, knows_none
from headgate.gateway.credentials import CredentialBook
from headgate.gateway.prices import Prices

ACME = organization("acme-id")
OTHER = organization("other-id")

ROOT = Principal(
    id="user:root",
    kind=PrincipalKind.USER,
    credential="t",
    user="root",
    organization="acme-id",
    organization_slug="acme",
    platform_admin=True,
    permissions=frozenset({"llm:*"}),
    scopes=("user:acme-id/root", "organization:acme-id", "platform"),
)
MANAGER = Principal(
    id="key:manager",
    kind=PrincipalKind.KEY,
    credential="k",
    organization="acme-id",
    organization_slug="acme",
    permissions=frozenset({"llm:governance:manage", "llm:credentials:use", "llm:credentials:manage"}),
    scopes=("organization:acme-id", "platform"),
)
KEEPER = msgspec.structs.replace(MANAGER, id="key:keeper", permissions=frozenset({"llm:governance:manage"}))
CALLER = msgspec.structs.replace(MANAGER, id="key:caller", permissions=frozenset({"llm:completions:use"}))
STRANGER = msgspec.structs.replace(
    MANAGER,
    id="key:stranger",
    organization="other-id",
    organization_slug="other",
    scopes=("organization:other-id", "platform"),
)


class StillClock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.time = 1_763_600_000.0

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.time


@contextmanager
def desk_at(directory: Path, *, bundled: BundledPrices = knows_none) -> Iterator[Desk]:
    """A desk on the database in a directory, as a start of the server makes it."""
    database = open_database(directory)
    clock, store, credentials = StillClock(), SqlCatalogue(database), SqlCredentials(database)
    offers = [offer(entry, BUNDLED) for entry in store.entries()]
    book = CredentialBook(credentials.credentials())
    try:
        yield Desk(
            current=Current(Snapshot.of(offers, store.head())),
            store=store,
            credential_store=credentials,
            book=book,
            board=VerificationBoard(SqlVerifications(database)),
            sealer=SecretSealer(KeyRing([MasterKey(bytes(range(32)))])),
            providers=BUNDLED,
            clock=clock,
            new_uid=lambda: uuid7(clock.time, os.urandom(10)),
            prices=Prices(book),
            bundled=bundled,
        )
    finally:
        database.close()


def database_of(desk: Desk) -> Database:
    """The database that a desk writes: one process opens it once."""
    assert isinstance(desk.store, SqlCatalogue)
    return desk.store._database  # noqa: SLF001


def document(name: str, **fields: Json) -> Document:
    return written(None, {"name": name, "kind": "chat", "provider": "openai", **fields})


def write(name: str, secret: Secret | UnsetType | None = UNSET, **fields: Json) -> Write:
    return Write(document(name, **fields), secret)


def change(secret: Secret | UnsetType | None = UNSET, **fields: Json) -> Callable[[Document], Write]:
    return lambda before: Write(written(before, fields), secret)


def item(name: str, secret: Secret | UnsetType | None = UNSET, **fields: Json) -> Item:
    """An item of a bulk replace that sets fields and leaves the others as they are."""
    return Item(
        name,
        lambda before: Write(written(before, fields) if before is not None else document(name, **fields), secret),
    )


def administer(desk: Desk) -> Administer:
    return Administer(desk)


def names(desk: Desk, scope: Scope) -> list[str]:
    shelf = desk.snapshot.shelf(scope.key)
    return [each.name for each in shelf.offers()] if shelf is not None else []
