"""Writes down what an upstream tells, and waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from headgate.core.failure import Failure, FailureKind
from headgate.gateway.ports import ReceivedHeaders

PATIENCE: Final = 20.0


class Recorder:
    """One attempt's `UpstreamEvents`. `told` lists the names of the events, pieces of the body joined into one."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.status = 0
        self.headers: ReceivedHeaders = ()
        self.body = b""
        self.framed: bool | None = None
        self.failure: Failure | None = None
        self.attempts: set[int] = set()
        self.react: Callable[[str], None] = lambda _: None
        """Called with each event's name, from within the event."""
        self.stopped = False
        """Set by a reaction that aborts: of an answer that came at once nothing more is noted, as a call has it."""
        self._changed = asyncio.Event()

    @property
    def kind(self) -> FailureKind | None:
        return None if self.failure is None else self.failure.kind

    async def until(self, event: str) -> None:
        """Wait until `event` has been told."""
        async with asyncio.timeout(PATIENCE):
            while event not in self.told:
                self._changed.clear()
                await self._changed.wait()

    async def until_body(self, body: bytes) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.body != body:
                self._changed.clear()
                await self._changed.wait()

    async def over(self) -> None:
        """Wait until the attempt has ended."""
        async with asyncio.timeout(PATIENCE):
            while not {"done", "failed", "abandoned"} & set(self.told):
                self._changed.clear()
                await self._changed.wait()

    def connected(self, attempt: int) -> None:
        self._note("connected", attempt)

    def request_sent(self, attempt: int) -> None:
        self._note("sent", attempt)

    def upstream_head(self, attempt: int, status: int, headers: ReceivedHeaders) -> None:
        self.status = status
        self.headers = tuple(headers)
        self._note("head", attempt)

    def upstream_bytes(self, attempt: int, data: bytes) -> None:
        assert data, "bytes are told when there are some"
        self.body += data
        self._note("bytes", attempt)

    def upstream_done(self, attempt: int, *, framed: bool) -> None:
        self.framed = framed
        self._note("done", attempt)

    def upstream_whole(self, attempt: int, status: int, *, headers: ReceivedHeaders, body: bytes) -> None:
        self.upstream_head(attempt, status, headers)
        if body and not self.stopped:
            self.upstream_bytes(attempt, body)
        if not self.stopped:
            self.upstream_done(attempt, framed=True)

    def upstream_failed(self, attempt: int, failure: Failure) -> None:
        self.failure = failure
        self._note("failed", attempt)

    def abandon(self) -> None:
        self._note("abandoned", None)

    def _note(self, event: str, attempt: int | None) -> None:
        if attempt is not None:
            self.attempts.add(attempt)
        if event != "bytes" or self.told[-1:] != ["bytes"]:
            self.told.append(event)
        self._changed.set()
        self.react(event)
