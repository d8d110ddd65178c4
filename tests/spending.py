"""Finished requests for tests of the ledger, each with figures of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from headgate.catalogue.price import Price, PriceList, PriceTier, Rates, resolved
from headgate.core.usage import Usage
from headgate.ledger.cost import cost
from headgate.ledger.records import Account, Closed, Destination, End, Ended, Finished, Opened, Status

PREFIX: Final = "req_00000000000000aa"
PRICE: Final = resolved(
    PriceList(
        rates=Rates(input=3_000_000, output=15_000_000, request=7),
        tiers=(PriceTier(above=1000, rates=Rates(input=6_000_000)),),
    )
)
FREE: Final = resolved(PriceList(rates=Rates(input=0, output=0)))

ACME: Final = Account("o-acme", "p-web", "u-mia", "")
MINI: Final = Destination("uid-mini", "mini", 7, "openai", "gpt-5-mini", PRICE.id)
MAXI: Final = Destination("uid-maxi", "maxi", 8, "anthropic", "claude-5", PRICE.id)
USED: Final = Usage(input=10, output=5)


def at(text: str) -> int:
    """Microseconds of a time such as `2026-11-20T12:00:00`, in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def request_id(number: int, prefix: str = PREFIX) -> str:
    return f"{prefix}{number:011x}"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt."""

    to: Destination = MINI
    usage: Usage = USED
    price: Price | None = PRICE
    status: Status = Status.SETTLED
    outcome: str = ""
    code: int = 200
    hold: int = 1_000


def finished(
    number: int,
    *attempts: Sent,
    admitted: int = at("2026-11-20T12:00:00"),
    account: Account = ACME,
    model: str = "mini",
    end: End = End.COMPLETE,
    why: str = "",
    prefix: str = PREFIX,
) -> Finished:
    """A request with these attempts, or one that is settled."""
    sent = attempts or (Sent(),)
    name = request_id(number, prefix)
    opened, closed = [], []
    for count, each in enumerate(sent, start=1):
        began = admitted + 1_000 * count
        opened.append(
            Opened(name, count, account, each.to, model, "chat", admitted, began, each.hold if each.price else 0, 20)
        )
        closed.append(_closed(name, count, each, began=began))
    ended = Ended(name, end, sent[-1].code, admitted + 250_000, 250_000, 40_000, why)
    return Finished(tuple(opened), tuple(closed), ended, _prices(sent))


def _closed(name: str, count: int, sent: Sent, *, began: int) -> Closed:
    unknown = sent.status is Status.UNKNOWN or sent.price is None
    billed = cost(sent.usage, sent.price) if sent.price is not None and not sent.outcome else None
    amount = None if unknown else billed.total if billed is not None else 0
    exposure = sent.hold if sent.status is Status.UNKNOWN and sent.price is not None else 0
    return Closed(
        name, count, sent.status, sent.usage, amount, exposure, sent.outcome, sent.code, began + 200_000, 30_000
    )


def _prices(sent: Sequence[Sent]) -> tuple[Price, ...]:
    return tuple({each.price.id: each.price for each in sent if each.price is not None}.values())


def nobody(account: Account, admitted: int) -> Sequence[tuple[str, int]]:  # noqa: ARG001 - as a Counting is asked
    """A Counting without budgets."""
    return ()
