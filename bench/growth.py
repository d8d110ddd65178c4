"""Whether memory grows with the requests that were served: what a Headgate occupies after some, and after many more."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Final

from bench.budgets import Row, verdict_of
from bench.figures import spread
from bench.process_tree import Memory, tree_memory
from bench.report import table
from bench.runs import say
from bench.site import Site, Target
from bench.workloads import WholeAnswers

GROWTH_LIMIT_MB: Final = 5.0
MEGABYTE: Final = 1_000_000
REST_SECONDS: Final = 3.0
LONGEST_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Stop:
    """What the gateway occupies after at least as many requests as were asked for, each of which has its row."""

    asked: int
    requests: int
    memory: Memory


@dataclass(frozen=True, slots=True)
class Growth:
    """One gateway before its first request, and each time that it rested."""

    at_rest: Memory
    early: Stop
    late: Stop

    @property
    def megabytes(self) -> float:
        return (self.late.memory.pss_bytes - self.early.memory.pss_bytes) / MEGABYTE


def measure(target: Target, site: Site, workload: WholeAnswers, *, early: int, late: int) -> Growth:
    """Load a gateway that has served nothing yet. Raise RunFailed if an answer is not right or has no row."""
    at_rest = tree_memory(target.pid)
    first = _after(early, target, site, workload, served=0, per_second=0.0)
    last = _after(late, target, site, workload, served=first[0].requests, per_second=first[1])
    return Growth(at_rest, first[0], last[0])


def row(growth: Growth) -> Row:
    measured = spread([growth.megabytes])
    what = f"growth of memory (PSS) from {growth.early.asked:,} to {growth.late.asked:,} requests"
    return Row(what, measured, GROWTH_LIMIT_MB, " MB", verdict_of(measured, GROWTH_LIMIT_MB))


def section(growth: Growth) -> str:
    rows = [["0", _megabytes(growth.at_rest)]]
    rows += [[f"{stop.requests:,}", _megabytes(stop.memory)] for stop in (growth.early, growth.late)]
    return "## Memory after many requests\n\n" + table(["requests", "PSS"], rows)


def _after(
    requests: int, target: Target, site: Site, workload: WholeAnswers, *, served: int, per_second: float
) -> tuple[Stop, float]:
    """Load until so many are served in all. The pace of each run decides how long the next one is."""
    while served < requests:
        # A first run is short: nothing is known of the pace yet.
        seconds = math.ceil((requests - served) / per_second) if per_second else 1
        run = replace(workload, seconds=min(seconds, LONGEST_SECONDS))
        written = target.books.count() if target.books else 0
        load = run.apply(target, site)
        if target.books:
            target.books.close(written, answered=load.answered, cut=load.cut)
        served, per_second = served + load.answered, load.units / load.seconds
        say(f"{workload.name}: {served:,} of {requests:,} requests, {per_second:,.0f}/s")
    time.sleep(REST_SECONDS)
    return Stop(requests, served, tree_memory(target.pid)), per_second


def _megabytes(memory: Memory) -> str:
    return f"{memory.pss_bytes / MEGABYTE:.1f} MB"
