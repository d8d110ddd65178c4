"""What a filtered list page takes on a large catalogue, and how long streams wait meanwhile: `python -m bench.listing`.

The origin and the clients of some streams are one process. An event carries the time at which it was written, so its
age when it comes back is how long the gateway kept it, whatever the pace of the stream. Rounds alternate between rest
and lists, one page after the other with a short pause; the longest wait of a round is its figure, and the longest at
rest before it the machine's own part in it.
"""

import argparse
import asyncio
import gc
import http
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, cast

import uvloop

from bench import headgate
from bench.budgets import Row, Verdict, verdict_of
from bench.children import Children
from bench.cores import choose_cores, pinned_to
from bench.figures import percentile, spread
from bench.headgate import Running
from bench.management import call
from bench.report import spread_text, table
from bench.runs import say
from bench.seed import seed_in_process
from bench.site import Site

LISTS: Final = (
    "tags=team-7&limit=100",
    "search=model-0123&limit=100",
    "type=embeddings&enabled=true&capability=vision&limit=100",
    "tags=vision,code&visible_only=true&limit=100&page=40",
    "enabled=false&limit=100&page=3",
)
"""Some find few entries and some tens of thousands, so that neither can hide behind an index made for the other."""
PAGE_LIMIT_MS: Final = 30.0
WAIT_LIMIT_MS: Final = 5.0
MODEL: Final = "listing-stream"
STREAMS: Final = 4
EVENT_SECONDS: Final = 0.001
REST_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 0.02
PAGES_OF_EACH: Final = 4

_STAMP: Final = re.compile(rb'"content":"(\d+)"')
_EVENT: Final = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1741570283,"model":"gpt-4o-2024-08-06",'
    b'"choices":[{"index":0,"delta":{"content":"%d"},"logprobs":null,"finish_reason":null}],"usage":null}\n\n'
)
_HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Round:
    """The longest wait of an event at rest and during lists, and the latency of each page, all in milliseconds."""

    wait_at_rest: float
    wait_during_lists: float
    pages: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Listing:
    """All rounds."""

    rounds: Sequence[Round]

    def page_medians(self) -> dict[str, float]:
        """By filter."""
        return {each: median(self._pages(each)) for each in LISTS}

    def slowest_pages(self) -> list[float]:
        """Every latency of the filter whose median is the highest."""
        medians = self.page_medians()
        return self._pages(max(medians, key=lambda each: medians[each]))

    def _pages(self, query: str) -> list[float]:
        return sorted(latency for one in self.rounds for latency in one.pages[query])


def rows(listing: Listing) -> list[Row]:
    """The two budgets: the median of the slowest filter's pages, and of what lists add to a round's longest wait.

    A stream waits for others too, and the rounds at rest say for how long: on a machine of two cores its longest wait
    without any list is near the budget already. What counts is what it waits for a list.
    """
    pages = spread(listing.slowest_pages())
    waits = spread([max(0.0, each.wait_during_lists - each.wait_at_rest) for each in listing.rounds])
    return [
        Row("filtered list page, the slowest filter", pages, PAGE_LIMIT_MS, " ms", verdict_of(pages, PAGE_LIMIT_MS)),
        Row("longest wait that lists add to a stream's", waits, WAIT_LIMIT_MS, " ms", verdict_of(waits, WAIT_LIMIT_MS)),
    ]


def section(listing: Listing, entries: int) -> str:
    """The part of the page of results."""
    rest = spread([each.wait_at_rest for each in listing.rounds])
    during = spread([each.wait_during_lists for each in listing.rounds])
    budgets = [
        [row.what, spread_text(row.measured, row.unit), f"{row.limit:g}{row.unit}", str(row.verdict)]
        for row in rows(listing)
    ]
    pages = []
    for query, middle in listing.page_medians().items():
        latencies = sorted(latency for one in listing.rounds for latency in one.pages[query])
        pages.append([f"`{query}`", f"{middle:.1f} ms", f"{percentile(latencies, 0.95):.1f} ms"])
    return "\n\n".join(
        [
            f"## Lists of {entries:,} entries beside {STREAMS} streams",
            table(["what", "measured", "at most", "verdict"], budgets),
            f"The longest wait is {spread_text(during, ' ms')} during lists and {spread_text(rest, ' ms')} without.",
            table(["filter", "page p50", "p95"], pages),
        ]
    )


class Origin:
    """Streams to whoever asks, until it is stopped."""

    def __init__(self) -> None:
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_HEAD)
        while not self._stopped and not writer.is_closing():
            event = _EVENT % time.perf_counter_ns()
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            await asyncio.sleep(EVENT_SECONDS)
        writer.close()


class Stream(asyncio.Protocol):
    """A client that notes how old each event is when it comes: pairs of when it was written and its age."""

    def __init__(self, request: bytes) -> None:
        self.ages: list[tuple[int, int]] = []
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self._request = request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports fulfil the interface without subclassing it.
        cast("asyncio.Transport", transport).write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter_ns()
        for stamp in _STAMP.findall(data):
            self.ages.append((int(stamp), now - int(stamp)))
            self.begun.set()

    def longest(self, since: int) -> float:
        """The longest wait in milliseconds of the events that were written from then on."""
        return max((age for written, age in self.ages if written >= since), default=0) / 1e6


class Lister:
    """A client that asks for pages on one connection."""

    def __init__(self, running: Running, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._running = running
        self._reader = reader
        self._writer = writer

    async def page(self, query: str) -> float:
        """How long a page takes, in milliseconds."""
        request = _request(self._running, "GET", f"/v1/models?{query}", b"")
        asked = time.perf_counter_ns()
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)\r\n", head)
        if length is None or not head.startswith(b"HTTP/1.1 %d " % http.HTTPStatus.OK):
            raise headgate.WrongAnswer(f"no page for {query!r}: {head!r}")
        await self._reader.readexactly(int(length.group(1)))
        return (time.perf_counter_ns() - asked) / 1e6

    async def lists(self) -> dict[str, list[float]]:
        """Every filter some times, in turn."""
        taken: dict[str, list[float]] = {query: [] for query in LISTS}
        for _ in range(PAGES_OF_EACH):
            for query in LISTS:
                taken[query].append(await self.page(query))
                await asyncio.sleep(PAUSE_SECONDS)
        return taken


def measure(running: Running, site: Site, *, rounds: int) -> Listing:
    """Lists beside streams on a Headgate that serves a large catalogue; origin and clients run on the load's core."""
    with pinned_to(site.cores.load):
        # A pause of this process would be taken for one of the gateway's.
        gc.disable()
        try:
            return uvloop.run(_measure(running, rounds))
        finally:
            gc.enable()


async def _measure(running: Running, rounds: int) -> Listing:
    origin = Origin()
    server = await asyncio.start_server(origin.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    call(running.port, "POST", "/v1/models", token=running.token, document=headgate.entry(MODEL, port))
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    streams = [await _streaming(running) for _ in range(STREAMS)]
    lister = Lister(running, reader, writer)
    await lister.lists()
    measured = [await _round(lister, streams) for _ in range(rounds)]
    origin.stop()
    for stream in streams:
        await stream.ended.wait()
    writer.close()
    server.close()
    return Listing(measured)


async def _streaming(running: Running) -> Stream:
    body = b'{"model":"%b","stream":true,"messages":[{"role":"user","content":"Hello"}]}' % MODEL.encode()
    stream = Stream(_request(running, "POST", headgate.CHAT, body))
    await asyncio.get_running_loop().create_connection(lambda: stream, "127.0.0.1", running.port)
    await stream.begun.wait()
    return stream


async def _round(lister: Lister, streams: Sequence[Stream]) -> Round:
    resting = time.perf_counter_ns()
    await asyncio.sleep(REST_SECONDS)
    at_rest = max(stream.longest(resting) for stream in streams)
    listing = time.perf_counter_ns()
    pages = await lister.lists()
    during_lists = max(stream.longest(listing) for stream in streams)
    for stream in streams:
        stream.ages.clear()
    return Round(at_rest, during_lists, pages)


def _request(running: Running, method: str, path: str, body: bytes) -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{running.port}\r\nauthorization: Bearer {running.token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.listing", description="Measure lists beside streams.")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args(arguments)
    program = Path(sys.executable).with_name("headgate")
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder, Children(Path(folder)) as children:
        site = Site(children, Path(folder), choose_cores(), answers_port=0, streams_port=0)
        data = site.folder / "data"
        children.end(headgate.start(site, program, data=data, name="first-start").child)
        say(f"seeding {options.entries:,} entries")
        seed_in_process(data, entries=options.entries, keys=0)
        listing = measure(headgate.start(site, program, data=data, name="seeded"), site, rounds=options.rounds)
    sys.stdout.write(section(listing, options.entries) + "\n")
    return 0 if all(row.verdict is Verdict.MET for row in rows(listing)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
