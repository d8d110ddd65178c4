"""What one attempt costs, from its hold to its close."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price
from headgate.core.clock import Clock
from headgate.core.money import MoneyOutOfRange, Picodollars
from headgate.core.usage import Usage
from headgate.gateway.allowed import Claim
from headgate.gateway.bill import both, told
from headgate.ledger.cost import Cost, cost
from headgate.ledger.records import Closed, Opened, Status

NOTHING: Final = Usage()
FREE: Final = Cost(0, 0, 0)

# Names of the module: a member of an enumeration is looked up at each use, and every attempt ends with one of these.
SETTLED, ESTIMATED, UNKNOWN = Status.SETTLED, Status.ESTIMATED, Status.UNKNOWN


class Keeps(Protocol):
    """The tab that a charge is on. `started` is when its request began, by the clock."""

    clock: Clock
    started: float
    unwritten: Closed | None

    def write_closed(self) -> None: ...

    def spent(self) -> Cost | None: ...


class Charge:
    """One attempt at `offer`. `price` is the one that it is reckoned with, None without one; `closed` is there once it
    is over; `shown` is what the caller was told that the request costs, in USD, b"" if that was nothing."""

    __slots__ = ("_claim", "_tab", "closed", "cost", "offer", "opened", "price", "shown", "usage")

    def __init__(self, tab: Keeps, opened: Opened, *, offer: Offer, claim: Claim | None, price: Price | None) -> None:
        self._tab: Keeps | None = tab
        self._claim = claim
        self.offer = offer
        self.opened = opened
        self.price = price
        self.shown = b""
        self.usage: Usage | None = None
        self.cost: Cost | None = None
        self.closed: Closed | None = None

    def reckon(self, usage: Usage) -> Cost | None:
        """Take what was used. The cost is None without a price, for what the price says nothing of, and beyond what a
        row can hold."""
        self.usage = usage
        found, price = None, self.price
        if price is not None:
            try:
                found = cost(usage, price)
            except MoneyOutOfRange:
                found = None
        self.cost = found
        return found

    def extra(self, usage: Usage) -> bytes:
        """Our own members of the usage object: cost and its parts in USD, null if unknown; milliseconds; carbon. The
        cost is that of the request, the attempts before this one included."""
        own, tab = self.reckon(usage), self._tab
        assert tab is not None, "an answer comes before the end"
        if self.opened.number > 1:
            own = both(tab.spent(), own)
        milliseconds = int((tab.clock.now() - tab.started) * 1000)
        self.shown, members = told(own, usage, offer=self.offer, milliseconds=milliseconds)
        return members

    def close(self, *, outcome: str = "", code: int = 200, first_byte: int | None = None) -> None:
        """The attempt is over, with what was reckoned; nothing reckoned: nothing used, and nothing to pay."""
        usage, cost = self.usage, self.cost
        if usage is None:
            usage, cost = self.usage, self.cost = NOTHING, FREE
        # The tab keeps its charges: a charge that is over keeps no tab, or both would wait for the garbage collector.
        tab, self._tab = self._tab, None
        assert tab is not None, "an attempt is over once"
        opened, clock = self.opened, tab.clock
        if cost is None:
            status, total, exposure, overrun = UNKNOWN, None, opened.hold, False
        else:
            total, exposure = cost.total, 0
            status, overrun = ESTIMATED if usage.estimated else SETTLED, total > opened.hold
        ended = int(clock.wall() * 1e6)
        closed = self.closed = Closed(
            opened.request, opened.number, status, usage, total, exposure, outcome, code, ended, first_byte, overrun
        )
        if self._claim is not None:
            tokens = usage.prompt + usage.completion
            self._claim.settle(cost=total or 0, exposure=exposure, tokens=tokens, now=clock.now())
        if tab.unwritten is not None:
            tab.write_closed()
        # The last of a request is written with its end, as one frame.
        tab.unwritten = closed

    def cancel(self) -> None:
        """It was not sent."""
        tab, self._tab = self._tab, None
        if self._claim is not None and tab is not None:
            self._claim.cancel(now=tab.clock.now())

    def lose(self) -> None:
        """A bug of ours ended the attempt, and nobody knows what became of it."""
        self.usage, self.cost = NOTHING, None
        self.close(outcome="lost", code=0)


def own(charge: Charge | None) -> tuple[Usage | None, Picodollars | None]:
    """What an attempt used and cost, as far as that is known; nothing is known of what was not paid for."""
    if charge is None or charge.usage is None or charge.usage is NOTHING:
        return None, None
    return charge.usage, None if charge.cost is None else charge.cost.total


def paid(charges: Iterable[Charge]) -> tuple[Picodollars, Picodollars, int]:
    """What several attempts that are over come to: cost as far as it is known, exposure, tokens."""
    cost = exposure = tokens = 0
    for charge in charges:
        usage = charge.usage or NOTHING
        tokens += usage.prompt + usage.completion
        if charge.cost is None:
            exposure += charge.opened.hold
        else:
            cost += charge.cost.total
    return cost, exposure, tokens
