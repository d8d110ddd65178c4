"""What a call may take of budgets and limits: reserved before it is sent, settled when it is over.

A request is counted once, each of its attempts reserves money and tokens, and whatever was reserved is given back
exactly once, whichever way the call ends. Everything is decided in one step on the event loop: what was checked is
what is taken, and of several limits all are taken or none.

What binds a request is settled at its admission. Budgets that are made while it is under way count what it came to
when it ends, which is when its row goes to the ledger: end it in the turn in which the row is given away.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from headgate.access.limits import MINUTE
from headgate.access.rate import Bucket
from headgate.catalogue.offer import Offer
from headgate.core.errors import BudgetExceeded, EntryLimited, PriceMissing, RateLimited
from headgate.core.money import Picodollars
from headgate.core.overlay import QuotaPolicy
from headgate.core.principal import Principal
from headgate.core.subject import SubjectKind
from headgate.gateway.bindings import NOTHING, Bindings, Bound, BoundEntry
from headgate.gateway.budget_book import BudgetBook, Running
from headgate.gateway.limit_book import LimitBook
from headgate.ledger.budget import OnExceeded, Part
from headgate.ledger.records import Account

_NO_END: Final = 86_400
"""What a caller is told to wait for a budget that has no next window, in seconds."""


class Allowance:
    """The budgets and limits in force. Implements `Allows`."""

    def __init__(self, budgets: BudgetBook, limits: LimitBook, bindings: Bindings) -> None:
        self.budgets = budgets
        self.limits = limits
        self.bindings = bindings

    def admit(self, principal: Principal, account: Account, *, now: float, wall: float) -> Admitted:
        """Count a request. RateLimited: it is not counted.

        `wall` is the instant of its admission, the same that its attempts are written down with.
        """
        bound = self.bindings.of(account, now)
        admitted = Admitted(self, principal, account, bound, int(wall), now, self.budgets.generation)
        if bound is not NOTHING:
            _take_request(bound, admitted)
        return admitted


class Admitted(msgspec.Struct, gc=False):
    """A request that may be made. `cost`, `exposure` and `tokens` are what its attempts have come to so far."""

    allowance: Allowance
    principal: Principal
    account: Account
    bound: Bound
    at: int
    now: float
    generation: int
    cost: int = 0
    exposure: int = 0
    tokens: int = 0
    settled: int = 0
    is_over: bool = False

    @property
    def headers(self) -> bytes:
        """Complete lines that tell the tightest limits, as they are after what was told last."""
        bound = self.bound
        return b"" if bound is NOTHING else _headers(bound, self.now)

    def claim(self, offer: Offer, *, amount: Picodollars, tokens: int, priced: bool, now: float, wall: float) -> Claim:
        """Reserve for one attempt. BudgetExceeded, RateLimited, EntryLimited, PriceMissing: nothing is reserved."""
        capacity = offer.capacity
        claim = Claim(self, amount, tokens)
        if self.bound is not NOTHING or capacity is not None:
            self.now = now
            try:
                self._reserve(claim, offer, priced=priced, wall=wall)
                if capacity is not None:
                    _take_entry(claim, self.allowance.bindings.entry(offer, capacity, now=now), now=now)
            except (RateLimited, BudgetExceeded, PriceMissing):
                claim.cancel(now=now)
                raise
        return claim

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
            self.charge_newcomers(self.cost, self.exposure, self.tokens)

    def charge_newcomers(self, cost: int, exposure: int, tokens: int) -> None:
        """Count in the budgets that were made since the admission."""
        book, bound = self.allowance.budgets, self.bound
        for running in book.binding(self.account):
            if not any(running is each for each in bound.budgets):
                book.charge(running, at=self.at, cost=cost, exposure=exposure, tokens=tokens)

    def _reserve(self, claim: Claim, offer: Offer, *, priced: bool, wall: float) -> None:
        bound, now, tokens = self.bound, self.now, claim.tokens
        for bucket in bound.tokens:
            if not bucket.take(tokens, now):
                raise _limited(bucket, tokens, unit="tokens", admitted=self)
            claim.until.append(bucket.arrival)
        for running in bound.budgets:
            limit = running.limit
            if limit is not None and not priced and not running.counts_tokens:
                raise PriceMissing(f"model {offer.name!r} has no price, and {_words(running)} asks for one")
            held = tokens if running.counts_tokens else claim.amount
            part = running.tally.hold(held, at=self.at, limit=limit)
            if part is None:
                raise _exceeded(running, admitted=self, wall=wall)
            claim.parts.append(part)


class Claim(msgspec.Struct, gc=False):
    """What one attempt has reserved: `until` are the states of its buckets right after that, `parts` the windows of
    its budgets, each in the order of what binds the request."""

    admitted: Admitted
    amount: int
    tokens: int
    until: list[float] = []
    parts: list[Part] = []
    entry: BoundEntry | None = None
    entry_until: tuple[float, float] = (0.0, 0.0)
    is_open: bool = True

    def settle(self, *, cost: Picodollars | None, exposure: Picodollars, tokens: int, now: float) -> None:
        """The reservation goes, and what was spent comes; the exposure instead, if the cost is not known."""
        if not self.is_open:
            return
        self.is_open = False
        admitted = self.admitted
        spent, exposed = (0, exposure) if cost is None else (cost, 0)
        if admitted.is_over:
            if admitted.generation != admitted.allowance.budgets.generation:
                admitted.charge_newcomers(spent, exposed, tokens)
        else:
            admitted.cost += spent
            admitted.exposure += exposed
            admitted.tokens += tokens
        if admitted.bound is not NOTHING:
            self._give_tokens_back(tokens, now)
            self._settle_budgets(spent, exposed, tokens)
        if self.entry is not None:
            self._leave_entry(self.entry, 1, tokens, now=now)

    def cancel(self, *, now: float) -> None:
        """Nothing was sent: it is as if it had never been asked for."""
        if not self.is_open:
            return
        self.is_open = False
        bound = self.admitted.bound
        if bound is not NOTHING:
            self._give_tokens_back(0, now)
            for running, part in zip(bound.budgets, self.parts, strict=False):
                held = self.tokens if running.counts_tokens else self.amount
                running.tally.settle(part, held=held, spent=0, exposure=0)
        if self.entry is not None:
            self._leave_entry(self.entry, 0, 0, now=now)

    def _give_tokens_back(self, real: int, now: float) -> None:
        self.admitted.now = now
        for bucket, until in zip(self.admitted.bound.tokens, self.until, strict=False):
            self._correct(bucket, real, until=until, now=now)

    def _settle_budgets(self, spent: int, exposed: int, tokens: int) -> None:
        admitted = self.admitted
        book, counts = admitted.allowance.budgets, not admitted.is_over
        admitted.settled += counts
        for running, part in zip(admitted.bound.budgets, self.parts, strict=True):
            running.between += counts
            if running.counts_tokens:
                book.settle(running, part, held=self.tokens, spent=tokens, exposure=0)
            else:
                book.settle(running, part, held=self.amount, spent=spent, exposure=exposed)

    def _leave_entry(self, entry: BoundEntry, requests: int, tokens: int, *, now: float) -> None:
        if entry.slots is not None:
            entry.slots.taken -= 1
        if entry.requests is not None and not requests:
            entry.requests.correct(1, 0, until=self.entry_until[0], now=now)
        if entry.tokens is not None:
            self._correct(entry.tokens, tokens, until=self.entry_until[1], now=now)

    def _correct(self, bucket: Bucket, real: int, *, until: float, now: float) -> None:
        bucket.correct(self.tokens, real, until=until, now=now)
        if bucket.arrival - now > MINUTE:
            self.admitted.allowance.limits.owes(bucket)


def _take_request(bound: Bound, admitted: Admitted) -> None:
    """All limits of requests, or none."""
    now = admitted.now
    for slots in bound.slots:
        if slots.taken >= slots.count:
            message = f"the limit of {slots.count} requests at a time of the {slots.whose} is reached"
            raise RateLimited(message, retry_after=1, headers=_headers(bound, now))
    for number, bucket in enumerate(bound.requests):
        if not bucket.take(1, now):
            for taken in bound.requests[:number]:
                taken.correct(1, 0, until=taken.arrival, now=now)
            raise _limited(bucket, 1, unit="requests", admitted=admitted)
    for slots in bound.slots:
        slots.taken += 1


def _take_entry(claim: Claim, entry: BoundEntry, *, now: float) -> None:
    """All limits of the entry, or none."""
    requests, tokens, slots, capacity = entry.requests, entry.tokens, entry.slots, entry.capacity
    if slots is not None and slots.taken >= slots.count:
        raise _entry_limited(f"{slots.count} requests at a time", retry_after=1)
    if requests is not None and not requests.take(1, now):
        raise _entry_limited(f"{capacity.rpm} requests a minute", retry_after=requests.wait(1, now))
    if tokens is not None and not tokens.take(claim.tokens, now):
        if requests is not None:
            requests.correct(1, 0, until=requests.arrival, now=now)
        raise _entry_limited(f"{capacity.tpm} tokens a minute", retry_after=tokens.wait(claim.tokens, now))
    if slots is not None:
        slots.taken += 1
    claim.entry = entry
    claim.entry_until = (requests.arrival if requests else 0.0, tokens.arrival if tokens else 0.0)


def _entry_limited(limit: str, *, retry_after: int) -> EntryLimited:
    return EntryLimited(f"the model's limit of {limit} is reached", retry_after=retry_after)


def _limited(bucket: Bucket, quantity: int, *, unit: str, admitted: Admitted) -> RateLimited:
    return RateLimited(
        f"the limit of {bucket.rate.count} {unit} a minute of the {bucket.whose} is reached",
        retry_after=bucket.wait(quantity, admitted.now),
        headers=_headers(admitted.bound, admitted.now),
    )


def _exceeded(running: Running, *, admitted: Admitted, wall: float) -> BudgetExceeded:
    terms, overlay = running.budget.terms, admitted.principal.overlay
    if terms.on_exceeded is None:
        downgrade = overlay is not None and overlay.quota_policy is QuotaPolicy.DOWNGRADE
    else:
        downgrade = terms.on_exceeded is OnExceeded.DOWNGRADE
    window = terms.window
    ends = window.end(window.start(admitted.at)) if window.ends else wall + _NO_END
    return BudgetExceeded(
        f"the call may cost more than {_words(running)} has left",
        retry_after=max(1, math.ceil(ends - wall)),
        downgrade=downgrade,
        headers=_headers(admitted.bound, admitted.now),
    )


def _words(running: Running) -> str:
    """A budget in the words of a message. Its name and amount are for those who may see it."""
    kind, window = running.budget.subject.kind, running.budget.terms.window
    span = "whole" if not window.ends else f"{window.rolling}-second" if window.period is None else str(window.period)
    article = "the budget of the organization" if kind is SubjectKind.ORGANIZATION else f"the budget of the {kind}"
    return f"{article} for the {span}"


def _headers(bound: Bound, now: float) -> bytes:
    return _lines(bound.requests, b"requests", now) + _lines(bound.tokens, b"tokens", now)


def _lines(buckets: tuple[Bucket, ...], unit: bytes, now: float) -> bytes:
    if not buckets:
        return b""
    tightest = buckets[0] if len(buckets) == 1 else min(buckets, key=lambda each: each.remaining(now))
    return b"x-ratelimit-limit-%b: %d\r\nx-ratelimit-remaining-%b: %d\r\nx-ratelimit-reset-%b: %ds\r\n" % (
        unit,
        tightest.rate.count,
        unit,
        tightest.remaining(now),
        unit,
        tightest.reset(now),
    )
