"""`headgate serve` as a child process: started as an operator starts it, ended by SIGTERM.

Its standard output is a pipe, which is read for the address, and its log is a file. Nothing here waits by sleeping:
the address is printed when callers are queued, and the first of them, the readiness probe, is answered when the
server runs.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

PATIENCE: Final = 30.0
"""Seconds until a test that waits for something that never comes is told so. No test depends on it to pass."""

HEADGATE: Final = Path(sys.executable).with_name("headgate")
_ADDRESS: Final = re.compile(rb"Headgate serves on (http://\S+)\n")
_FAULTS: Final = re.compile(r"Traceback| (ERROR|CRITICAL) |never (awaited|retrieved)")


class NotServing(Exception):
    """The program ended instead of serving."""


@dataclass
class Program:
    """A process that serves. `announced` is what it printed at its start."""

    process: subprocess.Popen[bytes]
    address: str
    announced: str
    log: Path

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def terminate(self) -> None:
        self.process.terminate()

    def ended(self) -> int:
        """Wait for the end; the exit status."""
        status = self.process.wait(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.process.kill()
        self.ended()

    def end(self) -> None:
        """End it as an operator does, and see that it had nothing to complain about."""
        self.terminate()
        status, log = self.ended(), self.log.read_text()
        assert status == 0, log
        assert not _FAULTS.search(log), log


def start(
    data: Path, environment: Mapping[str, str] | None = None, *, launcher: Sequence[str | Path] = (HEADGATE,)
) -> Program:
    """Serve a data directory on a free port. NotServing if that is refused."""
    log = data.with_suffix(".log")
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command(data, launcher),
            stdout=subprocess.PIPE,
            stderr=errors,
            env=surroundings(environment),
            cwd=data.parent,
        )
    assert process.stdout is not None
    try:
        return _announced(process, process.stdout.fileno(), log)
    except BaseException:
        process.kill()
        process.wait()
        process.stdout.close()
        raise


def refused(data: Path, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Start where that is refused: the exit status, and what was said."""
    done = subprocess.run(
        command(data),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=surroundings(environment),
        cwd=data.parent,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout.decode()


def command(data: Path, launcher: Sequence[str | Path] = (HEADGATE,)) -> list[str | Path]:
    return [*launcher, "serve", "--port", "0", "--data-dir", data]


def surroundings(given: Mapping[str, str] | None) -> dict[str, str]:
    """This process's environment without what would configure a gateway or its clients, and with what is given."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HEADGATE_") and not name.lower().endswith("_proxy")
    }
    return {**clean, **(given or {})}


def _announced(process: subprocess.Popen[bytes], output: int, log: Path) -> Program:
    text = b""
    while (found := _ADDRESS.search(text)) is None:
        piece = os.read(output, 65536)
        if not piece:
            raise NotServing(f"the program ended before it served: {log.read_text()}")
        text += piece
    address = found.group(1).decode()
    _ready(address)
    # All that it has to say at its start is in the pipe by the time it answers.
    os.set_blocking(output, False)
    with contextlib.suppress(BlockingIOError):
        text += os.read(output, 65536)
    return Program(process, address, text.decode(), log)


def _ready(address: str) -> None:
    """See that it may be sent requests, which it may not before what an earlier process left is in the ledger."""
    until = time.monotonic() + PATIENCE
    while (answer := httpx2.get(f"{address}/health/readiness", timeout=PATIENCE, trust_env=False)).status_code == 503:
        assert time.monotonic() < until, answer.text
    answer.raise_for_status()
