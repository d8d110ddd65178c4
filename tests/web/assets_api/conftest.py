"""A project's models, over a database of its own for each test, or for all tests of a module that change nothing."""

from __future__ import annotations

import pytest

from tests.web.api import Api
from tests.web.assets_api.project import Assets


@pytest.fixture
def assets(api: Api) -> Assets:
    return Assets(api)


@pytest.fixture(scope="module")
def still(quiet: Api) -> Assets:
    return Assets(quiet)
