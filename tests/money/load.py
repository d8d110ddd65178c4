"""The load: clients that ask, read, and leave where they are meant to. What came of each request is kept in little."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Iterator, Sequence
from typing import Final, cast

import httptools
import uvloop

from tests.end_to_end.gateway import CHAT
from tests.money.cases import HELD, PIECE, Case, Kind, body_of, case_of
from tests.money.site import Caller

CLIENTS: Final = 48
PATIENCE: Final = 120.0
"""Seconds until a request that is never answered ends the load. No test depends on it to pass."""
_DONE: Final = b"data: [DONE]\n\n"


class Seen:
    """What the clients saw, by number: the id and status of the answer (0: none), the pieces of text that were
    delivered, and whether the answer was whole."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.ids: list[str] = [""] * count
        self.statuses = array("h", bytes(2 * count))
        self.delivered = array("i", bytes(4 * count))
        self.whole = bytearray(count)


class Client(asyncio.Protocol):
    """One connection: one request at a time."""

    _transport: asyncio.Transport

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self.closed = False
        self._done: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports fulfil the interface without subclassing it.
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, case: Case, caller: Caller) -> asyncio.Future[None]:
        """Send a request. The future is done when it is answered or left."""
        self._case, self._body, self._done = case, bytearray(), asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        body = body_of(case)
        head = b"POST %b HTTP/1.1\r\nhost: gate\r\n%bcontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self._transport.write(head % (CHAT.encode(), caller.lines, len(body)) + body)
        return self._done

    def leave(self) -> None:
        self._over()
        self.closed = True
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._done is None:
            return
        self._parser.feed_data(data)
        case = self._case
        if case.kind is Kind.GONE_WITHIN and self._body.count(PIECE) >= case.left_after:
            self.leave()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-request-id":
            self._seen.ids[self._case.number] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        whole = not self._case.stream or self._body.endswith(_DONE)
        self._seen.whole[self._case.number] = whole and self._parser.get_status_code() == 200
        self._over()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._over()

    def _over(self) -> None:
        done, self._done = self._done, None
        if done is not None:
            number, seen = self._case.number, self._seen
            seen.delivered[number] = self._body.count(PIECE)
            if seen.ids[number]:
                seen.statuses[number] = self._parser.get_status_code()
            done.set_result(None)


class Held(asyncio.Protocol):
    """Hears from the origin which requests it holds."""

    def __init__(self) -> None:
        self._rest = b""
        self._waiting: dict[int, asyncio.Event] = {}

    def of(self, number: int) -> asyncio.Event:
        return self._waiting.setdefault(number, asyncio.Event())

    def forget(self, number: int) -> None:
        del self._waiting[number]

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self.of(int(line)).set()


class Load:
    """So many requests at a gateway, by several clients at once, as fast as they are answered."""

    def __init__(self, port: int, watched: int, *, callers: Sequence[Caller], count: int) -> None:
        self._port = port
        self._watched = watched
        self._callers = callers
        self.seen = Seen(count)

    def run(self) -> Seen:
        uvloop.run(self._run())
        return self.seen

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        transport, held = await loop.create_connection(Held, "127.0.0.1", self._watched)
        numbers = iter(range(self.seen.count))
        async with asyncio.TaskGroup() as clients:
            for _ in range(CLIENTS):
                clients.create_task(self._client(numbers, held))
        transport.close()

    async def _client(self, numbers: Iterator[int], held: Held) -> None:
        client = None
        for number in numbers:
            case = case_of(number)
            if client is None or client.closed:
                client = await self._connected()
            async with asyncio.timeout(PATIENCE):
                answered = client.ask(case, self._callers[case.caller])
                if case.kind in HELD:
                    await held.of(number).wait()
                    held.forget(number)
                    client.leave()
                await answered
        if client is not None:
            client.leave()

    async def _connected(self) -> Client:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: Client(self.seen), "127.0.0.1", self._port)
        return client
