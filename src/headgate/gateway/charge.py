"""What one attempt costs, from its hold to its close."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from headgate.catalogue.price import Price
from headgate.core.clock import Clock
from headgate.core.money import MoneyOutOfRange, Picodollars
from headgate.core.usage import Usage
from headgate.gateway.allowed import Claim
from headgate.ledger.cost import Cost, cost
from headgate.ledger.records import Closed, Opened, Status

NOTHING: Final = Usage()
FREE: Final = Cost(0, 0, 0)

# Names of the module: a member of an enumeration is looked up at each use, and every attempt ends with one of these.
SETTLED, ESTIMATED, UNKNOWN = Status.SETTLED, Status.ESTIMATED, Status.UNKNOWN


class Keeps(Protocol):
    """The tab that a charge is on."""

    clock: Clock

    def is_over(self, closed: Closed) -> None: ...


class Charge:
    """One attempt. `price` is the one that it is reckoned with, None without one; `closed` is there once it is over."""

    __slots__ = ("_claim", "_tab", "closed", "cost", "opened", "price", "usage")

    def __init__(self, tab: Keeps, opened: Opened, *, claim: Claim | None, price: Price | None) -> None:
        self._tab: Keeps | None = tab
        self._claim = claim
        self.opened = opened
        self.price = price
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

    def close(self, *, outcome: str = "", code: int = 200, first_byte: int | None = None) -> None:
        """The attempt is over, with what was reckoned; nothing reckoned: nothing used, and nothing to pay."""
        usage, cost = self.usage, self.cost
        if usage is None:
            self.usage, self.cost = NOTHING, FREE
            self._close(SETTLED, NOTHING, 0, outcome=outcome, code=code, first_byte=first_byte)
        elif cost is None:
            self._close(UNKNOWN, usage, None, outcome=outcome, code=code, first_byte=first_byte)
        else:
            status = ESTIMATED if usage.estimated else SETTLED
            self._close(status, usage, cost.total, outcome=outcome, code=code, first_byte=first_byte)

    def cancel(self) -> None:
        """It was not sent."""
        tab, self._tab = self._tab, None
        if self._claim is not None and tab is not None:
            self._claim.cancel(now=tab.clock.now())

    def lose(self) -> None:
        """A bug of ours ended the attempt, and nobody knows what became of it."""
        self.usage, self.cost = NOTHING, None
        self._close(UNKNOWN, NOTHING, None, outcome="lost", code=0, first_byte=None)

    def _close(
        self,
        status: Status,
        usage: Usage,
        total: Picodollars | None,
        *,
        outcome: str,
        code: int,
        first_byte: int | None,
    ) -> None:
        # The tab keeps its charges: a charge that is over keeps no tab, or both would wait for the garbage collector.
        tab, self._tab = self._tab, None
        assert tab is not None, "an attempt is over once"
        opened, clock = self.opened, tab.clock
        held = opened.hold
        exposure = held if total is None else 0
        ended = int(clock.wall() * 1e6)
        overrun = total is not None and total > held
        closed = self.closed = Closed(
            opened.request, opened.number, status, usage, total, exposure, outcome, code, ended, first_byte, overrun
        )
        if self._claim is not None:
            tokens = usage.prompt + usage.completion
            self._claim.settle(cost=total or 0, exposure=exposure, tokens=tokens, now=clock.now())
        tab.is_over(closed)


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
