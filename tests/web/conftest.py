"""The management APIs over a database of its own for each test, or for all tests of a module that change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.api import Api, api_at


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with api_at(tmp_path) as api:
        yield api


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with api_at(tmp_path_factory.mktemp("quiet")) as api:
        yield api
