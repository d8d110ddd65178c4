"""aimock, other people's mock of an OpenAI server, as a child process that answers from a file of fixtures."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.end_to_end.gateway import UPSTREAM_KEY
from tests.end_to_end.program import PATIENCE, surroundings

NODE: Final = Path(sys.executable).with_name("node")
AIMOCK: Final = Path(__file__).parents[1] / "aimock/node_modules/@copilotkit/aimock/dist/cli.js"
_ADDRESS: Final = re.compile(r"listening on (http://\S+)")


class NoProvider(Exception):
    """aimock did not come up."""


@contextmanager
def aimock(fixtures: Path) -> Iterator[str]:
    """The address of a server that knows these answers, and takes the key of our entries and no other."""
    with subprocess.Popen(
        [NODE, AIMOCK, "--port", "0", "--fixtures", fixtures, "--strict"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=surroundings({"AIMOCK_API_KEYS": UPSTREAM_KEY}),
    ) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if (found := _ADDRESS.search(line)) is not None:
            return found.group(1)
    raise NoProvider(f"aimock ended before it listened: {said}")
