"""SIGKILL at every named point of the road, and at any moment, under load: the next start makes it right.

The books are those of the upstream, which nobody kills. Every request that reached it has one row after the restart:
settled, with what the books say, or unknown, with what was held as exposure.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Final

import pytest

from tests.faults.life import Life
from tests.faults.points import REPLAYING, SERVING

KILLS: Final = int(os.environ.get("HEADGATE_KILLS", "6"))
"""At random moments."""
ROUND: Final = 6
"""So many in one test: a test that takes minutes is taken for one that hangs."""


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """One data directory for all: what one death left, the next ones find."""
    life = Life(tmp_path_factory.mktemp("kills"))
    yield life
    life.end()


def dies(life: Life, point: str) -> None:
    """Call until the gateway has killed itself there."""
    life.faults.point = f"{point}#{SERVING[point]}"
    life.call()
    assert life.program.ended() == -9
    life.faults.point = ""
    life.calls_end()


def comes_back(life: Life) -> None:
    """See that the next one says that it is ready only when nothing is left to be replayed, and that nothing is lost
    or told twice."""
    before = len(life.calls.whole)
    life.restart()

    assert len(list((life.data / "journal").iterdir())) == 1
    life.agrees()
    life.call()
    life.until_more_calls(20)
    life.stop_calling()
    assert len(life.calls.whole) > before


@pytest.mark.parametrize("point", SERVING)
def test_killed_at_a_point_of_the_road_it_comes_back_with_one_row_for_each_request(life: Life, point: str) -> None:
    dies(life, point)

    comes_back(life)


@pytest.mark.parametrize("point", REPLAYING)
def test_killed_while_it_replays_it_replays_again(life: Life, point: str) -> None:
    dies(life, "the request has left")
    life.faults.point = point
    life.dies_at_its_start()
    life.faults.point = ""

    comes_back(life)


@pytest.mark.parametrize("first", range(0, KILLS, ROUND))
def test_killed_at_any_moment_it_comes_back_with_one_row_for_each_request(life: Life, first: int) -> None:
    for number in range(first, min(first + ROUND, KILLS)):
        life.call()
        # When these have ended, others are anywhere on the road.
        life.until_more_calls(random.Random(number).choice([1, 50, 200, 1_000]))  # noqa: S311 - not secret
        life.program.kill()
        life.calls_end()
        comes_back(life)
