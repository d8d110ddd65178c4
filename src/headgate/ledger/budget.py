"""Budgets as arithmetic: windows of time, and what a budget has come to in each.

Instants are whole seconds of Unix time. A window is named by its start. A rolling window is `PARTS` fixed parts: what
counts at an instant is the part that it is in and those before it, so nothing is kept of single calls. A lifetime is
one window that never ends. The admission of a request decides which window its holds and costs belong to, however much
later they settle.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from headgate.core.money import PICODOLLARS_PER_USD

PARTS: Final = 60
THRESHOLDS: Final = (80, 95, 100)
"""Per cent of a budget at which its people are told."""

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_WEEK: Final = 7 * _DAY
_A_MONDAY: Final = 4 * _DAY
_NEVER: Final = 10**30
_MOST: Final = 10**24
_DIGITS: Final = 28
"""As many as decimals are reckoned with exactly."""


class Unit(enum.StrEnum):
    """What a budget counts."""

    USD = "usd"
    TOKENS = "tokens"


class Period(enum.StrEnum):
    """A window of the calendar, in UTC. Weeks begin on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class OnExceeded(enum.StrEnum):
    """What becomes of a call that a hard budget does not cover: it is refused, or the default model serves it."""

    REFUSE = "refuse"
    DOWNGRADE = "downgrade"


class Window(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A period of the calendar, or so many rolling seconds, a multiple of PARTS; neither is a lifetime."""

    period: Period | None = None
    rolling: int | None = None

    def start(self, instant: int) -> int:
        """The start of the window, of a rolling one of the part, that an instant is in."""
        if self.rolling is not None:
            return instant - instant % (self.rolling // PARTS)
        match self.period:
            case Period.HOUR:
                return instant - instant % _HOUR
            case Period.DAY:
                return instant - instant % _DAY
            case Period.WEEK:
                return instant - (instant - _A_MONDAY) % _WEEK
            case Period.MONTH:
                return _month(instant)
        return 0

    def end(self, start: int) -> int:
        """Where the next one begins."""
        if self.rolling is not None:
            return start + self.rolling // PARTS
        match self.period:
            case Period.HOUR:
                return start + _HOUR
            case Period.DAY:
                return start + _DAY
            case Period.WEEK:
                return start + _WEEK
            case Period.MONTH:
                return _month(start + 32 * _DAY)
        return _NEVER

    def first(self, start: int) -> int:
        """The earliest start that counts together with this one."""
        return start if self.rolling is None else start - (PARTS - 1) * (self.rolling // PARTS)

    @property
    def ends(self) -> bool:
        return self.rolling is not None or self.period is not None


def _month(instant: int) -> int:
    found = datetime.fromtimestamp(instant, UTC)
    return instant - (found.day - 1) * _DAY - found.hour * _HOUR - found.minute * 60 - found.second


class Terms(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a budget says. `amount` is in picodollars or tokens; a soft one (`hard` False) only tells; `on_exceeded`
    None is what the organization says of calls that are refused."""

    unit: Unit
    amount: int
    window: Window = Window()
    hard: bool = True
    on_exceeded: OnExceeded | None = None
    name: str = ""


class Part:
    """One window of a budget, of a rolling one a part of it."""

    __slots__ = ("exposure", "held", "spent", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.spent = 0
        self.exposure = 0
        self.held = 0


class Tally:
    """What a budget has come to, in its unit. `used` (spent and exposure) and `held` are those of the window in
    progress, which lasts from `begins` to before `ends`; `warn_at` is where its next threshold lies."""

    __slots__ = ("_amount", "_now", "_parts", "_told", "begins", "ends", "held", "since", "used", "warn_at", "window")

    def __init__(self, window: Window, amount: int) -> None:
        self.window = window
        self.begins = self.ends = self.since = 0
        self.used = self.held = 0
        self._amount = amount
        self._parts: dict[int, Part] = {}
        self._now = Part(0)
        self._told = 0
        self._arm()

    def hold(self, quantity: int, *, at: int, limit: int | None) -> Part | None:
        """Reserve in the window of an instant, and say where; None if that would be more than `limit`.

        What costs nothing is never too much, however much was used before.
        """
        if self.begins <= at < self.ends:
            part, total = self._now, self.used + self.held
        else:
            part, total = self._at(at)
        if limit is not None and quantity and total + quantity > limit:
            return None
        part.held += quantity
        if part.start >= self.since:
            self.held += quantity
        return part

    def settle(self, part: Part, *, held: int, spent: int, exposure: int) -> None:
        """What was held goes, what was spent or may have been comes."""
        part.held -= held
        part.spent += spent
        part.exposure += exposure
        if part.start >= self.since:
            self.held -= held
            self.used += spent + exposure

    def charge(self, *, at: int, spent: int, exposure: int) -> None:
        """Count what was never held here."""
        part = self._now if self.begins <= at < self.ends else self._at(at)[0]
        self.settle(part, held=0, spent=spent, exposure=exposure)

    def view(self, at: int) -> Part:
        """All that counts at an instant, as one."""
        start = self.window.start(at)
        whole = Part(self.window.first(start))
        for part in self._parts.values():
            if whole.start <= part.start <= start:
                whole.spent += part.spent
                whole.exposure += part.exposure
                whole.held += part.held
        return whole

    def add(self, counted: Mapping[int, tuple[int, int]], *, at: int) -> None:
        """Add what was counted elsewhere: spent and exposure by the start of the window."""
        for start, (spent, exposure) in counted.items():
            part = self._parts.setdefault(start, Part(start))
            part.spent += spent
            part.exposure += exposure
        self._roll(max(at, self.begins))

    def counted(self, *, since: int) -> dict[int, tuple[int, int]]:
        """Spent and exposure by the start of the window, of those that begin at an instant or later."""
        parts = (part for part in self._parts.values() if part.start >= since)
        return {part.start: (part.spent, part.exposure) for part in parts}

    def allow(self, amount: int) -> None:
        """Another amount from now on. Thresholds that are reached by that alone have not been told of yet."""
        told = self._told
        self._amount = amount
        self._arm()
        if told < self._told:
            self._told, self.warn_at = told, _marks(amount)[told]

    def reached(self) -> Iterator[int]:
        """The thresholds, in per cent, that were reached since this was last asked."""
        before = self._told
        self._arm()
        yield from THRESHOLDS[before : self._told]

    def tell_again(self) -> None:
        """As if nobody had been told of any threshold in this window."""
        self._told, self.warn_at = 0, min(_marks(self._amount))

    def __len__(self) -> int:
        return len(self._parts)

    def _at(self, at: int) -> tuple[Part, int]:
        if at >= self.ends:
            self._roll(at)
            return self._now, self.used + self.held
        # Admitted before the window in progress began: its own window is the one that must have room.
        whole = self.view(at)
        start = self.window.start(at)
        return self._parts.setdefault(start, Part(start)), whole.spent + whole.exposure + whole.held

    def _roll(self, at: int) -> None:
        start = self.window.start(at)
        # Requests that were admitted before may still reserve there, so what counts for them is kept one turn longer.
        keep = min(self.since, self.window.first(self.window.first(start)))
        for old in [part for part in self._parts.values() if part.start < keep and not part.held]:
            del self._parts[old.start]
        self.begins, self.ends, self.since = start, self.window.end(start), self.window.first(start)
        self._now = self._parts.setdefault(start, Part(start))
        counting = [part for part in self._parts.values() if part.start >= self.since]
        self.used = sum(part.spent + part.exposure for part in counting)
        self.held = sum(part.held for part in counting)
        self._arm()

    def _arm(self) -> None:
        marks = _marks(self._amount)
        self._told = sum(self.used >= mark for mark in marks)
        self.warn_at = next((mark for mark in marks if self.used < mark), _NEVER)


def _marks(amount: int) -> tuple[int, ...]:
    """The least amounts that reach the thresholds. A budget of nothing has none to tell of."""
    return tuple(-(-amount * each // 100) if amount else _NEVER for each in THRESHOLDS)


# Amounts as people write them


def amount_of(unit: Unit, written: Decimal | int | str) -> int:
    """USD or tokens as the integer that is counted. ValueError below zero, or for what is no exact number of them."""
    try:
        amount = Decimal(written)
        exact = len(amount.as_tuple().digits) <= _DIGITS and abs(amount.adjusted()) <= _DIGITS
        if exact and unit is Unit.USD:
            amount = amount.scaleb(12)
        if exact and amount.is_finite() and 0 <= amount <= _MOST and amount == amount.to_integral_value():
            return int(amount)
    except InvalidOperation:
        pass
    decimals = "with at most 12 decimals" if unit is Unit.USD else "without decimals"
    raise ValueError(f"a number of at least 0 {decimals} is accepted, not {str(written)[:40]!r}")


def amount_text(unit: Unit, amount: int) -> str:
    """The same the other way round, in the fewest digits."""
    if unit is Unit.TOKENS:
        return str(amount)
    whole, rest = divmod(amount, PICODOLLARS_PER_USD)
    return f"{whole}.{rest:012d}".rstrip("0").rstrip(".")
