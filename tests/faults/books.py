"""An upstream that keeps its own books: what reached it, by the tag that each request carries, and what it billed.

It lives in the process of the tests, so it survives whatever becomes of a gateway. A tag is a number in the only
message of a request, and is said once more by the longest answer that the request asks for: by that number the
ledger's rows can be told apart, also those of which nothing but the hold is known.

It has two entries, at prices of their own. The first refuses some tags, which then come to the second. While the gate
is shut, an answer stops in its middle, a stream after its first event.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final, NamedTuple

from tests.end_to_end.chat import DONE, FINISH, UPSTREAM_MODEL, event, piece
from tests.origin.script import LAST_CHUNK, answer, chunk, stream_head

FIRST: Final = "first"
SECOND: Final = "second"
LEAST_OUTPUT: Final = 100_000
"""What the tag is added to: numbers of the same length make requests of the same size."""


class Prices(NamedTuple):
    """Picodollars of a token."""

    input: int
    output: int

    @property
    def form(self) -> dict[str, object]:
        """As an entry of the catalogue says it."""
        return {
            "input_per_1m_tokens": self.input / 1_000_000,
            "output_per_1m_tokens": self.output / 1_000_000,
        }


PRICES: Final = {FIRST: Prices(2_500_000, 10_000_000), SECOND: Prices(4_000_000, 15_000_000)}


@dataclass(frozen=True)
class Visit:
    """One request that was read to its end, and what it is billed: picodollars, 0 for one that is refused."""

    entry: str
    cost: int
    hold: int


def asked(tag: int) -> bytes:
    """The body of a request, of the same size for each."""
    streamed = is_streamed(tag)
    document = {
        "model": FIRST,
        "messages": [{"role": "user", "content": f"tag {tag:08d}{' ' * streamed}"}],
        "stream": streamed,
        "max_tokens": LEAST_OUTPUT + tag,
    }
    return json.dumps(document).encode()


def is_streamed(tag: int) -> bool:
    return tag % 2 == 0


def is_refused(tag: int) -> bool:
    """By the first entry. Some with 500, some with 429."""
    return tag % 20 in (7, 14)


def usage(tag: int) -> tuple[int, int]:
    """What the upstream counts: prompt and completion."""
    return 10 + tag % 97, 5 + tag % 31


class Upstream:
    """Serves on the running event loop. `visits` is the books; `entered` counts what stands at the gate."""

    def __init__(self) -> None:
        self.visits: defaultdict[int, list[Visit]] = defaultdict(list)
        self.stopped = 0
        self.cut = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self) -> str:
        """Listen; the address."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def end(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()

    @property
    def seen(self) -> Counter[int]:
        """How often each tag came."""
        return Counter({tag: len(visits) for tag, visits in self.visits.items()})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            self.cut += bool(error.partial)
            return False
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        try:
            request = json.loads(await reader.readexactly(length))
        except asyncio.IncompleteReadError:
            self.cut += 1
            return False
        entry = head.split(b" ", 2)[1].split(b"/")[1].decode()
        tag = int(request["messages"][0]["content"].removeprefix("tag "))
        refused = entry == FIRST and is_refused(tag)
        self.visits[tag].append(_visit(entry, tag, refused=refused))
        if refused:
            writer.write(answer(b'{"error":{"message":"no"}}', status=429 if tag % 2 else 500))
        elif request.get("stream"):
            await self._stream(writer, tag)
        else:
            await self._pass()
            writer.write(answer(_whole(tag)))
        await writer.drain()
        return True

    async def _stream(self, writer: asyncio.StreamWriter, tag: int) -> None:
        for data in (stream_head(), chunk(piece("first"))):
            writer.write(data)
            await writer.drain()
            # Whoever reads shall find them one by one.
            await asyncio.sleep(0)
        await self._pass()
        report = {**_head("chat.completion.chunk"), "choices": [], "usage": _usage(tag)}
        for data in (chunk(piece("second")), chunk(FINISH), chunk(event(report)), chunk(DONE) + LAST_CHUNK):
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(0)

    async def _pass(self) -> None:
        if self.gate.is_set():
            return
        self.stopped += 1
        try:
            await self.gate.wait()
        finally:
            self.stopped -= 1


TEXT: Final = len(asked(0))
"""Bytes of a request, each of which is reserved as a token."""


def _visit(entry: str, tag: int, *, refused: bool) -> Visit:
    prices, (prompt, completion) = PRICES[entry], usage(tag)
    cost = prompt * prices.input + completion * prices.output
    hold = TEXT * prices.input + (LEAST_OUTPUT + tag) * prices.output
    return Visit(entry, 0 if refused else cost, hold)


def _head(kind: str) -> dict[str, object]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1741569952, "model": UPSTREAM_MODEL}


def _usage(tag: int) -> dict[str, object]:
    prompt, completion = usage(tag)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _whole(tag: int) -> bytes:
    message = {"role": "assistant", "content": "Hello"}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return json.dumps({**_head("chat.completion"), "choices": [choice], "usage": _usage(tag)}).encode()
