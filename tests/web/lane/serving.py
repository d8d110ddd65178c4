"""A real server with a lane, on a real socket, whose calls do what the test says and write down what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

from headgate.core.errors import GatewayError
from headgate.gateway.ports import Client, RequestHead
from headgate.gateway.road import Refusal
from headgate.web.client_address import networks
from headgate.web.errors import answer
from headgate.web.lane import Lane
from headgate.web.lane_shared import Inbound, LaneLimits, routes
from headgate.web.server import DrainTimes, GatewayServer, Readiness, listen

PATIENCE: Final = 20.0
TEXT: Final = b"content-type: text/plain\r\n"


@dataclass
class ManualClock:
    """Time that passes when the test says so."""

    seconds: float = 1000.0

    def now(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return self.seconds


class WatchedClient:
    """Passes on what a call does, and notes when it has ended."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.ended = False

    def answer(self, status: int, headers: bytes, body: bytes) -> None:
        self.ended = True
        self._client.answer(status, headers, body)

    def start(self, status: int, headers: bytes) -> None:
        self._client.start(status, headers)

    def write(self, data: bytes) -> None:
        self._client.write(data)

    def end(self) -> None:
        self.ended = True
        self._client.end()

    def abort(self) -> None:
        self.ended = True
        self._client.abort()

    def hold_body(self) -> None:
        self._client.hold_body()

    def take_body(self) -> None:
        self._client.take_body()


class ScriptedCall:
    """One call. `told` lists what it was told; successive pieces of the body are one entry."""

    def __init__(self, client: Client, script: Script) -> None:
        self.client = WatchedClient(client)
        self.told_after_its_end = False
        self.told: list[str | bytes] = []
        self.request: RequestHead | None = None
        self.received = b""
        self.ticks: list[float] = []
        self.request_id = "req_test"
        self.changed = asyncio.Event()
        self._script = script

    def head(self, head: RequestHead) -> None:
        self.request = head
        self._tell("head")

    def body(self, data: bytes) -> None:
        self.received += data
        if self.told and isinstance(self.told[-1], bytes):
            self.told[-1] += data
            self.changed.set()
            self._act("body")
        else:
            self._tell(data)

    def body_complete(self) -> None:
        self._tell("body_complete")

    def whole(self, head: RequestHead, body: bytes | memoryview) -> None:
        self.head(head)
        if body and not self.client.ended:
            self.body(bytes(body))
        if not self.client.ended:
            self.body_complete()

    def client_gone(self) -> None:
        self._tell("client_gone")

    def client_blocked(self) -> None:
        self._tell("client_blocked")

    def client_writable(self) -> None:
        self._tell("client_writable")

    def tick(self, now: float) -> None:
        self.ticks.append(now)
        self._act("tick")

    def drain(self) -> None:
        self._tell("drain")

    def abandon(self) -> None:
        self._tell("abandon")

    async def until(self, event: str | bytes) -> None:
        """Wait until `event` has been told."""
        async with asyncio.timeout(PATIENCE):
            while event not in self.told:
                self.changed.clear()
                await self.changed.wait()

    def _tell(self, event: str | bytes) -> None:
        self.told.append(event)
        self.changed.set()
        self._act(event if isinstance(event, str) else "body")

    def _act(self, event: str) -> None:
        self.told_after_its_end = self.told_after_its_end or self.client.ended
        act = self._script.get(event)
        if act is not None:
            act(self)


Script: TypeAlias = dict[str, Callable[[ScriptedCall], None]]
"""What a call does when it is told something."""


def echo(call: ScriptedCall) -> None:
    call.client.answer(200, TEXT, call.received)


def refuse(call: ScriptedCall) -> None:
    call.client.answer(401, TEXT, b"no")


ECHO: Final[Script] = {"body_complete": echo}
REFUSE: Final[Script] = {"head": refuse}
SILENT: Final[Script] = {}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The other road: tells what it was asked and, unless the path says otherwise, the body it got."""
    body = b""
    if scope["path"] != "/unread":
        while (event := await receive()).get("more_body"):
            body += event["body"]
        body += event.get("body", b"")
    told = f"{scope['method']} {scope['path']} {scope['client'][0]} {len(body)}".encode()
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": told})


def refusal(error: GatewayError, path: bytes) -> Refusal:
    return Refusal(answer(error).status, TEXT, f"{error.message} at {path.decode()}".encode())


@dataclass
class Served:
    """A running server. `calls` are those that were opened, oldest first."""

    port: int
    clock: ManualClock
    server: GatewayServer
    delay: float
    calls: list[ScriptedCall] = field(default_factory=list)
    flushed: list[str] = field(default_factory=list)

    async def pass_time(self, seconds: float) -> None:
        """Let the server do what it can do at once, then let time pass."""
        for _ in range(4):
            await next_turn()
        self.clock.seconds += seconds
        self.server.sweep()

    @property
    def lane(self) -> Lane:
        """The only connection."""
        (lane,) = self.server.server_state.connections
        assert isinstance(lane, Lane)
        return lane

    async def call(self, number: int = 0) -> ScriptedCall:
        """The call of that number, when it has been told its head."""
        async with asyncio.timeout(PATIENCE):
            while len(self.calls) <= number:
                await next_turn()
        await self.calls[number].until("head")
        return self.calls[number]

    async def stopped_listening(self) -> None:
        """Let the delay of a drain pass, and wait until it has come to its grace."""
        await self.pass_time(0)
        await self.pass_time(self.delay)
        async with asyncio.timeout(PATIENCE):
            while not self.server.inbound.draining:
                await next_turn()

    async def ended(self) -> None:
        """Wait until the server has come to its end."""
        async with asyncio.timeout(PATIENCE):
            while not self.flushed:
                await next_turn()

    async def without_connections(self) -> None:
        """Wait until the server holds no connection."""
        async with asyncio.timeout(PATIENCE):
            while self.server.server_state.connections:
                await next_turn()


async def next_turn() -> None:
    """Let the server, which shares the loop, do what it can do at once."""
    await asyncio.sleep(0)


def build(
    script: Script,
    *,
    limits: LaneLimits | None = None,
    trusted: Sequence[str] = (),
    drain: DrainTimes | None = None,
    app: ASGIApp = application,
) -> Served:
    """A server that has not begun to serve."""
    clock = ManualClock()
    times = drain or DrainTimes(delay=0, grace=30)
    calls: list[ScriptedCall] = []
    flushed: list[str] = []

    def open_call(client: Client, script: Script) -> ScriptedCall:
        calls.append(ScriptedCall(client, script))
        return calls[-1]

    inbound = Inbound(
        routes({(b"POST", b"/v1/call"): script}, open_call),
        refusal,
        limits=limits or LaneLimits(),
        trusted_proxies=networks(trusted),
        now=clock.now(),
    )

    async def without_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)

    server = GatewayServer(
        without_lifespan,
        inbound,
        clock=clock,
        readiness=Readiness(),
        drain=times,
        flush=[lambda: flushed.append("flushed")],
    )
    return Served(0, clock, server, times.delay, calls, flushed)


@asynccontextmanager
async def serving(
    script: Script,
    *,
    limits: LaneLimits | None = None,
    trusted: Sequence[str] = (),
    drain: DrainTimes | None = None,
    app: ASGIApp = application,
) -> AsyncIterator[Served]:
    served = build(script, limits=limits, trusted=trusted, drain=drain, app=app)
    listener = listen("127.0.0.1", 0)
    served.port = listener.getsockname()[1]
    server = served.server
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    while not server.started:
        await next_turn()
    try:
        yield served
    finally:
        server.should_exit = server.force_exit = True
        server.sweep()
        await task
