"""Waiting for a client that takes nothing."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from headgate.web.lane_flow import LaneFlow


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def flow() -> LaneFlow:
    return LaneFlow(cast("asyncio.Transport", None))


@pytest.mark.anyio
async def test_nobody_waits_for_a_client_that_takes_what_comes(flow: LaneFlow) -> None:
    await flow.drain()

    flow.pause_writing()
    flow.resume_writing()
    await flow.drain()


@pytest.mark.anyio
async def test_everybody_waits_until_the_client_takes_more(flow: LaneFlow) -> None:
    flow.pause_writing()
    waiting = [asyncio.ensure_future(flow.drain()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)

    flow.resume_writing()
    await asyncio.gather(*waiting)


@pytest.mark.anyio
async def test_a_client_that_stops_again_is_waited_for_again(flow: LaneFlow) -> None:
    flow.pause_writing()
    first = asyncio.ensure_future(flow.drain())
    await asyncio.sleep(0)
    flow.resume_writing()
    flow.pause_writing()
    second = asyncio.ensure_future(flow.drain())
    await first

    assert not second.done()
    flow.resume_writing()
    await second


def test_a_connection_has_no_event_of_its_own(flow: LaneFlow) -> None:
    assert not vars(flow)
