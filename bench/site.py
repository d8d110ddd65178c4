"""The place of a measurement: a folder, the division of the cores, the two origins, the contenders' addresses."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.children import Children
from bench.cores import Cores

CONFIGURATIONS = Path(__file__).parent / "config"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to send one kind of question, and with which headers besides its own."""

    port: int
    path: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"


class Books(Protocol):
    """Where a contender writes down what it has served."""

    def count(self) -> int:
        """The requests that are written down so far."""

    def close(self, since: int, *, answered: int, cut: int) -> None:
        """Return once the requests of a run are written down, after the `since` that were there before.

        At most `cut` may be there besides those that were answered: a load that ends hangs up on some. Raise RunFailed
        if there are fewer or more.
        """


@dataclass(frozen=True, slots=True)
class Target:
    """A running contender: what to load and whose processor time to count."""

    name: str
    pid: int
    whole: Endpoint
    streamed: Endpoint
    books: Books | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What every contender needs to be started and loaded."""

    children: Children
    folder: Path
    cores: Cores
    answers_port: int
    streams_port: int

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def filled(template: str, values: Mapping[str, object]) -> bytes:
    """A configuration file of `bench/config` with its @NAMES@ replaced."""
    text = (CONFIGURATIONS / template).read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text.encode()
