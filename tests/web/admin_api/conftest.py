"""An office, and a town hall, over a database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.hall import lay
from tests.web.admin_api.office import Office, office_at
from tests.web.api import Api, api_at


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path) as office:
        yield office


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Api]:
    """All management APIs, over a database that knows everybody of the town."""
    with api_at(tmp_path) as api:
        lay(api.tenancy.store)
        yield api
