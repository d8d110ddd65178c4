"""What became of the requests whose frames a journal holds.

A request that was ended is told when its end is read. What the journal leaves open is told as a crash: an attempt that
was opened and never closed may have cost anything up to its hold. Everything told follows from the frames alone, so
that the same journal, read again, tells the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from headgate.catalogue.price import Price, resolved
from headgate.core.usage import Usage
from headgate.ledger.records import Closed, End, Ended, Finished, Frame, Listed, Opened, Settled, Status

CRASHED: Final = "crash"
"""The outcome of an attempt that nobody saw the end of."""


class _Request(msgspec.Struct):
    """What is known of a request that has not ended."""

    opened: dict[int, Opened] = msgspec.field(default_factory=dict)
    closed: dict[int, Closed] = msgspec.field(default_factory=dict)


class Replay:
    """Makes whole requests of frames. A frame that comes again says nothing new: segments repeat what is open.

    `strays` are the requests of frames that close or end what was never opened.
    """

    def __init__(self) -> None:
        self.strays: list[str] = []
        self._open: dict[str, _Request] = {}
        self._prices: dict[str, Price] = {}

    def ended(self, frames: Iterable[Frame]) -> Iterator[Finished]:
        """The requests that end within `frames`, in the order of their ends."""
        for frame in frames:
            if isinstance(frame, Opened):
                self._open.setdefault(frame.request, _Request()).opened.setdefault(frame.number, frame)
            elif isinstance(frame, Closed):
                self._close(frame)
            elif isinstance(frame, Listed):
                self._prices.setdefault(frame.id, resolved(frame.prices))
            else:
                if isinstance(frame, Settled):
                    self._close(frame.closed)
                    frame = frame.ended  # noqa: PLW2901 - a settled frame is its two parts
                if (request := self._open.pop(frame.request, None)) is None:
                    self.strays.append(frame.request)
                else:
                    yield self._finished(request, frame)

    def crashed(self) -> Iterator[Finished]:
        """The requests that nothing ended, in the order in which they were opened. They are forgotten with this."""
        left, self._open = self._open, {}
        for name, request in left.items():
            began = [opened.began for opened in request.opened.values()]
            last = max([*began, *(closed.ended for closed in request.closed.values())])
            admitted = min(opened.admitted for opened in request.opened.values())
            ended = Ended(name, End.CRASH, code=0, ended=last, duration=max(0, last - admitted))
            yield self._finished(request, ended)

    def _close(self, frame: Closed) -> None:
        request = self._open.get(frame.request)
        if request is None or frame.number not in request.opened:
            self.strays.append(frame.request)
        else:
            request.closed.setdefault(frame.number, frame)

    def _finished(self, request: _Request, ended: Ended) -> Finished:
        opened = tuple(request.opened[number] for number in sorted(request.opened))
        closed = tuple(request.closed.get(each.number) or _unknown(each, ended.ended) for each in opened)
        named = dict.fromkeys(each.to.price for each in opened)
        return Finished(opened, closed, ended, tuple(self._prices[id] for id in named if id in self._prices))


def _unknown(opened: Opened, at: int) -> Closed:
    return Closed(
        opened.request,
        opened.number,
        Status.UNKNOWN,
        Usage(),
        cost=None,
        exposure=opened.hold if opened.to.price else 0,
        outcome=CRASHED,
        code=0,
        ended=at,
    )
