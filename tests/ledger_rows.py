"""Finished requests for tests of the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.catalogue.price import Price, PriceList, Rates, resolved
from headgate.core.ids import RequestIds
from headgate.core.usage import Usage
from headgate.ledger.cost import cost
from headgate.ledger.records import Account, Closed, Destination, End, Ended, Finished, Opened, Status

NOVEMBER = 1_793_500_000_000_000
"""An instant: 2026-11-01, in microseconds."""

DAY = 86_400_000_000

PRICE = resolved(PriceList(rates=Rates(input=2_500_000, cached_input=1_250_000, output=10_000_000)))
ACCOUNT = Account("org-1", "project-1", "user-1", "key-1")
USAGE = Usage(input=100, cached_input=20, output=30)
HOLD = 1_000_000_000

COST = 100 * 2_500_000 + 20 * 1_250_000 + 30 * 10_000_000
"""What USAGE costs at PRICE."""

TOKENS = 150


def request_ids(process: int = 1) -> RequestIds:
    return RequestIds(process.to_bytes(8, "big"))


def destination(name: str = "gpt-4o", *, provider: str = "openai", price: str = PRICE.id) -> Destination:
    return Destination(f"uid-{name}", name, 7, provider, f"upstream-{name}", price)


def opened(request: str, *, number: int = 1, to: Destination | None = None, admitted: int = NOVEMBER) -> Opened:
    return Opened(
        request,
        number,
        ACCOUNT,
        to or destination(),
        "gpt-4o",
        "chat",
        admitted,
        admitted + 1_000,
        HOLD,
        500,
    )


def settled(attempt: Opened, usage: Usage = USAGE, *, price: Price = PRICE) -> Closed:
    amount = cost(usage, price)
    return Closed(
        attempt.request,
        attempt.number,
        Status.ESTIMATED if usage.estimated else Status.SETTLED,
        usage,
        None if amount is None else amount.total,
        0,
        "",
        200,
        attempt.began + 2_000_000,
        300_000,
    )


def unknown(attempt: Opened) -> Closed:
    """What becomes of an attempt that nobody closed."""
    return Closed(attempt.request, attempt.number, Status.UNKNOWN, Usage(), None, attempt.hold, "", 0, attempt.began)


def refused(attempt: Opened) -> Closed:
    """An attempt that cost nothing, because the upstream would not have it."""
    return Closed(attempt.request, attempt.number, Status.SETTLED, Usage(), 0, 0, "overloaded", 529, attempt.began + 9)


def finished(attempts: Sequence[Opened], closed: Sequence[Closed], *, end: End = End.COMPLETE) -> Finished:
    first = attempts[0]
    ended = Ended(first.request, end, 200, first.admitted + 2_500_000, 2_500_999, 301_000)
    return Finished(tuple(attempts), tuple(closed), ended, (PRICE,))


def whole(request: str, *, admitted: int = NOVEMBER, account: Account = ACCOUNT, usage: Usage = USAGE) -> Finished:
    """A request of one attempt that was answered."""
    attempt = opened(request, admitted=admitted)
    attempt = Opened(request, 1, account, *(getattr(attempt, name) for name in attempt.__struct_fields__[3:]))
    return finished([attempt], [settled(attempt, usage)])


def crashed(request: str, *, admitted: int = NOVEMBER) -> Finished:
    """The same request, of which nobody knows the end."""
    attempt = opened(request, admitted=admitted)
    return finished([attempt], [unknown(attempt)], end=End.CRASH)


def by_day(account: Account, admitted: int) -> Sequence[tuple[str, int]]:
    """A Counting: each organization has a budget of days."""
    return [(f"budget of {account.organization}", admitted // DAY * 86_400)]
