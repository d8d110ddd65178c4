"""How long questions to a large ledger take, through a server: `python -m bench --only ledger`.

The rows are of three months, of 10 organizations with 100 keys, each of which uses 25 models every day. A question is
cold when neither the server nor the system has read anything of the ledger yet, and warm when it was asked before.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench import headgate
from bench.budgets import Row, verdict_of
from bench.cores import pinned_to
from bench.figures import Spread, spread
from bench.headgate import Running, WrongAnswer
from bench.ledger_seed import SELDOM
from bench.management import TIMEOUT_SECONDS, call
from bench.postgres import Postgres, postgresql
from bench.report import spread_text, table
from bench.runs import say
from bench.site import Site

SEED_SECONDS: Final = 3_600
SUMMARY_LIMIT_MS: Final = 300.0
PAGE_LIMIT_MS: Final = 50.0
PAGE: Final = 100
USAGE: Final = "/admin/v1/usage"
SUMMARY: Final = "summary of a month by model and day"
QUESTIONS: Final[Mapping[str, str]] = {
    SUMMARY: f"{USAGE}/summary?group_by=model,day&from=2026-10-01&to=2026-11-01",
    "page: newest": f"{USAGE}?limit={PAGE}",
    "page: of an organization": f"{USAGE}?limit={PAGE}&organization=org-3",
    "page: between two instants": f"{USAGE}?limit={PAGE}&from=2026-10-10T08:00:00Z&to=2026-10-12T20:00:00Z",
    "page: of an organization between two instants": (
        f"{USAGE}?limit={PAGE}&organization=org-3&from=2026-10-10T08:00:00Z&to=2026-10-12T20:00:00Z"
    ),
    "page: of a key": f"{USAGE}?limit={PAGE}&key=key-42",
    "page: of a provider": f"{USAGE}?limit={PAGE}&provider=mistral",
    "page: of a model that is seldom asked for": f"{USAGE}?limit={PAGE}&model={SELDOM}",
    "page: deep": f"{USAGE}?limit={PAGE}&cursor=@DEEP@",
    "page: deep, of an organization": f"{USAGE}?limit={PAGE}&organization=org-3&cursor=@DEEP@",
}
"""What is asked. `@DEEP@` leads past more than eight in ten of all rows. Neither sums nor indexes know the name that a
model was asked for by, so those rows are looked for among all: a page may end early, and says where to read on."""
DEEP: Final = f"{USAGE}?limit=1&to=2026-09-15"


@dataclass(frozen=True, slots=True)
class Store:
    """A database that a ledger is in."""

    name: str
    data: Path
    postgres: Postgres | None = None

    @property
    def settings(self) -> dict[str, str]:
        return {"HEADGATE_DATABASE_URL": self.postgres.url} if self.postgres else {}

    def forget(self) -> None:
        """Let go of what the system and the database keep in memory of the files. Nobody may be serving."""
        if self.postgres:
            self.postgres.restart()
        for path in (self.postgres.data if self.postgres else self.data).rglob("*"):
            if path.is_file():
                _forget_file(path)


@dataclass(frozen=True, slots=True)
class Answers:
    """Milliseconds that each question took, by its name, on one store."""

    store: str
    rows: int
    ready_seconds: float
    cold: Mapping[str, Sequence[float]]
    warm: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rows, how often each question is asked warm, and how often cold."""

    rows: int
    warm: int
    cold: int


def measure(site: Site, program: Path, plan: Plan) -> list[Answers]:
    """The same questions on SQLite and on PostgreSQL, one after the other."""
    measured = [_measure(Store("SQLite", site.folder / "ledger-sqlite"), site, program, plan)]
    with postgresql(site.folder) as server:
        store = Store("PostgreSQL", site.folder / "ledger-postgresql", server)
        measured.append(_measure(store, site, program, plan))
    return measured


def rows(answers: Answers) -> list[Row]:
    """The two budgets, of warm questions: the sums of a month, and the pages of the slowest filter."""
    of_ledger = f"{answers.rows:,} rows on {answers.store}"
    slowest = max((each for each in answers.warm if each != SUMMARY), key=lambda each: _median(answers.warm[each]))
    summary, page = spread(answers.warm[SUMMARY]), spread(answers.warm[slowest])
    return [
        Row(f"{of_ledger}: {SUMMARY}", summary, SUMMARY_LIMIT_MS, " ms", verdict_of(summary, SUMMARY_LIMIT_MS)),
        Row(f"{of_ledger}: the slowest {slowest}", page, PAGE_LIMIT_MS, " ms", verdict_of(page, PAGE_LIMIT_MS)),
    ]


def section(every: Sequence[Answers]) -> str:
    """The part of the page of results."""
    lines = [
        [answers.store, question, _text(answers.warm[question]), _text(answers.cold[question])]
        for answers in every
        for question in answers.warm
    ]
    starts = "; ".join(f"{each.store}: ready after {each.ready_seconds:.2f} s" for each in every)
    parts = [
        f"## A ledger of {every[0].rows:,} rows",
        table(["store", "question", "warm", "cold"], lines),
        f"Median and, in brackets, lowest and highest. Pages have {PAGE} rows. A start with this ledger: {starts}.",
    ]
    return "\n\n".join(parts)


def _measure(store: Store, site: Site, program: Path, plan: Plan) -> Answers:
    def started() -> Running:
        return headgate.start(site, program, data=store.data, name="ledger", settings=store.settings)

    site.children.end(started().child)
    say(f"{store.name}: seeding {plan.rows:,} rows")
    began = time.monotonic()
    _seed(store, plan.rows)
    say(f"{store.name}: seeded in {time.monotonic() - began:.0f} s")
    cold: dict[str, list[float]] = {name: [] for name in QUESTIONS}
    running = started()
    deep = _deep(running)
    for number in range(plan.cold):
        for name, path in QUESTIONS.items():
            site.children.end(running.child)
            store.forget()
            running = started()
            cold[name].append(_asked(running, site, path.replace("@DEEP@", deep), times=1)[0])
        say(f"{store.name}: cold {number + 1}/{plan.cold}")
    warm = {}
    for name, path in QUESTIONS.items():
        # The first answer is not counted: it is neither cold nor warm.
        warm[name] = _asked(running, site, path.replace("@DEEP@", deep), times=plan.warm + 1)[1:]
        say(f"{store.name}: {name}: {_text(warm[name])}")
    site.children.end(running.child)
    return Answers(store.name, plan.rows, running.seconds_to_ready, cold, warm)


def _seed(store: Store, count: int) -> None:
    """In a process of its own, so that the memory of this one stays small."""
    command = [sys.executable, "-m", "bench.ledger_seed", "--data-dir", str(store.data), "--rows", str(count)]
    if store.postgres:
        command += ["--database-url", store.postgres.url]
    subprocess.run(command, check=True, timeout=SEED_SECONDS, stdout=sys.stderr)
    if store.postgres:
        store.postgres.tidy()


def _deep(running: Running) -> str:
    cursor = call(running.port, "GET", DEEP, token=running.token).get("next_cursor")
    if not isinstance(cursor, str):
        raise WrongAnswer(f"no cursor to read on by from {DEEP!r}: {cursor!r}")
    return quote(cursor)


def _asked(running: Running, site: Site, path: str, *, times: int) -> list[float]:
    """Milliseconds of the same question, again and again on one connection that stands already."""
    taken = []
    with pinned_to(site.cores.load):
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.connect()
            for _ in range(times):
                began = time.perf_counter()
                connection.request("GET", path, headers={"authorization": f"Bearer {running.token}"})
                answer = connection.getresponse()
                content = answer.read()
                taken.append((time.perf_counter() - began) * 1e3)
                check(path, answer.status, content)
        finally:
            connection.close()
    return taken


def check(path: str, status: int, content: bytes) -> None:
    """An answer without rows is quick. A page has as many as were asked for, unless it is one that ends early."""
    items = json.loads(content).get("items") if status == http.client.OK else None
    if not items or ("limit" in path and SELDOM not in path and len(items) != PAGE):
        raise WrongAnswer(f"not a full page of {path!r}, but {status}: {content[:200]!r}")


def _forget_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        # Only what is on the disk already can be let go.
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _median(values: Sequence[float]) -> float:
    measured: Spread | None = spread(values)
    return measured.median if measured else 0.0


def _text(values: Sequence[float]) -> str:
    return spread_text(spread(values), " ms")
