"""A program: a server whose calls stream an event with every sweep, until they are drained. Prints its port.

Arguments: the seconds of grace, and whether a flush hook fails.
"""

from __future__ import annotations

import sys

from headgate.adapters.clock import SystemClock
from headgate.core.errors import GatewayError
from headgate.gateway.ports import Client, RequestHead
from headgate.gateway.road import Refusal
from headgate.web.lane_shared import Inbound, LaneLimits, routes
from headgate.web.server import DrainTimes, GatewayServer, Readiness, listen

EVENT_STREAM = b"content-type: text/event-stream\r\n"
EVENT = b"data: {}\n\n"
ERROR = b'data: {"error": {}}\n\n'


class Streaming:
    """A call that never ends by itself."""

    def __init__(self, client: Client, _endpoint: object) -> None:
        self._client = client
        self._live = False

    def head(self, head: RequestHead) -> None:
        pass

    def body(self, data: bytes) -> None:
        pass

    def body_complete(self) -> None:
        self._live = True
        self._client.start(200, EVENT_STREAM)
        self._client.write(EVENT)

    def whole(self, head: RequestHead, body: bytes | memoryview) -> None:
        self.body_complete()

    def client_gone(self) -> None:
        self._live = False

    def client_blocked(self) -> None:
        pass

    def client_writable(self) -> None:
        pass

    def tick(self, now: float) -> None:
        if self._live:
            self._client.write(EVENT)

    def drain(self) -> None:
        if self._live:
            self._client.write(ERROR)
            self._client.end()

    def abandon(self) -> None:
        self._live = False


async def nothing(_scope: object, _receive: object, _send: object) -> None:
    """No application."""


def refusal(error: GatewayError, path: bytes) -> Refusal:
    return Refusal(400, b"", error.message.encode() + path)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def flush() -> None:
    say("flushed")


def fail() -> None:
    raise RuntimeError("nothing can be saved")


def main(grace: str, hook: str) -> int:
    clock = SystemClock()
    inbound = Inbound(
        routes({(b"POST", b"/v1/call"): None}, Streaming),
        refusal,
        limits=LaneLimits(),
        trusted_proxies=(),
        now=clock.now(),
    )
    server = GatewayServer(
        nothing,
        inbound,
        clock=clock,
        readiness=Readiness(),
        drain=DrainTimes(delay=0, grace=float(grace)),
        flush=[fail, flush] if hook == "failing" else [flush],
    )
    listener = listen("127.0.0.1", 0)
    listener.listen()
    say(str(listener.getsockname()[1]))
    return server.serve_until_signal(listener)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
