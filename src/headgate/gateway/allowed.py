"""What a call may take of budgets and limits, as the road asks for it."""

from __future__ import annotations

from typing import Protocol

from headgate.catalogue.offer import Offer
from headgate.core.money import Picodollars
from headgate.core.principal import Principal
from headgate.ledger.records import Account


class Claim(Protocol):
    """What one attempt has reserved. Given back exactly once: whatever is told after the first is ignored."""

    def settle(self, *, cost: Picodollars, exposure: Picodollars, tokens: int, now: float) -> None:
        """The reservation goes. What was spent comes, as far as it is known, and what may have been spent besides."""

    def cancel(self, *, now: float) -> None:
        """Nothing was sent: it is as if it had never been asked for."""


class Allowed(Protocol):
    """A request that may be made, as far as the limits of its caller go."""

    @property
    def headers(self) -> bytes:
        """Complete lines that tell the limits as they are after what was told last, b"" if none applies."""

    def claim(self, offer: Offer, *, amount: Picodollars, tokens: int, priced: bool, now: float, wall: float) -> Claim:
        """Reserve for one attempt. BudgetExceeded, RateLimited, EntryLimited, PriceMissing: nothing is reserved."""

    def refuse(self) -> None:
        """Nothing was sent: the request does not count after all. Harmless when told again, or after `release`."""

    def release(self) -> None:
        """The request is over. Harmless when told again."""


class Allows(Protocol):
    """The budgets and limits in force."""

    def admit(self, principal: Principal, account: Account, *, now: float, wall: float) -> Allowed:
        """Count a request. RateLimited: it is not counted."""
