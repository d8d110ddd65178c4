"""How busy each core was, and who may use it."""

import os

import pytest

from bench.cores import parse_busy_seconds, pinned_to
from bench.process_tree import TICKS_PER_SECOND

STAT = """\
cpu  10 0 10 100 10 0 0 0 0 0
cpu0 1 2 3 1000 2000 4 5 6 7 8
cpu1 100 0 100 0 0 0 0 0 100 0
intr 1 2 3
"""


def test_idle_time_waiting_for_disks_and_guests_counted_twice_are_not_busy() -> None:
    assert parse_busy_seconds(STAT, 0) == (1 + 2 + 3 + 4 + 5 + 6) / TICKS_PER_SECOND


def test_each_core_has_its_own_line() -> None:
    assert parse_busy_seconds(STAT, 1) == 200 / TICKS_PER_SECOND


def test_a_core_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="no line for core 7"):
        parse_busy_seconds(STAT, 7)


def test_pinning_ends_with_its_block() -> None:
    before = os.sched_getaffinity(0)
    core = min(before)

    with pinned_to(core):
        inside = os.sched_getaffinity(0)

    assert inside == {core}
    assert os.sched_getaffinity(0) == before
