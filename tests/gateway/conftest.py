"""The catalogue's desk, on an empty database, for the tests of its use cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.gateway.administer import Administer, Desk
from tests.gateway.writing import desk_at


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_at(tmp_path) as opened:
        yield opened


@pytest.fixture
def administer(desk: Desk) -> Administer:
    return Administer(desk)
