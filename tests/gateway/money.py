"""The ports of money, written down in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price
from headgate.core.principal import Principal
from headgate.gateway.ports import Refused
from headgate.ledger.records import Account, Closed, Ended, Finished, Frame, Opened, Settled


class RecordingJournal:
    """The journal, written down in memory. `refused` are the callbacks of frames that a test may still refuse."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.refused: list[Refused] = []
        self.accepts = True
        self.writes = True

    def opened(self, frame: Opened, _price: Price | None, *, refused: Refused) -> None:
        self.frames.append(frame)
        self.refused.append(refused)

    def closed(self, frame: Closed) -> None:
        self.frames.append(frame)

    def flush(self) -> None:
        refused, self.refused = self.refused, []
        if not self.writes:
            told(refused)

    def refuse(self, number: int) -> None:
        """One frame, in the order in which they were told."""
        told([self.refused[number]])

    def ended(self, frame: Ended | Settled) -> int:
        self.frames.append(frame)
        return 1


def told(refused: Iterable[Refused]) -> None:
    """Tell attempts that they could not be written down."""
    for then in [each() for each in refused]:
        if then is not None:
            then()


class NoLimits:
    """Everything is allowed; what was asked for is written down, and what was given back."""

    headers = b""

    def __init__(self) -> None:
        self.did: list[Any] = []

    def admit(self, _principal: Principal, _account: Account, *, now: float, wall: float) -> NoLimits:
        self.did.append("admit")
        return self

    def claim(self, offer: Offer, *, amount: int, tokens: int, priced: bool, now: float, wall: float) -> NoLimits:
        self.did.append(("claim", offer.name, amount, tokens))
        return self

    def settle(self, *, cost: int, exposure: int, tokens: int, now: float) -> None:
        self.did.append(("settle", cost, exposure, tokens))

    def cancel(self, *, now: float) -> None:
        self.did.append("cancel")

    def refuse(self) -> None:
        self.did.append("refuse")

    def release(self) -> None:
        self.did.append("release")


class Kept:
    """Finished requests, in a list."""

    is_ready = True

    def __init__(self) -> None:
        self.rows: list[Finished] = []

    def add(self, finished: Finished) -> None:
        self.rows.append(finished)
