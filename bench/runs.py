"""Interleaved runs: every contender in turn, again and again, each round in another order."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.cores import busy_seconds
from bench.process_tree import tree_seconds
from bench.site import Site, Target
from bench.workloads import RunFailed, Workload

SETTLE_SECONDS = 0.3
"""Between runs: time for the connections of the last one to close."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run that succeeded."""

    cpu_seconds_per_unit: float
    units_per_second: float
    wait_p50: float
    wait_p95: float
    gateway_core_others: float
    """The share of the gateway's core that something else used: a disturbance."""
    load_core_busy: float


@dataclass(frozen=True, slots=True)
class Failed:
    """One run that yields no figure."""

    reason: str


@dataclass(frozen=True, slots=True)
class Series:
    """All runs of one contender under one workload, in order."""

    runs: tuple[Run | Failed, ...]

    @property
    def succeeded(self) -> list[Run]:
        return [run for run in self.runs if isinstance(run, Run)]

    @property
    def failures(self) -> list[str]:
        return [run.reason for run in self.runs if isinstance(run, Failed)]

    def cpu(self) -> list[float | None]:
        """Processor time per unit of work, None for a run that failed: what pairs are made of."""
        return [run.cpu_seconds_per_unit if isinstance(run, Run) else None for run in self.runs]


def interleave(workload: Workload, targets: Sequence[Target], *, site: Site, rounds: int) -> dict[str, Series]:
    """Each target `rounds` times. The first target leads the first round, the second one the next."""
    runs: dict[str, list[Run | Failed]] = {target.name: [] for target in targets}
    for number in range(rounds):
        first = number % len(targets)
        for target in [*targets[first:], *targets[:first]]:
            run = _attempt(workload, target, site=site)
            runs[target.name].append(run)
            say(f"{workload.name}, {number + 1}/{rounds}, {target.name}: {_told(run, workload)}")
    return {name: Series(tuple(of_target)) for name, of_target in runs.items()}


def measure(workload: Workload, target: Target, *, site: Site) -> Run:
    """One run. Raise RunFailed if an answer was not right, or is not in the contender's books."""
    written = target.books.count() if target.books else 0
    began = time.monotonic()
    cpu, gateway_core, load_core = _used(target, site)
    load = workload.apply(target, site)
    loaded, load_core_after = time.monotonic() - began, busy_seconds(site.cores.load)
    if target.books:
        # What was put off while the load lasted is work of this run all the same.
        target.books.close(written, answered=load.answered, cut=load.cut)
    cpu_after, gateway_core_after, _ = _used(target, site)
    elapsed = time.monotonic() - began
    cpu_seconds = cpu_after - cpu
    return Run(
        cpu_seconds_per_unit=cpu_seconds / load.units,
        units_per_second=load.units / load.seconds,
        wait_p50=load.wait_p50,
        wait_p95=load.wait_p95,
        gateway_core_others=max(0.0, gateway_core_after - gateway_core - cpu_seconds) / elapsed,
        load_core_busy=(load_core_after - load_core) / loaded,
    )


def say(line: str) -> None:
    """Progress goes to standard error, so that standard output is the report alone."""
    print(line, file=sys.stderr, flush=True)


def _attempt(workload: Workload, target: Target, *, site: Site) -> Run | Failed:
    try:
        return measure(workload, target, site=site)
    except RunFailed as failure:
        return Failed(str(failure))
    finally:
        time.sleep(SETTLE_SECONDS)


def _used(target: Target, site: Site) -> tuple[float, float, float]:
    return tree_seconds(target.pid), busy_seconds(site.cores.gateway), busy_seconds(site.cores.load)


def _told(run: Run | Failed, workload: Workload) -> str:
    if isinstance(run, Failed):
        return f"FAILED: {run.reason}"
    cpu = f"{run.cpu_seconds_per_unit * 1e6:.1f} us a {workload.unit}, {run.units_per_second:,.0f}/s"
    return f"{cpu}, others {run.gateway_core_others:.0%} of its core, load core {run.load_core_busy:.0%} busy"
