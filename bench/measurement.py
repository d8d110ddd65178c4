"""The measurement itself: what is started in which order, loaded how often, and written down."""

import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from bench import books, growth, headgate, ledger, listing, peers
from bench.budgets import (
    CATALOGUE_SIZE,
    FEW_STREAMS,
    LARGE_BODY,
    LARGE_CATALOGUE,
    MANY_STREAMS,
    SMALL_BODY,
    SMALL_CATALOGUE,
)
from bench.children import Children
from bench.conversation import large_question, small_question
from bench.cores import choose_cores
from bench.origins import open_site
from bench.plan import Plan
from bench.process_tree import Memory, tree_memory
from bench.proxies import start_envoy, start_nginx
from bench.report import Results
from bench.runs import Series, interleave, measure, say
from bench.seed import seed_in_process
from bench.site import Site, Target
from bench.tools import Tools
from bench.workloads import RunFailed, Streams, WholeAnswers, Workload

REST_SECONDS = 2.0
FILES_NEEDED = 8_192
FEW, MANY = 200, 1_000
SMALL_SIZE = 10


class Part(StrEnum):
    """What can be measured by itself."""

    START = "start"
    WHOLE = "whole"
    STREAMS = "streams"
    CATALOGUE = "catalogue"
    MEMORY = "memory"
    LEDGER = "ledger"


@dataclass(slots=True)
class Measurement:
    """One invocation: fills `results` part by part, so that what is there survives a part that fails."""

    plan: Plan
    tools: Tools
    results: Results
    parts: frozenset[Part]

    def run(self) -> None:
        _allow_many_files()
        with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder, Children(Path(folder)) as children:
            site = open_site(children, Path(folder), cores=choose_cores(), tools=self.tools)
            if Part.START in self.parts:
                self._measure_starts(site)
            if self.parts & {Part.WHOLE, Part.STREAMS} or self.plan.peers:
                # Nothing that was measured may go on beside what is measured next: a gateway has its core to itself.
                with Children(Path(folder)) as contenders:
                    own = self._measure_side_by_side(replace(site, children=contenders))
                    if self.plan.peers:
                        self._measure_peers(replace(site, children=contenders), own)
            if Part.CATALOGUE in self.parts:
                with Children(Path(folder)) as contenders:
                    self._measure_catalogue_size(replace(site, children=contenders))
            if Part.MEMORY in self.parts:
                self._measure_growth(site)
            if Part.LEDGER in self.parts:
                self._measure_ledger(site)

    def _measure_starts(self, site: Site) -> None:
        for number in range(self.plan.starts):
            data = site.folder / f"start-{number}"
            running = headgate.start(site, self.tools.headgate, data=data, name="start")
            site.children.end(running.child)
            self.results.start_seconds.append(running.seconds_to_ready)
            say(f"start {number + 1}/{self.plan.starts}: ready after {running.seconds_to_ready:.2f} s")

    def _measure_side_by_side(self, site: Site) -> Target:
        running = headgate.start(site, self.tools.headgate, data=site.folder / "data")
        own = headgate.open_models(running, site)
        targets = [start_nginx(site, self.tools), start_envoy(site, self.tools), own]
        time.sleep(REST_SECONDS)
        self.results.at_rest |= _memories(targets)
        _warm_up(targets, self._whole(SMALL_BODY, small_question(), seconds=1), site=site)
        for workload in self._workloads():
            self._record(workload, interleave(workload, targets, site=site, rounds=self.plan.rounds))
        time.sleep(REST_SECONDS)
        self.results.afterwards |= _memories(targets)
        books.verify(self.tools.headgate, running.data, core=site.cores.load)
        return own

    def _measure_peers(self, site: Site, own: Target) -> None:
        targets = [own, peers.start_litellm(site, self.tools), peers.start_portkey(site, self.tools)]
        time.sleep(REST_SECONDS)
        self.results.at_rest |= _memories(targets[1:])
        small = self._whole(SMALL_BODY, small_question(), seconds=self.plan.peer_seconds)
        _warm_up(targets, small, site=site)
        for workload in (small, Streams(FEW_STREAMS, FEW)):
            self.results.units[workload.name] = workload.unit
            self.results.peers[workload.name] = interleave(workload, targets, site=site, rounds=self.plan.peer_rounds)
        self.results.afterwards |= _memories(targets[1:])

    def _measure_catalogue_size(self, site: Site) -> None:
        small = self._start_seeded(site, SMALL_CATALOGUE, entries=SMALL_SIZE, keys=SMALL_SIZE)
        large = self._start_seeded(site, LARGE_CATALOGUE, entries=self.plan.entries, keys=self.plan.keys)
        targets = [
            headgate.open_models(small, site, name=SMALL_CATALOGUE),
            headgate.open_models(large, site, name=LARGE_CATALOGUE),
        ]
        self.results.at_rest |= _memories(targets)
        workload = self._whole(CATALOGUE_SIZE, small_question(), seconds=self.plan.seconds)
        _warm_up(targets, workload, site=site)
        self._record(workload, interleave(workload, targets, site=site, rounds=self.plan.rounds))
        site.children.end(small.child)
        say(f"{LARGE_CATALOGUE}: lists beside streams")
        lists = listing.measure(large, site, rounds=self.plan.rounds)
        self.results.rows += listing.rows(lists)
        self.results.sections.append(listing.section(lists, self.plan.entries))
        self.results.notes.append(
            f"The large catalogue has {self.plan.entries:,} entries and {self.plan.keys:,} keys, the small one "
            f"{SMALL_SIZE} of each."
        )

    def _measure_growth(self, site: Site) -> None:
        running = headgate.start(site, self.tools.headgate, data=site.folder / "growth", name="growth")
        target = headgate.open_models(running, site)
        workload = self._whole("memory after many requests", small_question(), seconds=1)
        early, late = self.plan.early_requests, self.plan.late_requests
        grown = growth.measure(target, site, workload, early=early, late=late)
        books.verify(self.tools.headgate, running.data, core=site.cores.load)
        site.children.end(running.child)
        self.results.rows.append(growth.row(grown))
        self.results.sections.append(growth.section(grown))

    def _measure_ledger(self, site: Site) -> None:
        plan = ledger.Plan(self.plan.ledger_rows, warm=self.plan.ledger_asked, cold=self.plan.ledger_asked_cold)
        measured = ledger.measure(site, self.tools.headgate, plan)
        self.results.rows += [row for answers in measured for row in ledger.rows(answers)]
        self.results.sections.append(ledger.section(measured))

    def _start_seeded(self, site: Site, name: str, *, entries: int, keys: int) -> headgate.Running:
        data = site.folder / name.replace(" ", "-")
        first = headgate.start(site, self.tools.headgate, data=data, name="first-start")
        site.children.end(first.child)
        say(f"{name}: seeding {entries:,} entries and {keys:,} keys")
        seed_in_process(data, entries=entries, keys=keys)
        running = headgate.start(site, self.tools.headgate, data=data, name="seeded")
        say(f"{name}: ready after {running.seconds_to_ready:.2f} s")
        return running

    def _workloads(self) -> list[Workload]:
        workloads: list[Workload] = []
        if Part.WHOLE in self.parts:
            workloads.append(self._whole(SMALL_BODY, small_question(), seconds=self.plan.seconds))
            workloads.append(self._whole(LARGE_BODY, large_question(), seconds=self.plan.seconds))
        if Part.STREAMS in self.parts:
            workloads.append(Streams(FEW_STREAMS, FEW))
            workloads.append(Streams(MANY_STREAMS, MANY))
        return workloads

    def _whole(self, name: str, body: bytes, *, seconds: int) -> WholeAnswers:
        return WholeAnswers(name, self.tools.wrk, body, seconds)

    def _record(self, workload: Workload, series: dict[str, Series]) -> None:
        self.results.units[workload.name] = workload.unit
        self.results.workloads[workload.name] = series


def _warm_up(targets: Sequence[Target], workload: Workload, *, site: Site) -> None:
    """Connections are opened and caches filled before anything counts."""
    for target in targets:
        try:
            measure(workload, target, site=site)
        except RunFailed as failure:
            # Failures count where figures are taken; here the next runs will say the same.
            say(f"warming up {target.name}: {failure}")


def _memories(targets: Sequence[Target]) -> dict[str, Memory]:
    return {target.name: tree_memory(target.pid) for target in targets}


def _allow_many_files() -> None:
    """1,000 streams are 2,000 connections for the gateway; children inherit the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < FILES_NEEDED:
        raise OSError(f"the limit of open files is {most}; at least {FILES_NEEDED} are needed (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_NEEDED, most))
