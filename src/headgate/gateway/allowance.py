"""What a call may take of budgets and limits: reserved before it is sent, settled when it is over.

A request is counted once, each of its attempts reserves money and tokens, and whatever was reserved is given back
exactly once, whichever way the call ends. Everything is decided in one step on the event loop: what was checked is
what is taken, and of several limits all are taken or none.

What binds a request is settled at its admission. Budgets that are made while it is under way count what it came to
when it ends, which is when its row goes to the ledger: end it in the turn in which the row is given away.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from headgate.access.limits import MINUTE
from headgate.access.rate import Bucket
from headgate.catalogue.offer import Offer
from headgate.core.errors import BudgetExceeded, GatewayError, LedgerUnavailable, PriceMissing, RateLimited
from headgate.core.money import Picodollars
from headgate.core.principal import Principal
from headgate.gateway.allowance_told import entry_limited, exceeded, headers, limited, words
from headgate.gateway.bindings import NOTHING, Bindings, Bound, BoundEntry
from headgate.gateway.budget_book import Running
from headgate.ledger.budget import Part
from headgate.ledger.records import Account


class Allowance:
    """The budgets and limits in force. Implements `Allows`."""

    def __init__(self, bindings: Bindings) -> None:
        self.budgets = bindings.budgets
        self.limits = bindings.limits
        self.bindings = bindings

    def admit(self, principal: Principal, account: Account, *, now: float, wall: float) -> Admitted:
        """Count a request. RateLimited: it is not counted.

        `wall` is the instant of its admission, the same that its attempts are written down with.
        """
        bindings = self.bindings
        # Asked here and not there, because most callers of most gateways have no limits.
        if account.organization in bindings.configured or account.user in bindings.everywhere:
            bound = bindings.of(account, now)
        else:
            bound = NOTHING
        admitted = Admitted(self, principal, account, bound, wall, now, self.budgets.generation)
        if bound is not NOTHING:
            admitted.enter()
        return admitted


class Admitted(msgspec.Struct, gc=False):
    """A request that may be made. `until` are the states of its buckets of requests right after it was counted;
    `cost`, `exposure` and `tokens` are what its attempts, `settled` of them, have come to so far."""

    allowance: Allowance
    principal: Principal
    account: Account
    bound: Bound
    wall: float
    now: float
    generation: int
    until: tuple[tuple[Bucket, float], ...] = ()
    cost: int = 0
    exposure: int = 0
    tokens: int = 0
    settled: int = 0
    is_over: bool = False

    @property
    def headers(self) -> bytes:
        """Complete lines that tell the tightest limits, as they are after what was told last."""
        bound = self.bound
        return b"" if bound is NOTHING else headers(bound, self.now)

    def enter(self) -> None:
        """Take one of all limits of requests, or of none. RateLimited."""
        bound, now = self.bound, self.now
        if not bound.requests and not bound.slots:
            return
        for slots in bound.slots:
            if slots.taken >= slots.count:
                message = f"the limit of {slots.count} requests at a time of the {slots.whose} is reached"
                raise RateLimited(message, retry_after=1, headers=headers(bound, now))
        taken: list[tuple[Bucket, float]] = []
        for bucket in bound.requests:
            if not bucket.take(1, now):
                _give_back(taken, 1, now=now)
                raise limited(bucket, 1, unit="requests", bound=bound, now=now)
            taken.append((bucket, bucket.arrival))
        self.until = tuple(taken)
        for slots in bound.slots:
            slots.taken += 1

    def claim(
        self, offer: Offer, *, amount: Picodollars, tokens: int, priced: bool, now: float, wall: float
    ) -> Claim | FreeClaim:
        """Reserve for one attempt. BudgetExceeded, RateLimited, EntryLimited, PriceMissing: nothing is reserved."""
        capacity = offer.capacity
        if capacity is None and self.bound is NOTHING:
            return FreeClaim(self)
        self.now = now
        claim = Claim(self, amount, tokens, [], [])
        try:
            claim.reserve(offer, priced=priced, wall=wall)
            if capacity is not None:
                _take_entry(claim, self.allowance.bindings.entry(offer, capacity, now=now), now=now)
        except GatewayError:
            claim.cancel(now=now)
            raise
        return claim

    def refuse(self) -> None:
        """Nothing was sent: the request does not count after all. Harmless when told again, or after `release`."""
        if not self.is_over:
            _give_back(self.until, 1, now=self.now)
            self.release()

    def release(self) -> None:
        """The request is over. Harmless when told again."""
        if self.is_over:
            return
        self.is_over = True
        bound = self.bound
        if bound is not NOTHING:
            for slots in bound.slots:
                slots.taken -= 1
            for running in bound.budgets:
                running.between -= self.settled
        if self.generation != self.allowance.budgets.generation:
            self._charge_newcomers(self.cost, self.exposure, tokens=self.tokens)

    def spend(self, spent: Picodollars, exposed: Picodollars, *, tokens: int) -> None:
        """An attempt is over."""
        if not self.is_over:
            self.cost += spent
            self.exposure += exposed
            self.tokens += tokens
        elif self.generation != self.allowance.budgets.generation:
            self._charge_newcomers(spent, exposed, tokens=tokens)

    def _charge_newcomers(self, cost: Picodollars, exposure: Picodollars, *, tokens: int) -> None:
        """Count in the budgets that were made since the admission."""
        book, bound, at = self.allowance.budgets, self.bound, int(self.wall)
        for running in book.binding(self.account):
            if not any(running is each for each in bound.budgets):
                book.charge(running, at=at, cost=cost, exposure=exposure, tokens=tokens)


class FreeClaim(msgspec.Struct, gc=False):
    """An attempt that nothing binds. It is told to budgets that are made while it lasts."""

    admitted: Admitted
    is_open: bool = True

    def settle(self, *, cost: Picodollars, exposure: Picodollars, tokens: int, now: float) -> None:
        if self.is_open:
            self.is_open = False
            self.admitted.spend(cost, exposure, tokens=tokens)

    def cancel(self, *, now: float) -> None:
        self.is_open = False


class Claim(msgspec.Struct, gc=False):
    """What one attempt has reserved: buckets, each with its state right after that, and windows of budgets."""

    admitted: Admitted
    amount: int
    tokens: int
    buckets: list[tuple[Bucket, float]]
    parts: list[tuple[Running, Part]]
    entry: BoundEntry | None = None
    entry_until: float = 0.0
    is_open: bool = True

    def reserve(self, offer: Offer, *, priced: bool, wall: float) -> None:
        """Take from what binds the caller. What was taken before something refuses is still to be given back."""
        admitted, tokens = self.admitted, self.tokens
        bound, now = admitted.bound, admitted.now
        for bucket in bound.tokens:
            if not bucket.take(tokens, now):
                raise limited(bucket, tokens, unit="tokens", bound=bound, now=now)
            self.buckets.append((bucket, bucket.arrival))
        if bound.budgets and not admitted.allowance.budgets.is_loaded:
            raise LedgerUnavailable("what has been spent is not known yet: the ledger is being read")
        for running in bound.budgets:
            limit = running.limit
            if limit is not None and not priced and not running.counts_tokens:
                raise PriceMissing(f"model {offer.name!r} has no price, and {words(running)} asks for one")
            held = tokens if running.counts_tokens else self.amount
            part = running.tally.hold(held, at=int(admitted.wall), limit=limit)
            if part is None:
                raise _exceeded(running, held, admitted=admitted, wall=wall)
            self.parts.append((running, part))

    def settle(self, *, cost: Picodollars, exposure: Picodollars, tokens: int, now: float) -> None:
        """The reservation goes, and what was spent comes, and what may have been."""
        if not self.is_open:
            return
        self.is_open = False
        admitted = self.admitted
        admitted.spend(cost, exposure, tokens=tokens)
        admitted.now = now
        for bucket, until in self.buckets:
            bucket.correct(self.tokens, tokens, until=until, now=now)
            if bucket.arrival - now > MINUTE:
                admitted.allowance.limits.owes(bucket)
        if self.parts:
            self._settle_budgets(cost, exposure, tokens=tokens)
        if self.entry is not None and self.entry.slots is not None:
            self.entry.slots.taken -= 1

    def cancel(self, *, now: float) -> None:
        """Nothing was sent: it is as if it had never been asked for."""
        if not self.is_open:
            return
        self.is_open = False
        self.admitted.now = now
        _give_back(self.buckets, self.tokens, now=now)
        for running, part in self.parts:
            held = self.tokens if running.counts_tokens else self.amount
            running.tally.settle(part, held=held, spent=0, exposure=0)
        entry = self.entry
        if entry is not None:
            if entry.slots is not None:
                entry.slots.taken -= 1
            if entry.requests is not None:
                entry.requests.correct(1, 0, until=self.entry_until, now=now)

    def _settle_budgets(self, spent: Picodollars, exposed: Picodollars, *, tokens: int) -> None:
        admitted = self.admitted
        # Whoever looks for drift must know of attempts that are counted here and whose row is still to come.
        counts = 0 if admitted.is_over else 1
        admitted.settled += counts
        for running, part in self.parts:
            running.between += counts
            tally = running.tally
            if running.counts_tokens:
                tally.settle(part, held=self.tokens, spent=tokens, exposure=0)
            else:
                tally.settle(part, held=self.amount, spent=spent, exposure=exposed)
            if tally.used >= tally.warn_at:
                admitted.allowance.budgets.warn(running)


def _give_back(taken: Iterable[tuple[Bucket, float]], quantity: int, *, now: float) -> None:
    for bucket, until in taken:
        bucket.correct(quantity, 0, until=until, now=now)


def _take_entry(claim: Claim, entry: BoundEntry, *, now: float) -> None:
    """All limits of the entry, or none. Its bucket of tokens is corrected with those of the caller."""
    requests, tokens, slots, capacity = entry.requests, entry.tokens, entry.slots, entry.capacity
    if slots is not None and slots.taken >= slots.count:
        raise entry_limited(f"{slots.count} requests at a time", retry_after=1)
    if requests is not None:
        if not requests.take(1, now):
            raise entry_limited(f"{capacity.rpm} requests a minute", retry_after=requests.wait(1, now))
        claim.entry_until = requests.arrival
    if tokens is not None:
        if not tokens.take(claim.tokens, now):
            if requests is not None:
                requests.correct(1, 0, until=requests.arrival, now=now)
            raise entry_limited(f"{capacity.tpm} tokens a minute", retry_after=tokens.wait(claim.tokens, now))
        claim.buckets.append((tokens, tokens.arrival))
    if slots is not None:
        slots.taken += 1
    claim.entry = entry


def _exceeded(running: Running, wanted: int, *, admitted: Admitted, wall: float) -> BudgetExceeded:
    told = headers(admitted.bound, admitted.now)
    return exceeded(running, wanted, overlay=admitted.principal.overlay, at=int(admitted.wall), wall=wall, told=told)
