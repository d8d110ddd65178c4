"""The built-in mock as an upstream: no network, told from the event loop like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from headgate.adapters.upstream.connection import abandon
from headgate.catalogue.offer import Offer
from headgate.catalogue.upstream import Unroutable
from headgate.dialects.mock import answer, is_slow
from headgate.dialects.mock_answer import MockAnswer
from headgate.dialects.mock_form import MockForm
from headgate.gateway.ports import UpstreamEvents

SLOW_SECONDS: Final = 0.05


class MockWire:
    """The `Wire` of an attempt at the mock. Its answer is told piece by piece, one turn of the event loop for each."""

    def __init__(self, events: UpstreamEvents, attempt: int, *, gap: float) -> None:
        self.ready = True
        self._events: UpstreamEvents | None = events
        self._attempt = attempt
        self._gap = gap
        self._paused = False
        self._pieces: Iterator[bytes] = iter(())
        self._next: asyncio.Handle | None = None
        self._form: MockForm | None = None

    def send(self, path: str, body: bytes) -> bool:
        self._later(lambda events: self._begin(events, answer(path, body)))
        return True

    def open(self, path: str, content_type: bytes, *, length: int | None) -> None:
        self._form = MockForm(path, content_type)

    def write(self, data: bytes) -> bool:
        if self._form is not None:
            self._form.feed(data)
        return True

    def finish(self) -> bool:
        form = self._form
        if form is not None:
            self._later(lambda events: self._begin(events, form.answer()))
        return True

    def get(self, path: str) -> bool:
        return self.send(path, b"")  # it shows no pages: the answer is the refusal of an empty body

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            self._later(self._continue)

    def redacted(self, text: bytes) -> bytes:
        return text

    def abort(self) -> None:
        self._events = None
        if self._next is not None:
            self._next.cancel()

    def _begin(self, events: UpstreamEvents, whole: MockAnswer) -> None:
        self._pieces = iter(whole.pieces)
        events.upstream_head(self._attempt, whole.status, whole.headers)
        self._later(self._continue)

    def _continue(self, events: UpstreamEvents) -> None:
        if self._paused:
            return
        piece = next(self._pieces, None)
        if piece is None:
            self._events = None
            events.upstream_done(self._attempt, framed=True)
        else:
            events.upstream_bytes(self._attempt, piece)
            self._later(self._continue, gap=self._gap)

    def _later(self, step: Callable[[UpstreamEvents], None], *, gap: float = 0.0) -> None:
        """Take a step in a later turn of the event loop, unless one is due already or the attempt is over."""
        if self._events is None or self._next is not None:
            return
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(gap, self._take, step) if gap else loop.call_soon(self._take, step)

    def _take(self, step: Callable[[UpstreamEvents], None]) -> None:
        self._next = None
        events = self._events
        if events is None:
            return
        try:
            step(events)
        except Exception as bug:  # ours, the call's or the mock's: neither is a fault of an upstream
            self.abort()
            abandon(events, bug)


class MockUpstream:
    """The `Upstream` of the provider `mock`."""

    def connect(self, offer: Offer, events: UpstreamEvents, attempt: int, *, fresh: bool) -> MockWire:
        model = "" if isinstance(offer.route, Unroutable) else offer.route.model
        return MockWire(events, attempt, gap=SLOW_SECONDS if is_slow(model) else 0.0)
