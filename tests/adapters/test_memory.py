"""How the process keeps memory."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from headgate.adapters import memory


def resident() -> int:
    """Pages of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1])


@pytest.fixture
def thawed() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("thawed")
def test_what_exists_is_out_of_the_collectors_sight() -> None:
    before = gc.get_freeze_count()

    memory.settle_heap()

    assert gc.get_freeze_count() > before


@pytest.mark.usefixtures("thawed")
def test_the_collector_looks_less_often_at_what_comes_after() -> None:
    before = gc.get_threshold()

    memory.settle_heap()

    assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold()[1:] == before[1:]


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())

    memory.keep_freed_memory()


def test_nothing_is_given_back_to_another_c_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())

    memory.give_back()


def looks_that_give_back(counts: Sequence[int]) -> list[int]:
    """After which looks memory is given back while so many requests have come."""
    left = iter(counts)
    looks: list[int] = []
    given_back: list[int] = []

    def requests() -> int:
        looks.append(next(left))
        return looks[-1]

    async def run(work: Callable[[], None]) -> None:
        assert work is memory.give_back
        given_back.append(len(looks) - 1)

    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(memory.keep_trimmed(requests, run, every=0))
    return given_back


def test_what_was_freed_is_given_back_when_no_request_comes_and_as_more_of_it_is_freed() -> None:
    assert looks_that_give_back([0] * 30) == list(memory.LOOKS)


def test_it_is_given_back_again_after_many_requests_and_not_after_few() -> None:
    many = memory.WORTH

    assert looks_that_give_back([0, 0, 1, 1, many - 1, many - 1, many, many, 2 * many, 2 * many]) == [1, 7, 9]


def test_nothing_is_given_back_while_requests_come() -> None:
    assert looks_that_give_back(range(1_000)) == []


def test_memory_that_was_kept_is_given_back() -> None:
    memory.keep_freed_memory()
    between = [[bytearray(3_000) for _ in range(2_000)] for _ in range(4)]
    del between[0], between[1]
    before = resident()

    memory.give_back()

    assert resident() < before
