"""How the process keeps memory."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator

import pytest

from headgate.adapters import memory


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
