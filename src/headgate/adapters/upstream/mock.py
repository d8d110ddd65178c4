"""The built-in mock as an upstream: no network, told from the event loop like any other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from headgate.adapters.upstream.connection import abandon
from headgate.catalogue.offer import Offer
from headgate.catalogue.upstream import Unroutable
from headgate.dialects.mock import MockAnswer, answer, is_slow
from headgate.gateway.ports import UpstreamEvents

SLOW_SECONDS: Final = 0.05


class MockWire:
    """The `Wire` of an attempt at the mock. Its answer is told piece by piece, one turn of the event loop for each."""

    def __init__(self, events: UpstreamEvents, attempt: int, *, pause: float) -> None:
        self.ready = True
        self._events: UpstreamEvents | None = events
        self._attempt = attempt
        self._pause = pause
        self._paused = False
        self._pieces: deque[bytes] = deque()
        self._next: asyncio.Handle | None = None

    def send(self, path: str, body: bytes) -> bool:
        if self._events is not None:
            self._later(lambda: self._begin(answer(path, body)))
        return True

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            if self._events is not None and self._next is None:
                self._later(self._continue)

    def abort(self) -> None:
        self._events = None
        if self._next is not None:
            self._next.cancel()

    def _begin(self, whole: MockAnswer) -> None:
        self._pieces.extend(whole.pieces)
        self._tell(lambda events: events.upstream_head(self._attempt, whole.status, whole.headers))
        self._later(self._continue)

    def _continue(self) -> None:
        self._next = None
        if self._paused or self._events is None:
            return
        if self._pieces:
            piece = self._pieces.popleft()
            self._tell(lambda events: events.upstream_bytes(self._attempt, piece))
            pause = self._pause if self._pieces else 0.0
            self._later(self._continue, pause)
        else:
            self._tell(lambda events: events.upstream_done(self._attempt, framed=True), over=True)

    def _later(self, step: Callable[[], None], seconds: float = 0.0) -> None:
        if self._events is None:
            return
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(seconds, step) if seconds else loop.call_soon(step)

    def _tell(self, tell: Callable[[UpstreamEvents], None], *, over: bool = False) -> None:
        events = self._events
        if events is None:
            return
        if over:
            self._events = None
        try:
            tell(events)
        except Exception as bug:  # ours: a call does not raise for anything that an upstream does
            self.abort()
            abandon(asyncio.get_running_loop(), events, bug)


class MockUpstream:
    """The `Upstream` of the provider `mock`."""

    def connect(self, offer: Offer, events: UpstreamEvents, attempt: int, *, fresh: bool) -> MockWire:
        model = "" if isinstance(offer.route, Unroutable) else offer.route.model
        return MockWire(events, attempt, pause=SLOW_SECONDS if is_slow(model) else 0.0)
