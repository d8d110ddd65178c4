"""An upstream that streams: `python -m bench.stream_origin PORT` answers every POST with one event each 20 ms.

One timer serves all streams. Time is a wheel of 20 slots of a millisecond each; a stream stays in the slot in
which it began, so its events are 20 ms apart and the streams are spread over the wheel as they arrived. A
timer for each stream would cost this process more than the gateway that it is there to measure.
"""

import asyncio
import sys
from typing import Final, cast

import httptools
import uvloop

from bench.conversation import streamed_events

SLOTS: Final = 20
SLOT_SECONDS: Final = 0.001
HEAD: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
)
LAST_CHUNK: Final = b"0\r\n\r\n"


class Wheel:
    """All streams under way, by the millisecond in which their next event is due."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: list[list[Stream]] = [[] for _ in range(SLOTS)]
        self._turns = 0
        self._began = loop.time()

    def join(self, stream: "Stream") -> None:
        # The slot whose turn has just passed comes round again a full turn of the wheel later.
        self._slots[(self._turns - 1) % SLOTS].append(stream)

    def turn(self) -> None:
        due = int((self._loop.time() - self._began) / SLOT_SECONDS)
        while self._turns <= due:
            slot = self._turns % SLOTS
            self._turns += 1
            self._slots[slot] = [stream for stream in self._slots[slot] if stream.send_next()]
        self._loop.call_at(self._began + self._turns * SLOT_SECONDS, self.turn)


class Stream:
    """One answer: the events that are still to be sent."""

    def __init__(self, transport: asyncio.Transport, chunks: tuple[bytes, ...]) -> None:
        self._transport = transport
        self._chunks = iter(chunks)

    def send_next(self) -> bool:
        """False after the last event, and when the other side has gone."""
        if self._transport.is_closing():
            return False
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._transport.write(chunk)
        return True


class Connection(asyncio.Protocol):
    """One keep-alive connection of a gateway."""

    def __init__(self, wheel: Wheel, chunks: tuple[bytes, ...]) -> None:
        self._wheel = wheel
        self._chunks = chunks
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports fulfil the interface without subclassing it.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            print(f"not HTTP: {error}: {data[:200]!r}", file=sys.stderr, flush=True)
            if self._transport is not None:
                self._transport.abort()

    def on_message_complete(self) -> None:
        if self._transport is None:
            return
        self._transport.write(HEAD + self._chunks[0])
        self._wheel.join(Stream(self._transport, self._chunks[1:]))


def chunked(event: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(event), event)


def stream_chunks() -> tuple[bytes, ...]:
    """The events framed for HTTP/1.1; the end of the body leaves together with the last one."""
    *events, last = [chunked(event) for event in streamed_events()]
    return (*events, last + LAST_CHUNK)


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    wheel = Wheel(loop)
    chunks = stream_chunks()
    server = await loop.create_server(lambda: Connection(wheel, chunks), "127.0.0.1", port, backlog=4096)
    wheel.turn()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
