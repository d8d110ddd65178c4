"""SIGKILL in the middle of 1,000 catalogue writes: what was acknowledged is there, whole and without gaps.

Some clients write at once, each into entries of its own, until the process is killed under them; then it is started
again, and asked. A write that was under way at the kill may be there or not; every other one is.
"""

from __future__ import annotations

import itertools
import random
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2

from tests.end_to_end.gateway import Gateway, visited
from tests.end_to_end.program import PATIENCE, start

WRITES: Final = 1000
WRITERS: Final = 4
GONE: Final = ""
"""The title of an entry that is not there."""


@dataclass
class Writer:
    """One client. `titles` are those of its entries after the acknowledged writes; `doubtful` was not acknowledged."""

    name: str
    titles: dict[str, str] = field(default_factory=dict)
    doubtful: tuple[str, str] | None = None
    revisions: dict[int, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def write_until_killed(self, gateway: Gateway, acknowledged: threading.Semaphore) -> None:
        try:
            for number in self._numbers:
                self._write(gateway, number)
                acknowledged.release()
        except httpx2.TransportError:
            return
        finally:
            # Whoever counts must not wait for more.
            acknowledged.release(WRITES)

    def _write(self, gateway: Gateway, number: int) -> None:
        chance = random.Random(f"{self.name} {number}")  # noqa: S311  # reproducible, not secret
        existing = [name for name, title in self.titles.items() if title != GONE]
        name = chance.choice(existing) if existing and chance.random() < 0.4 else f"{self.name}-{number}"
        title = GONE if name in existing and chance.random() < 0.2 else f"title {number}"
        self.doubtful = name, title
        revision = write(gateway, name, title, exists=name in existing).get("revision")
        self.titles[name] = title
        self.doubtful = None
        if isinstance(revision, int):
            self.revisions[revision] = name

    def settle(self, found: dict[str, str]) -> None:
        """Compare with what is there, and learn what became of the write in doubt."""
        expected = {name: title for name, title in self.titles.items() if title != GONE}
        own = {name: title for name, title in found.items() if name.startswith(f"{self.name}-")}
        if own != expected and self.doubtful is not None:
            name, title = self.doubtful
            self.titles[name] = title
            expected[name] = title
            if title == GONE:
                del expected[name]
        assert own == expected


def write(gateway: Gateway, name: str, title: str, *, exists: bool) -> dict[str, object]:
    """Create, change or delete an entry; the answer."""
    if title == GONE:
        return gateway.ask("DELETE", f"/v1/models/{name}")
    if exists:
        return gateway.ask("PATCH", f"/v1/models/{name}", {"display": {"name": title}})
    return gateway.ask("POST", "/v1/models", {"model_id": name, "type": "completion", "display": {"name": title}})


def titles(gateway: Gateway) -> dict[str, str]:
    """Every entry with a title, page by page."""
    found: dict[str, str] = {}
    for page in itertools.count():
        body = gateway.http.get("/v1/models", params={"page": page, "limit": 100}).json()
        found |= {item["model_id"]: item["display"].get("name", GONE) for item in body["items"]}
        if len(body["items"]) < 100:
            return found
    raise AssertionError


def history(gateway: Gateway) -> list[tuple[int, str]]:
    """The number of every revision and the entry that it changed, the last one first."""
    found: list[tuple[int, str]] = []
    more = True
    while more:
        asked = {"limit": 100, "before": found[-1][0] if found else 10**6}
        body = gateway.http.get("/admin/v1/catalogue/revisions", params=asked).json()
        found += [(each["number"], each["changes"][0]["model_id"]) for each in body["items"]]
        more = body["has_more"]
    return found


def killed_under_writers(data: Path, token: str, writers: list[Writer], *, writes: int) -> None:
    """Start, see that nothing is lost, let the writers write, and kill when so many writes were acknowledged."""
    program = start(data, {"HEADGATE_ADMIN_TOKEN": token})
    acknowledged = threading.Semaphore(0)
    with visited(program, token) as gateway, ThreadPoolExecutor(len(writers)) as threads:
        found = titles(gateway)
        for writer in writers:
            writer.settle(found)
        writing = [threads.submit(writer.write_until_killed, gateway, acknowledged) for writer in writers]
        came = all(acknowledged.acquire(timeout=PATIENCE) for _ in range(writes))
        program.kill()
        for each in writing:
            each.result(PATIENCE)
    assert came


def test_no_acknowledged_write_is_lost_and_no_revision_is_missing(tmp_path: Path) -> None:
    chance = random.Random(6)  # noqa: S311  # reproducible, not secret
    token, data, total = secrets.token_urlsafe(32), tmp_path / "data", 0
    writers = [Writer(f"writer{number}") for number in range(WRITERS)]
    while total < WRITES:
        writes = chance.randint(150, 250)
        killed_under_writers(data, token, writers, writes=writes)
        total += writes

    program = start(data, {"HEADGATE_ADMIN_TOKEN": token})
    with visited(program, token) as gateway:
        found, revisions = titles(gateway), history(gateway)
    program.end()

    for writer in writers:
        writer.settle(found)
    assert [number for number, _ in revisions] == list(range(len(revisions), 0, -1))
    told = {number: name for writer in writers for number, name in writer.revisions.items()}
    assert told.items() <= dict(revisions).items()
    assert sum(len(writer.revisions) for writer in writers) > WRITES * 3 // 4
