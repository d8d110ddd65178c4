"""In which order attempts hear that they could not be written down."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.adapters.journal.rig import Rig
from tests.ledger.framing import PRICE, opened


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.die()


def test_all_attempts_of_a_turn_are_taken_back_before_what_follows_from_it_begins(rig: Rig) -> None:
    did: list[str] = []

    def taken_back(request: str) -> Callable[[], None]:
        did.append(f"take back {request}")
        return lambda: did.append(f"end {request}")

    rig.disk.failure = OSError(errno.EROFS, os.strerror(errno.EROFS))
    for request in ("a", "b"):
        rig.journal.opened(opened(request), PRICE, refused=partial(taken_back, request))
    rig.journal.flush()
    assert did == ["take back a", "take back b", "end a", "end b"]
