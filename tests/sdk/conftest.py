"""The official packages, unmodified, before a gateway whose upstream is aimock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.end_to_end.gateway import Gateway, serving
from tests.end_to_end.provider import aimock


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with serving(tmp_path_factory.mktemp("sdk") / "data") as gateway:
        yield gateway


@pytest.fixture(scope="session")
def upstream() -> Iterator[str]:
    """The address of aimock."""
    with aimock(Path(__file__).with_name("aimock.json")) as address:
        yield address


@pytest.fixture(scope="session")
def model(gateway: Gateway, upstream: str) -> str:
    """An entry that aimock answers."""
    return gateway.add(upstream)


@pytest.fixture(scope="session")
def key(gateway: Gateway) -> str:
    return gateway.key()


@pytest.fixture
def client(gateway: Gateway, key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.address}/v1", api_key=key, max_retries=0) as client:
        yield client
