"""The registry API with the town's people in the database too: shares and defaults refer to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.adapters.sql.directory import SqlDirectory
from tests.gateway.town import contents
from tests.gateway.writing import database_of
from tests.web.api import Api, api_at


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with api_at(tmp_path) as api:
        store, town = SqlDirectory(database_of(api.desk)), contents()
        for organization in town.organizations:
            store.put_organization(organization)
        for user in town.users:
            store.put_user(user)
        yield api
