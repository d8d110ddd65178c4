"""What is done to a contender in one run, and the proof that it was really done.

A run counts only if every answer was right. A gateway that refuses is fast.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from bench.children import clean_environment
from bench.conversation import EVENTS_PER_STREAM, streamed_question
from bench.cores import pinned_to
from bench.site import Endpoint, Site, Target
from bench.stream_load import Order, Outcome

CONNECTIONS = 32
SCRIPT = Path(__file__).parent / "wrk.lua"
PATIENCE_SECONDS = 30.0
STREAM_DEADLINE_SECONDS = 90.0


class RunFailed(Exception):
    """Not every answer of a run was right, so it yields no figure."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the load generator saw: units of work, their duration, how long callers waited, and how many requests had
    their answer or were cut off at the end of the run."""

    units: int
    seconds: float
    wait_p50: float
    wait_p95: float
    answered: int
    cut: int = 0


class Workload(Protocol):
    """One kind of load."""

    @property
    def name(self) -> str: ...

    @property
    def unit(self) -> str:
        """What processor time is divided by."""

    def apply(self, target: Target, site: Site) -> Load:
        """Load the target once; raise RunFailed unless every answer was right."""


class WrkReport(msgspec.Struct):
    """The last line that `wrk.lua` prints."""

    requests: int
    seconds: float
    refused: int
    last_status: int
    broken: int
    late: int
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class WholeAnswers:
    """One body again and again over 32 connections for some seconds."""

    name: str
    wrk: Path
    body: bytes
    seconds: int

    @property
    def unit(self) -> str:
        return "request"

    def apply(self, target: Target, site: Site) -> Load:
        body = site.write("body.json", self.body)
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{self.seconds}s", "--timeout", "20s", "-s", str(SCRIPT)]
        headers = [part for pair in _headers(target.whole) for part in pair]
        command = [str(self.wrk), *options, target.whole.url, "--", str(body), *headers]
        output = _output(command, given=b"", core=site.cores.load, seconds=self.seconds)
        return load_of(msgspec.json.decode(output.splitlines()[-1], type=WrkReport))


@dataclass(frozen=True, slots=True)
class Streams:
    """Many streams at once, each on a connection of its own."""

    name: str
    streams: int

    @property
    def unit(self) -> str:
        return "chunk"

    def apply(self, target: Target, site: Site) -> Load:
        order = Order(
            port=target.streamed.port,
            path=target.streamed.path,
            headers=_headers(target.streamed),
            body=streamed_question().decode(),
            streams=self.streams,
            deadline_seconds=STREAM_DEADLINE_SECONDS,
        )
        command = [sys.executable, "-m", "bench.stream_load"]
        given = msgspec.json.encode(order)
        output = _output(command, given=given, core=site.cores.load, seconds=STREAM_DEADLINE_SECONDS)
        outcome = msgspec.json.decode(output, type=Outcome)
        if outcome.broken:
            raise RunFailed(
                f"{sum(outcome.broken.values())} of {self.streams} streams were not whole: {outcome.broken}"
            )
        chunks = outcome.whole * EVENTS_PER_STREAM
        return Load(chunks, outcome.seconds, outcome.first_token_p50, outcome.first_token_p95, outcome.whole)


def load_of(report: WrkReport) -> Load:
    """Raise RunFailed unless every answer was a 200 with a chat answer in it."""
    if report.refused:
        raise RunFailed(f"{report.refused} of {report.requests} answers were wrong, status {report.last_status}")
    if report.broken or report.late:
        raise RunFailed(f"{report.broken} connections broke and {report.late} requests timed out")
    if not report.requests:
        raise RunFailed("no answer at all")
    return Load(report.requests, report.seconds, report.p50, report.p95, report.requests, cut=CONNECTIONS)


def _headers(endpoint: Endpoint) -> list[tuple[str, str]]:
    return [("content-type", "application/json"), *endpoint.headers]


def _output(command: list[str], *, given: bytes, core: int, seconds: float) -> bytes:
    try:
        with pinned_to(core):
            done = subprocess.run(
                command,
                input=given,
                capture_output=True,
                timeout=seconds + PATIENCE_SECONDS,
                check=True,
                env=clean_environment(),
            )
    except subprocess.TimeoutExpired as error:
        raise RunFailed(f"the load generator did not end: {error}") from error
    except subprocess.CalledProcessError as error:
        raise RunFailed(f"the load generator failed: {error.stderr.decode(errors='replace')[-500:]}") from error
    return done.stdout
