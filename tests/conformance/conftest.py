"""Every test of this folder runs on every database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
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
