"""An upstream that keeps its own books: `python -m tests.money.origin BOOKS`.

It prints two ports: that of the models, and one on which it tells the numbers of requests that it holds unanswered
until their clients have left. What it does with a request is worked out from the number that the request bears. The
books are a line for each request, written once that is over; SIGTERM ends it when all are.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections import deque
from io import BufferedWriter
from pathlib import Path
from typing import Final, Literal, cast

import httptools
import msgspec
import uvloop

from tests.money import answers
from tests.money.books import Entry
from tests.money.cases import ANTHROPIC, HELD, Case, Kind, Used, case_of, used
from tests.money.tariff import bill
from tests.origin.script import LAST_CHUNK, answer, chunk, stream_head

_NUMBER: Final = re.compile(rb"<(\d+)>")
_MODEL: Final = re.compile(rb'"model":\s*"origin-(\d)"')
_LIMITED: Final = frozenset({Kind.LIMITED, Kind.GONE_LATER})
_UNFINISHED: Final = frozenset({Kind.GONE_WITHIN, Kind.CUT_WITHIN})
_BROKEN: Final = (500, 503, 529)
_encode = msgspec.json.encode


class House:
    """What all connections share: the books, and whoever is told what is held."""

    def __init__(self, books: BufferedWriter) -> None:
        self._books = books
        self._watchers: list[asyncio.Transport] = []
        self._open = 0
        self._over = asyncio.Event()

    def watched_by(self, transport: asyncio.Transport) -> None:
        self._watchers.append(transport)

    def begin(self) -> None:
        self._open += 1

    def hold(self, number: int) -> None:
        for each in self._watchers:
            each.write(b"%d\n" % number)

    def book(self, entry: Entry, ended: Literal["whole", "left", "cut"]) -> None:
        entry.ended = ended
        self._books.write(_encode(entry) + b"\n")
        self._open -= 1
        if self._over.is_set() and not self._open:
            asyncio.get_running_loop().stop()

    def end(self) -> None:
        self._over.set()
        if not self._open:
            asyncio.get_running_loop().stop()


class Watcher(asyncio.Protocol):
    """Somebody who wants to know what is held."""

    def __init__(self, house: House) -> None:
        self._house = house

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._house.watched_by(cast("asyncio.Transport", transport))


class Connection(asyncio.Protocol):
    """One connection of the gateway."""

    _transport: asyncio.Transport

    def __init__(self, house: House) -> None:
        self._house = house
        self._body = b""
        self._parser = httptools.HttpRequestParser(self)
        self._entry: Entry | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports fulfil the interface without subclassing it.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("left")

    def on_message_begin(self) -> None:
        self._body = b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        number, model = _NUMBER.search(self._body), _MODEL.search(self._body)
        if number is None or model is None:
            # A look at the model that is no part of the load.
            self._transport.write(answer())
            return
        case = case_of(int(number[1]))
        entry = self._entry = Entry(number=case.number, model=int(model[1]), size=len(self._body))
        self._house.begin()
        self._serve(case, entry)

    def _serve(self, case: Case, entry: Entry) -> None:
        counted = used(entry.number, entry.model)
        entry.tier = counted.tier
        if case.fails(entry.model):
            self._fail(case, entry, counted)
        elif case.kind in HELD:
            self._house.hold(entry.number)
        elif case.stream:
            self._stream(case, entry, counted)
        else:
            told = case.kind is not Kind.SILENT
            self._transport.write(answer(answers.whole(entry.model, case.pieces, used=counted, told=told)))
            entry.sent = case.pieces
            _tell(entry, counted, told=told)
            self._end("whole")

    def _fail(self, case: Case, entry: Entry, counted: Used) -> None:
        """Refuse, or break off before the client can have anything."""
        if case.kind is not Kind.CUT_BEFORE:
            entry.status = 429 if case.kind in _LIMITED else _BROKEN[entry.number % len(_BROKEN)]
            self._transport.write(answers.refusal(entry.status))
            self._end("whole")
            return
        if not case.stream:
            whole = answer(answers.whole(entry.model, case.pieces, used=counted, told=True))
            self._transport.write(whole[: -len(whole) // 3])
        elif entry.model in ANTHROPIC:
            self._transport.write(stream_head() + answers.beginning(entry.model, used=counted, told=True))
            entry.counted = counted.read
        else:
            self._transport.write(stream_head() + (chunk(b": wait\n\n") if case.at_once else b""))
        self._end("cut")
        self._transport.close()

    def _stream(self, case: Case, entry: Entry, counted: Used) -> None:
        """Begin a stream that ends, is cut, or is held when its parts are written."""
        told = case.kind is not Kind.SILENT
        if told and entry.model in ANTHROPIC:
            entry.counted = counted.read
        piece = answers.piece(entry.model, counted.tier)
        begin = stream_head() + answers.beginning(entry.model, used=counted, told=told)
        parts = [(begin, 0), *[(piece, 1)] * case.pieces]
        if case.kind not in _UNFINISHED:
            parts += [(part, 0) for part in answers.ending(entry.model, used=counted, told=told)]
            parts[-1] = parts[-1][0] + LAST_CHUNK, 0
        if case.at_once and case.kind is not Kind.GONE_WITHIN:
            parts = [(b"".join(part for part, _ in parts), case.pieces)]
        self._write(case, entry, deque(parts))

    def _write(self, case: Case, entry: Entry, parts: deque[tuple[bytes, int]]) -> None:
        """Write the next part. What comes after the last is done at once: the next request may be there before the
        loop's next turn."""
        if self._transport.is_closing():
            return
        part, pieces = parts.popleft()
        entry.sent += pieces
        self._transport.write(part)
        if parts:
            asyncio.get_running_loop().call_soon(self._write, case, entry, parts)
        elif case.kind is Kind.CUT_WITHIN:
            self._end("cut")
            self._transport.close()
        elif case.kind is not Kind.GONE_WITHIN:
            _tell(entry, used(entry.number, entry.model), told=case.kind is not Kind.SILENT)
            self._end("whole")

    def _end(self, ended: Literal["whole", "left", "cut"]) -> None:
        entry, self._entry = self._entry, None
        if entry is not None:
            self._house.book(entry, ended)


def _tell(entry: Entry, counted: Used, *, told: bool) -> None:
    """The answer is whole, and says what was used."""
    if told:
        entry.counted = counted.buckets
        entry.bill = str(bill(entry.model, counted.buckets, counted.tier))


async def _listen(house: House) -> None:
    loop = asyncio.get_running_loop()
    models = await loop.create_server(lambda: Connection(house), "127.0.0.1", 0, backlog=4096)
    watch = await loop.create_server(lambda: Watcher(house), "127.0.0.1", 0)
    sys.stdout.write(f"{models.sockets[0].getsockname()[1]} {watch.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()


def main() -> None:
    loop = uvloop.new_event_loop()
    with Path(sys.argv[1]).open("wb") as books:
        house = House(books)
        loop.add_signal_handler(signal.SIGTERM, house.end)
        loop.run_until_complete(_listen(house))
        loop.run_forever()


if __name__ == "__main__":
    main()
