"""`headgate serve` as a process: its first start, its next one, its end."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from headgate.web.server import listen

TOKEN = "mK3vT9qLz8WcR2nHx5BdY7pJfGs4AeUt"
CALL = re.compile(r"curl (?:.|\n)*$")


def command(directory: Path, *arguments: str) -> list[str]:
    return [
        *(sys.executable, "-m", "headgate.cli.main", "serve", "--port", "0"),
        *("--data-dir", str(directory / "data"), *arguments),
    ]


def environment(given: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("HEADGATE_")} | given


@contextmanager
def started(directory: Path, **given: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that has announced itself, and its address."""
    with subprocess.Popen(
        command(directory), cwd=directory, env=environment(given), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            assert first.startswith("Headgate serves on http://127.0.0.1:"), process.communicate()[1]
            yield process, first.removeprefix("Headgate serves on ").strip()
        finally:
            process.kill()


def stop(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit status after SIGTERM, and what else was printed."""
    assert process.stdout is not None
    process.send_signal(signal.SIGTERM)
    # Not communicate(), which does not see what was read ahead.
    output = process.stdout.read()
    return process.wait(timeout=30), output


def perform(curl: str) -> dict[str, object]:
    """Do what a curl command line says."""
    words = shlex.split(curl.replace("\\\n", " "))
    headers = dict(words[place + 1].split(": ") for place, word in enumerate(words) if word == "--header")
    data = words[words.index("--data") + 1].encode()
    with urllib.request.urlopen(urllib.request.Request(words[1], data, headers), timeout=30) as answer:
        told: dict[str, object] = json.load(answer)
    return told


def test_the_call_that_a_first_start_prints_is_answered(tmp_path: Path) -> None:
    with started(tmp_path) as (process, _):
        assert process.stdout is not None
        printed = ""
        while '"Hello"' not in printed:
            printed += process.stdout.readline()
        call = CALL.search(printed)
        assert call is not None
        answer = perform(call[0])
        status, _ = stop(process)

    assert (answer["model"], status) == ("mock", 0)


def test_a_later_start_prints_no_token(tmp_path: Path) -> None:
    ends = []
    for _ in range(2):
        with started(tmp_path) as (process, _):
            ends.append(stop(process))

    assert "at:" in ends[0][1]
    assert ends == [(0, ends[0][1]), (0, "")]


def test_a_token_of_ones_own_is_taken_and_not_printed(tmp_path: Path) -> None:
    with started(tmp_path, HEADGATE_ADMIN_TOKEN=TOKEN) as (process, address):
        request = urllib.request.Request(address + "/v1/models", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            listed = json.load(answer)
        _, rest = stop(process)

    assert "mock" in [item["id"] for item in listed["data"]]
    assert TOKEN not in rest


def test_an_address_that_is_taken_stops_the_start(tmp_path: Path) -> None:
    with closing(listen("127.0.0.1", 0)) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            command(tmp_path, "--port", str(port)), cwd=tmp_path, env=environment({}), capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"headgate cannot start: cannot listen on '127.0.0.1' port {port}: Address already in use\n"
