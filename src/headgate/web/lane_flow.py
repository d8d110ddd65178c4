"""Which sides of an inbound connection are paused."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl


class LaneFlow(FlowControl):
    """uvicorn's, but for the event that it makes for each connection: a tenth of what a stream occupies. Only answers
    of the management APIs wait for the client, so it is made when one does."""

    __slots__ = ("_transport", "_writable", "read_paused", "write_paused")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._writable: asyncio.Event | None = None
        self.read_paused = False
        self.write_paused = False

    async def drain(self) -> None:
        if self.write_paused:
            if self._writable is None:
                self._writable = asyncio.Event()
            await self._writable.wait()

    def pause_writing(self) -> None:
        self.write_paused = True

    def resume_writing(self) -> None:
        self.write_paused = False
        writable, self._writable = self._writable, None
        if writable is not None:
            writable.set()
