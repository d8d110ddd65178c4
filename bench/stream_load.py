"""Many streams at once: `python -m bench.stream_load` opens, reads and checks them.

While the streams run, bytes are only kept and timed; whether each stream is whole (status 200, every piece in
order, `[DONE]` at the end, a complete message) is found out afterwards, off the clock. The result is one line
of JSON; the order comes the same way on standard input.
"""

import asyncio
import sys
import time
from collections import Counter
from typing import Final, cast

import httptools
import msgspec
import uvloop

from bench.conversation import STREAMED_TEXT
from bench.figures import percentile

RAMP_SECONDS: Final = 0.5
# With the line end before it, which a header that ends in a zero does not have.
END_OF_BODY: Final = b"\r\n0\r\n\r\n"


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """What to load, where and for how long at most."""

    port: int
    path: str
    headers: list[tuple[str, str]]
    body: str
    streams: int
    deadline_seconds: float


class Outcome(msgspec.Struct):
    """What became of the streams; `broken` counts the reasons."""

    whole: int
    broken: dict[str, int]
    seconds: float
    first_token_p50: float
    first_token_p95: float


class Delta(msgspec.Struct):
    """The part of an event that carries text."""

    content: str | None = None


class Choice(msgspec.Struct):
    """One of the answers of an event."""

    delta: Delta


class Event(msgspec.Struct):
    """What is looked at in an event."""

    choices: list[Choice] = []
    error: object = None


class Stream(asyncio.Protocol):
    """One request on a connection of its own."""

    def __init__(self, request: bytes) -> None:
        self.received = bytearray()
        self.first_token: float | None = None
        self.trouble: str | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._asked = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports fulfil the interface without subclassing it.
        self._transport = cast("asyncio.Transport", transport)
        self._asked = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if self.first_token is None and b"data:" in self.received:
            self.first_token = time.perf_counter() - self._asked
        if self.received.endswith(END_OF_BODY):
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Reader:
    """Takes an answer apart."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.complete = False

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


def flaw_of(received: bytes) -> str | None:
    """Why an answer is not the whole stream that was asked for, or None."""
    reader = Reader()
    parser = httptools.HttpResponseParser(reader)
    try:
        parser.feed_data(received)
        status = parser.get_status_code()
    except httptools.HttpParserError as error:
        return f"not HTTP: {error}"
    if not received:
        return "nothing received"
    if status != 200:
        return f"status {status}: {bytes(reader.body[:200])!r}"
    if not reader.complete:
        return "cut"
    payloads = [
        line.removeprefix(b"data:").strip() for line in bytes(reader.body).splitlines() if line.startswith(b"data:")
    ]
    if not payloads or payloads[-1] != b"[DONE]":
        return "no [DONE] at the end"
    return _flaw_of_events(payloads[:-1])


def _flaw_of_events(payloads: list[bytes]) -> str | None:
    try:
        events = [msgspec.json.decode(payload, type=Event) for payload in payloads]
    except msgspec.MsgspecError as error:
        return f"an event that cannot be read: {error}"
    if any(event.error is not None for event in events):
        return "an error event"
    text = "".join(choice.delta.content or "" for event in events for choice in event.choices)
    return None if text == STREAMED_TEXT else "other text than the origin's"


def request_bytes(order: Order) -> bytes:
    body = order.body.encode()
    headers = [("host", f"127.0.0.1:{order.port}"), ("content-length", str(len(body))), *order.headers]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"POST {order.path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def _one(order: Order, request: bytes, delay: float) -> Stream:
    await asyncio.sleep(delay)
    stream = Stream(request)
    try:
        async with asyncio.timeout(order.deadline_seconds):
            await asyncio.get_running_loop().create_connection(lambda: stream, "127.0.0.1", order.port)
            await stream.ended
    except TimeoutError:
        stream.trouble = f"not ended after {order.deadline_seconds:g} s"
    except OSError as error:
        stream.trouble = f"connection failed: {error}"
    finally:
        stream.close()
    return stream


async def load(order: Order) -> Outcome:
    request = request_bytes(order)
    began = time.perf_counter()
    streams = await asyncio.gather(
        *(_one(order, request, number / order.streams * RAMP_SECONDS) for number in range(order.streams))
    )
    return judged(streams, seconds=time.perf_counter() - began)


def judged(streams: list[Stream], *, seconds: float) -> Outcome:
    broken: Counter[str] = Counter()
    first_tokens: list[float] = []
    for stream in streams:
        flaw = flaw_of(bytes(stream.received))
        if flaw is not None:
            broken[f"{stream.trouble or 'ended'}: {flaw}"] += 1
        else:
            first_tokens.append(stream.first_token or 0.0)
    first_tokens.sort()
    return Outcome(
        whole=len(first_tokens),
        broken=dict(broken),
        seconds=seconds,
        first_token_p50=percentile(first_tokens, 0.50) if first_tokens else 0.0,
        first_token_p95=percentile(first_tokens, 0.95) if first_tokens else 0.0,
    )


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    outcome = uvloop.run(load(order))
    sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")


if __name__ == "__main__":
    main()
