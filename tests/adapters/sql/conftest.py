"""An open SQLite database, and an empty PostgreSQL one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.opening import open_database
from headgate.core.secret import Secret
from tests.databases import postgresql_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def postgresql_url() -> Iterator[Secret]:
    with postgresql_database() as url:
        yield url
