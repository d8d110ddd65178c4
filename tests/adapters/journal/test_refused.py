"""A request that is sent in parts, of which the disk does not take all: nothing is left of what was refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.journal.rig import Rig, full
from tests.ledger.framing import ended, opened


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, segment=2_000)
    yield rig
    rig.die()


def fill(rig: Rig) -> None:
    """Have another segment begin."""
    before = rig.segments
    for number in range(20):
        rig.serve(f"whole-{number}")
    assert rig.segments != before


def test_of_parts_that_were_all_refused_nothing_is_open(rig: Rig) -> None:
    rig.serve("before")
    rig.disk.failure = full()
    for number in (1, 2, 3):
        rig.open("parts", number)
    rig.journal.flush()
    rig.disk.failure = None
    rig.tick()
    fill(rig)

    assert rig.refused == ["parts"] * 3
    assert rig.journal.open_requests == 0
    assert "parts" not in {each.ended.request for each in rig.after_death()}


def test_of_parts_that_were_refused_in_part_only_the_others_are_repeated(rig: Rig) -> None:
    rig.serve("before")
    rig.open("parts")
    rig.journal.flush()
    rig.disk.failure = full()
    rig.open("parts", 2)
    rig.open("parts", 3)
    rig.journal.flush()
    rig.disk.failure = None
    rig.tick()
    fill(rig)
    rig.journal.ended(ended("parts"))
    rig.journal.flush()

    (found,) = (each for each in rig.after_death() if each.ended.request == "parts")
    assert found.opened == (opened("parts"),)
