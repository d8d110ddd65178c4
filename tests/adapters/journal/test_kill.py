"""Killed anywhere, a process leaves a journal of which the next makes exactly one row for each request."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adapters.journal.victim import Point, Rows, replay

SERVING = [
    "before the opened frame",
    "after the opened frame",
    "after the bytes have left",
    "before the settled frame",
    "after the settled frame",
    "before a write of a turn",
    "within a write of a turn",
    "before a write of a rotation",
    "within a write of a rotation",
    "after a write of a rotation",
    "before a segment is deleted",
    "after a segment is deleted",
    "at the end",
]
REPLAYING = [
    "within the reading of a replay",
    "before the rows of a replay",
    "after the rows of a replay",
    "within the removal of a replay",
]


def killed(directory: Path, point: str) -> list[str]:
    """What a victim said before it ended at `point`."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.adapters.journal.victim", str(directory), point],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    return ended.stdout.splitlines()


def verified(directory: Path, said: list[str]) -> None:
    replay(directory, Point(""))
    rows = Rows(directory, Point("")).read()
    left = {line.removeprefix("left ") for line in said if line.startswith("left ")}
    settled = {line.removeprefix("settled ") for line in said if line.startswith("settled ")}
    assert left <= set(rows)
    assert len(rows) <= len(left) + 1
    assert settled <= {request for request, status in rows.items() if status == "SETTLED"}
    assert {request for request, status in rows.items() if status == "UNKNOWN"} <= set(rows) - settled
    assert rows["long"] == "UNKNOWN"
    assert list((directory / "journal").iterdir()) == []


@pytest.mark.parametrize("point", SERVING)
def test_a_server_that_is_killed_has_one_row_for_each_request(tmp_path: Path, point: str) -> None:
    verified(tmp_path, killed(tmp_path, point))


@pytest.mark.parametrize("point", REPLAYING)
def test_a_replay_that_is_killed_is_done_again(tmp_path: Path, point: str) -> None:
    said = killed(tmp_path, "at the end")
    assert killed(tmp_path, point) == []
    verified(tmp_path, said)
