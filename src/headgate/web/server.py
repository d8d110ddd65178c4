"""The server: one sweep for every deadline, and an end that cuts no answer off.

A first SIGTERM or SIGINT begins the drain. Readiness fails at once, and for `delay` seconds everything goes on, so
that whoever spreads the load can look away. Then listening stops, connections that carry nothing are closed, and the
answers under way have `grace` seconds to finish. Those that have not are ended with an error that their callers see.
At last the flush hooks run, and the process ends with status 0. A second signal ends all this at once, a third kills.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import signal
import socket
import threading
from collections.abc import Callable, Generator, Sequence
from email.utils import formatdate
from types import FrameType
from typing import TYPE_CHECKING, Final, cast

import msgspec
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.config import Config
from uvicorn.server import HANDLED_SIGNALS, Server

from headgate.core.clock import Clock
from headgate.core.secret import Secret
from headgate.settings import StartRefused
from headgate.web.lane import Lane
from headgate.web.lane_shared import Inbound

if TYPE_CHECKING:
    from uvicorn._types import ASGIApplication

_LOG: Final = logging.getLogger(__name__)
SWEEP_SECONDS: Final = 0.25
_POLL_SECONDS: Final = 0.05
_LAST_SECONDS: Final = 2.0
"""For the errors that end the last answers to leave."""


class CannotListen(StartRefused):
    """The address is taken, not ours or not allowed."""


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever started the server wants to know. `token` is the administrator's, if one was just drawn."""

    address: str
    first: bool = False
    token: Secret | None = None


class Readiness:
    """Whether new requests are welcome. The health route reads it; a drain ends it for good."""

    __slots__ = ("ready",)

    def __init__(self) -> None:
        self.ready = True

    def fail(self) -> None:
        self.ready = False


class DrainTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of a drain: until listening stops, and from there until answers under way are ended with an error."""

    delay: float
    grace: float


class GatewayServer(Server):
    """uvicorn's server with our sweep and our drain. Single use."""

    def __init__(
        self,
        app: ASGIApp,
        inbound: Inbound,
        *,
        clock: Clock,
        readiness: Readiness,
        drain: DrainTimes,
        flush: Sequence[Callable[[], None]] = (),
    ) -> None:
        super().__init__(_config(app, inbound))
        self.inbound = inbound
        self.readiness = readiness
        self.failed = False
        self._clock = clock
        self._drain = drain
        self._flush = flush
        self._signalled = asyncio.Event()
        self._second = -1
        self._timer: asyncio.TimerHandle | None = None
        self._started: Callable[[], None] = lambda: None

    @property
    def live_calls(self) -> int:
        return sum(lane.call is not None for lane in self._lanes())

    def serve_until_signal(self, listener: socket.socket, *, started: Callable[[], None] = lambda: None) -> int:
        """Serve on `listener`, and end as described above. Returns the exit status.

        `started` is called when requests are answered and a signal would drain.
        """
        self._started = started
        self.run(sockets=[listener])
        return 1 if self.failed or self.force_exit else 0

    def sweep(self) -> None:
        """Look at every deadline."""
        now = self.inbound.now = self._clock.now()
        second = int(self._clock.wall())
        if second != self._second:
            self._second = second
            date = formatdate(second, usegmt=True).encode()
            self.inbound.date = b"date: %b\r\n" % date
            self.server_state.default_headers = [(b"date", date)]
        for lane in self._lanes():
            lane.tick(now)
        if self.should_exit:
            # Not from the signal handler, which may interrupt anything.
            self._signalled.set()

    # What uvicorn calls

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.sweep()
        await super().startup(sockets)
        self._sweep_again()
        self._started()

    @override
    async def main_loop(self) -> None:
        await self._signalled.wait()

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.readiness.fail()
        if self.should_exit:
            self.force_exit = True
            for number in HANDLED_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
        self.should_exit = True

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn raises the signal once more at the end, which would turn a drain that went well into a failure.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.readiness.fail()
        await self._wait(self._drain.delay)
        self.inbound.draining = True
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for lane in self._lanes():
            lane.shutdown()
        await self._wait(self._drain.grace, until=self._is_idle)
        await self._end_answers()
        if not self.force_exit:
            await self.lifespan.shutdown()
        if self._timer is not None:
            self._timer.cancel()
        self._run_flush_hooks()

    async def _end_answers(self) -> None:
        lanes = self._lanes()
        if lanes:
            _LOG.warning("%d connections outlived the grace of the drain", len(lanes))
        for lane in lanes:
            lane.drain()
        for task in tuple(self.server_state.tasks):
            task.cancel()
        await self._wait(_LAST_SECONDS, until=self._is_idle)
        for lane in self._lanes():
            lane.reset()
        # Lost connections are told in the next turn of the loop.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def _run_flush_hooks(self) -> None:
        for flush in self._flush:
            try:
                flush()
            except Exception:  # the other hooks have something to save too
                _LOG.exception("a flush hook failed")
                self.failed = True

    async def _wait(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
        end = self._clock.now() + seconds
        while not self.force_exit and not until() and self._clock.now() < end:  # noqa: ASYNC110
            # A signal handler's flag, a clock and a set of connections: none of them can set an event.
            await asyncio.sleep(_POLL_SECONDS)

    def _is_idle(self) -> bool:
        return not self.server_state.connections and not self.server_state.tasks

    def _lanes(self) -> list[Lane]:
        # uvicorn types the set with its own protocols; it holds what `_config` makes.
        return cast("list[Lane]", list(self.server_state.connections))

    def _sweep_again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep_again)
        self.sweep()


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise CannotListen(f"cannot listen on {host!r} port {port}: {error.strerror or error}") from error
    listener.settimeout(0)
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL of the server on `listener`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _config(app: ASGIApp, inbound: Inbound) -> Config:
    return Config(
        cast("ASGIApplication", app),
        http=cast("type[asyncio.Protocol]", functools.partial(Lane, inbound=inbound)),
        ws="none",
        log_config=None,
        access_log=False,
        # Off, because the lane has one rule for each of these and it holds on both roads.
        proxy_headers=False,
        forwarded_allow_ips=[],
        server_header=False,
        limit_concurrency=None,
        limit_max_requests=None,
        workers=1,
    )
