"""Writes events down: a line of JSON each, in the log `headgate.events`, by a thread of its own.

Who tells of an event only puts it into a queue. If nobody takes them away fast enough, the queue is bounded: what does
not fit is counted, and the count told with the next event that does.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import Final

from headgate.core.events import EventName
from headgate.core.json import Json, encode

_LOG: Final = logging.getLogger("headgate.events")
_MOST_WAITING: Final = 10_000


class EventLog:
    """The Events of a running gateway. `close` writes what is waiting."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[EventName, dict[str, Json]] | None] = queue.Queue(_MOST_WAITING)
        self._dropped = 0
        self._writer = threading.Thread(target=self._write, name="events", daemon=True)
        self._writer.start()

    def tell(self, name: EventName, fields: dict[str, Json]) -> None:
        told = {**fields, "dropped_before": self._dropped} if self._dropped else fields
        try:
            self._waiting.put_nowait((name, told))
        except queue.Full:
            self._dropped += 1
        else:
            self._dropped = 0

    def close(self) -> None:
        self._waiting.put(None)
        self._writer.join()

    def _write(self) -> None:
        while (event := self._waiting.get()) is not None:
            name, fields = event
            _LOG.warning("%s", encode({"event": name, **fields}).decode())
