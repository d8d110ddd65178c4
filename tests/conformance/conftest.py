"""Every test of this folder runs on every database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.ledger.opening import LedgerDatabase, open_ledger
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.adapters.sql.verification import SqlVerifications
from headgate.gateway.stores import CatalogueStore, CredentialStore, DirectoryStore, VerificationStore
from tests import databases


@pytest.fixture(params=databases.KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with databases.database(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def catalogue(database: Database) -> CatalogueStore:
    return SqlCatalogue(database)


@pytest.fixture
def credentials(database: Database) -> CredentialStore:
    return SqlCredentials(database)


@pytest.fixture
def directory(database: Database) -> DirectoryStore:
    return SqlDirectory(database)


@pytest.fixture
def verifications(database: Database) -> VerificationStore:
    return SqlVerifications(database)


@pytest.fixture(params=databases.KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerDatabase]:
    if request.param == "sqlite":
        opened = open_ledger(tmp_path)
        yield opened
        opened.close()
        return
    with databases.postgresql_database() as url:
        opened = open_ledger(tmp_path, url)
        yield opened
        opened.close()


@pytest.fixture
def store(ledger: LedgerDatabase) -> SqlLedger:
    return SqlLedger(ledger)
