"""Not every user may mount a file system: who may not does without the tests that need one."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.faults.mounted import can_mount

NEEDED_BY = "mounted"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    needing = [item for item in items if NEEDED_BY in getattr(item, "fixturenames", ())]
    if needing and not can_mount(Path(tempfile.gettempdir())):
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]
