"""How the process keeps memory."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator

import pytest

from headgate.adapters import memory


@pytest.fixture
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_what_exists_is_out_of_the_collectors_sight() -> None:
    before = gc.get_freeze_count()

    memory.settle_heap()

    assert gc.get_freeze_count() > before


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())

    memory.keep_freed_memory()
