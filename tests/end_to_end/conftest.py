"""The gateways that tests share. Each serves real sockets, and ends with the session as an operator would end it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.gateway import Gateway, serving
from tests.end_to_end.house import House, house_at


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One with the settings that an operator gets."""
    with serving(tmp_path_factory.mktemp("gateway") / "data") as gateway:
        yield gateway


@pytest.fixture(scope="session")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One that does not wait long for upstreams."""
    settings = {"HEADGATE_FIRST_BYTE_TIMEOUT": "1", "HEADGATE_IDLE_TIMEOUT": "1"}
    with serving(tmp_path_factory.mktemp("hasty") / "data", settings) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One with an identity provider."""
    with house_at(tmp_path_factory.mktemp("house") / "data") as house:
        yield house
