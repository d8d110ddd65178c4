"""Rotates master keys and dies of it. For each line `STRIKE DIRECTORY` it prints how a rotation of its own ended.

Every rotation is a child that was forked when everything had been imported, and kills itself before its STRIKEth step:
a call to the database, or one that changes a name or a file on disk. Its end is printed as the signal, negative, or
as the exit status.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from typing import Final
from unittest import mock

from sqlalchemy import Engine, event

from headgate.adapters.sql import rewrapping
from headgate.cli.rotate_key import rotate_key

ON_DISK: Final = ("link", "replace", "unlink", "fsync")


class Executioner:
    """Counts the steps, and strikes before one of them."""

    def __init__(self, strike: int) -> None:
        self._strike = strike
        self._steps = count(1)

    def __call__(self, *_: object) -> None:
        if next(self._steps) == self._strike:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, step: Callable[..., object]) -> Callable[..., object]:
        def stepped(*arguments: object, **named: object) -> object:
            self()
            return step(*arguments, **named)

        return stepped


def rotate(directory: str, strike: int) -> int:
    executioner = Executioner(strike)
    for hook in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(Engine, hook, executioner)
    event.listen(Engine, "commit", executioner)
    rewrapping.PORTION = 2  # type: ignore[misc]
    with contextlib.ExitStack() as stack:
        for name in ON_DISK:
            stack.enter_context(mock.patch.object(os, name, executioner.before(getattr(os, name))))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        return rotate_key({"data_dir": directory}, config=None)


def main() -> None:
    for line in sys.stdin:
        strike, _, directory = line.strip().partition(" ")
        child = os.fork()
        if child == 0:
            os._exit(rotate(directory, int(strike)))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
