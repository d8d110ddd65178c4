"""The town is made once: whoever asks about a tenant that is not theirs changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.isolation.compared import Asker, askers
from tests.isolation.running import running
from tests.isolation.tenants import Town


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running(tmp_path_factory.mktemp("town") / "data") as gateway:
        yield Town(gateway)


@pytest.fixture(scope="package")
def by_carrier(town: Town) -> dict[str, Asker]:
    return askers(town)
