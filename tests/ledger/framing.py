"""Frames to write down and to read back."""

from __future__ import annotations

from headgate.catalogue.price import PriceList, Rates, resolved
from headgate.core.usage import Usage
from headgate.ledger.records import Account, Closed, Destination, End, Ended, Opened, Settled, Status

PRICE = resolved(PriceList(rates=Rates(input=3_000_000, output=15_000_000)))
OTHER_PRICE = resolved(PriceList(rates=Rates(input=1, output=2)))
ACCOUNT = Account("org-1", "project-1", "", "key-1")
HOLD = 40_000


def opened(request: str, number: int = 1, *, price: str = PRICE.id) -> Opened:
    return Opened(
        request,
        number,
        ACCOUNT,
        Destination("uid-1", "gpt-4o", 7, "openai", "gpt-4o", price),
        model="gpt-4o",
        operation="chat",
        admitted=1_000_000,
        began=1_000_000 + number,
        hold=HOLD,
        hold_tokens=10,
    )


def closed(request: str, number: int = 1, *, status: Status = Status.SETTLED) -> Closed:
    usage = Usage(input=10, output=number)
    return Closed(request, number, status, usage, 45_000_000, 0, outcome="", code=200, ended=2_000_000, first_byte=70)


def ended(request: str) -> Ended:
    return Ended(request, End.COMPLETE, 200, ended=2_000_001, duration=1_000_001, why='{"by": "name"}')


def settled(request: str, number: int = 1) -> Settled:
    return Settled(closed(request, number), ended(request))
