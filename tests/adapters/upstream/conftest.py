"""Every test of this folder that is a coroutine runs on both event loops."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from headgate.adapters.upstream.limits import UpstreamLimits
from tests.adapters.upstream.rig import Rig


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
    ]
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = Rig()
    yield rig
    await rig.close()


@pytest.fixture
async def narrow() -> AsyncIterator[Rig]:
    """One connection, and one that waits for it."""
    rig = Rig(limits=UpstreamLimits(connections=1, waiters=1))
    yield rig
    await rig.close()
