"""The money of one request, from its admission to its end: what is reserved, what is written down, what is given back.

A call opens a tab with its first attempt. Each attempt is a `Charge`: it takes its hold, is in the journal before it is
sent, and is closed exactly once, on every way out. When the request is over, `end` gives the ledger its row. A tab does
no I/O: its ports write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price
from headgate.catalogue.upstream import Unroutable
from headgate.core.clock import Clock
from headgate.core.errors import LedgerUnavailable
from headgate.core.money import MAX_COST, MoneyOutOfRange, Picodollars
from headgate.core.principal import Principal, PrincipalKind
from headgate.core.usage import Usage
from headgate.dialects.counting import MOST
from headgate.dialects.exchange import Inbound
from headgate.gateway.allowed import Allowed, Allows, Claim
from headgate.gateway.bill import summed
from headgate.gateway.charge import FREE, NOTHING, Charge, own
from headgate.gateway.hold import Hold, hold
from headgate.gateway.ports import Books, Journal, Refused
from headgate.gateway.prices import Prices
from headgate.ledger.cost import Cost, plus
from headgate.ledger.records import Account, Closed, Destination, End, Ended, Finished, Opened, Settled

_REMEMBERED: Final = 16_384
_NOT_NOW: Final = "what calls cost cannot be written down at present: no call is sent"


class Till(msgspec.Struct, frozen=True, kw_only=True):
    """What every tab shares. `known` remembers what is written down of an entry at a price, by its uid."""

    allows: Allows
    journal: Journal
    books: Books
    prices: Prices
    clock: Clock
    known: dict[str, tuple[Offer, Price | None, Destination]] = {}


class Parted(msgspec.Struct, frozen=True, gc=False):
    """What a call brings along that is part of a larger one. `claimed`: that one has reserved for all of its parts."""

    principal: Principal
    tab: Tab
    claimed: bool = False


class Tab:
    """One request's. `charges` are its attempts, in the order in which they were opened."""

    __slots__ = (
        "_account",
        "_admitted",
        "_allowed",
        "_ended",
        "_model",
        "_operation",
        "_request_id",
        "_till",
        "_unpriced_refused",
        "_wall",
        "charges",
        "clock",
        "started",
        "unwritten",
        "why",
    )

    def __init__(
        self,
        till: Till,
        principal: Principal,
        *,
        request_id: str,
        model: str | None,
        operation: str,
        started: float,
    ) -> None:
        """RateLimited: the caller's own limits refuse the request, and it does not count. `started` is when the request
        began, by the clock."""
        self._till = till
        clock = self.clock = till.clock
        wall = self._wall = clock.wall()
        self._admitted = int(wall * 1e6)
        account = self._account = account_of(principal)
        self._allowed: Allowed = till.allows.admit(principal, account, now=clock.now(), wall=wall)
        self._request_id = request_id
        self._model = model or ""
        self._operation = operation
        overlay = principal.overlay
        self._unpriced_refused = overlay is not None and overlay.refuse_unpriced
        self.started = started
        self.unwritten: Closed | None = None
        self._ended = False
        self.charges: list[Charge] = []
        self.why = ""

    @property
    def headers(self) -> bytes:
        """Lines that tell the caller's limits, as they are now."""
        return self._allowed.headers

    @property
    def empty(self) -> bool:
        """Whether no attempt was ever written down: then there is no row either."""
        return not self.charges

    def claim(self, offer: Offer, parts: Iterable[Inbound]) -> Claim:
        """Reserve for a request that is sent in parts, each of which opens a charge without a claim."""
        price = self._payable(offer)
        holds = [hold(offer, part, price=price) for part in parts]
        amount, tokens = sum(each.amount for each in holds), sum(each.tokens for each in holds)
        return self._claim(offer, Hold(min(amount, MAX_COST), min(tokens, MOST)), price=price)

    def charge(
        self,
        offer: Offer,
        request: Inbound,
        *,
        refused: Refused,
        claimed: bool = False,
        at_once: bool = False,
    ) -> Charge:
        """An attempt that is about to be sent; GatewayError, and nothing reserved or written down, if it must not be.
        `refused` is called before any byte leaves, if it could not be written down after all. `claimed`: it is part of
        what `claim` reserved; `at_once`: the request leaves before the turn ends."""
        till, charges = self._till, self.charges
        if not (till.journal.accepts and till.books.is_ready):
            raise LedgerUnavailable(_NOT_NOW)
        price = self._payable(offer)
        held = hold(offer, request, price=price)
        claim = None if claimed else self._claim(offer, held, price=price)
        began = self._begin_another() if charges else self._admitted
        opened = Opened(
            self._request_id,
            charges[-1].opened.number + 1 if charges else 1,
            self._account,
            self._destination(offer, price),
            self._model,
            self._operation,
            self._admitted,
            began,
            held.amount,
            held.tokens,
        )
        if at_once:
            self._write_opened(opened, price, claim=claim)
        else:
            till.journal.opened(opened, price, refused=refused)
        charge = Charge(self, opened, offer=offer, claim=claim, price=price)
        charges.append(charge)
        return charge

    def _begin_another(self) -> int:
        """The instant, in microseconds. The attempt before is over, and so is its frame's wait for the end."""
        self.write_closed()
        return int(self.clock.wall() * 1e6)

    def forget(self, charge: Charge) -> None:
        """The charge's frame was not written, so it was not sent: there never was such an attempt."""
        charge.cancel()
        self.charges.remove(charge)

    def spent(self) -> Cost | None:
        """What the attempts that are over have cost together; None if that of one is not known."""
        total = FREE
        for charge in self.charges:
            if charge.closed is None:
                continue
            if charge.cost is None:
                return None
            try:
                total = plus(total, charge.cost)
            except MoneyOutOfRange:
                return None
        return total

    def totals(self) -> tuple[Usage | None, Picodollars | None]:
        """What the attempts used and cost together, as far as that is known."""
        if len(self.charges) == 1:
            return own(self.charges[0])
        used = [charge.usage for charge in self.charges if charge.usage is not None and charge.usage is not NOTHING]
        spent = self.spent() if used else None
        return summed(used) if used else None, None if spent is None else spent.total

    def refuse(self) -> None:
        """The request is refused after all, and nothing was sent: it does not count."""
        if not self._ended:
            self._ended = True
            self._allowed.refuse()

    def end(self, end: End, code: int, *, duration: float, first_byte: float | None) -> None:
        """The request is over. A second time is ignored, and so is a request of which nothing was written down."""
        if self._ended:
            return
        self._ended = True
        self._allowed.release()
        charges, till, last = self.charges, self._till, self.unwritten
        if not charges:
            return
        ended = Ended(
            self._request_id,
            end,
            code,
            int(self.clock.wall() * 1e6),
            int(duration * 1e6),
            None if first_byte is None else int(first_byte * 1e6),
            self.why,
        )
        segment = till.journal.ended(ended if last is None else Settled(last, ended))
        till.books.add(_finished(charges, ended, segment))

    def _write_opened(self, opened: Opened, price: Price | None, *, claim: Claim | None) -> None:
        """Write the frame now: what is large leaves as soon as it is sent, and not at the end of the turn."""
        journal, fate = self._till.journal, _Fate()
        journal.opened(opened, price, refused=fate.refuse)
        journal.flush()
        if fate.refused:
            if claim is not None:
                claim.cancel(now=self.clock.now())
            raise LedgerUnavailable("what the call costs cannot be written down: it was not sent")

    def write_closed(self) -> None:
        closed, self.unwritten = self.unwritten, None
        if closed is not None:
            self._till.journal.closed(closed)

    def _payable(self, offer: Offer) -> Price | None:
        prices = self._till.prices
        price = prices.price(offer, organization=self._account.organization, wall=self._wall)
        if price is None:
            refusal = prices.refusal(offer, unpriced_refused=self._unpriced_refused)
            if refusal is not None:
                raise refusal
        return price

    def _claim(self, offer: Offer, held: Hold, *, price: Price | None) -> Claim:
        return self._allowed.claim(
            offer,
            amount=held.amount,
            tokens=held.tokens,
            priced=price is not None,
            now=self.clock.now(),
            wall=self._wall,
        )

    def _destination(self, offer: Offer, price: Price | None) -> Destination:
        all_known = self._till.known
        known = all_known.get(offer.uid)
        if known is not None and known[0] is offer and known[1] is price:
            return known[2]
        route = offer.route
        provider, model = ("", "") if isinstance(route, Unroutable) else (route.provider.id, route.model)
        to = Destination(offer.uid, offer.name, offer.revision, provider, model, "" if price is None else price.id)
        if len(all_known) >= _REMEMBERED:
            all_known.clear()
        all_known[offer.uid] = (offer, price, to)
        return to


def _finished(charges: Sequence[Charge], ended: Ended, segment: int) -> Finished:
    if len(charges) == 1:
        (charge,) = charges
        assert charge.closed is not None, "every attempt is over before its request"
        prices = () if charge.price is None else (charge.price,)
        return Finished((charge.opened,), (charge.closed,), ended, prices, segment)
    return Finished(
        tuple(charge.opened for charge in charges),
        tuple(charge.closed for charge in charges if charge.closed is not None),
        ended,
        tuple({charge.price.id: charge.price for charge in charges if charge.price is not None}.values()),
        segment,
    )


class _Fate:
    """Whether a frame was refused."""

    def __init__(self) -> None:
        self.refused = False

    def refuse(self) -> None:
        self.refused = True


def account_of(principal: Principal) -> Account:
    """Who pays for what a principal calls."""
    key = principal.id.removeprefix("key:") if principal.kind is PrincipalKind.KEY else ""
    return Account(principal.organization, principal.project, principal.user, key)
