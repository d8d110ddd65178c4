"""Programs that a measurement starts, and their end.

Every child has a session of its own, so Ctrl-C reaches only the measurement, which then ends its children in
reverse order: a polite signal to each, and after a few seconds a final one to whatever is left of its tree.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from bench.cores import pinned_to

GRACE_SECONDS = 8.0
POLL_SECONDS = 0.01
ZOMBIE = "Z"
STOPPING = (signal.SIGINT, signal.SIGTERM)
LOG_TAIL_BYTES = 2_000


class StartFailed(Exception):
    """A program that the measurement needs did not come up."""

    def __init__(self, name: str, reason: str, log: Path) -> None:
        tail = log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip() if log.exists() else ""
        super().__init__(f"{name} did not start: {reason}\n{tail}")


class Child:
    """A running program and the file that holds what it printed."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, pause: float = 0.02) -> None:
        """Return once `ready` says so; raise StartFailed if the program ends or the time is up first."""
        deadline = time.monotonic() + seconds
        while not ready():
            if (status := self._process.poll()) is not None:
                raise StartFailed(self.name, f"it ended with status {status}", self.log)
            if time.monotonic() > deadline:
                raise StartFailed(self.name, f"not ready after {seconds:g} s", self.log)
            time.sleep(pause)

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        # What the program started may outlive it, and a killed process takes a moment to go.
        deadline = time.monotonic() + GRACE_SECONDS
        while (left := _living_in_session(self.pid)) and time.monotonic() < deadline:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)


class Children:
    """Ends what it started when its block is left, whatever the reason."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._started: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A second Ctrl-C must not leave half of the children behind.
        impatient = {number: signal.signal(number, signal.SIG_IGN) for number in STOPPING}
        try:
            while self._started:
                self._started.pop().end()
        finally:
            for number, handler in impatient.items():
                signal.signal(number, handler)

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        core: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Child:
        """Start a program, on one core if one is named."""
        log = self._logs / f"{name}-{len(self._started)}.log"
        with log.open("wb") as output, pinned_to(core) if core is not None else nullcontext():
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=clean_environment() | dict(environment or {}),
                start_new_session=True,
            )
        child = Child(name, process, log)
        self._started.append(child)
        return child

    def end(self, child: Child) -> None:
        child.end()
        self._started.remove(child)


def end_politely() -> None:
    """From here on the signals that stop a program leave its blocks, so that `Children` ends what it started."""
    for number in STOPPING:
        signal.signal(number, _leave)


def clean_environment() -> dict[str, str]:
    """This process's environment without what would configure a gateway or send its calls through a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HEADGATE_", "LITELLM_")) and not name.lower().endswith("_proxy")
    }


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _living_in_session(leader: int) -> list[int]:
    """What still runs of the session that a child led. No other process can be in a session of that number."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(session) == leader and state != ZOMBIE:
                    found.append(int(folder.name))
    return found
