"""A sample of the tenants' isolation on PostgreSQL, whose statements are its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import databases
from tests.isolation.compared import askers, differences
from tests.isolation.running import running
from tests.isolation.scenarios import management
from tests.isolation.tenants import Town


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with (
        databases.postgresql_database() as url,
        running(tmp_path_factory.mktemp("postgresql") / "data", database=url) as gateway,
    ):
        yield Town(gateway)


def test_the_other_tenants_words_say_nothing(on_postgresql: Town) -> None:
    asker = askers(on_postgresql)["session token"]
    scenarios = [each for each in management() if not each.route.endswith("/")]

    found = [line for each in scenarios for line in differences(on_postgresql, each, asker, every=False)]

    assert not found, "\n".join(found)
