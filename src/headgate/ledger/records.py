"""What is written down of a request: the journal's frames, of which the ledger's rows are made.

An attempt is opened before its request leaves and closed exactly once; a request is ended exactly once. Instants are
microseconds of Unix time, durations microseconds, amounts picodollars. Every frame is complete in itself: who reads a
journal needs nothing else.
"""

from __future__ import annotations

import enum
from typing import TypeAlias

import msgspec

from headgate.catalogue.price import Price, PriceList
from headgate.core.money import Picodollars
from headgate.core.usage import Usage


class Status(enum.IntEnum):
    """How certain a cost is, ascending in doubt: the status of a row is the highest of its attempts."""

    SETTLED = 0
    REFUNDED = 1
    ESTIMATED = 2
    UNKNOWN = 3


class End(enum.IntEnum):
    """Why a request ended. `COMPLETE`: the caller has a whole answer. `REFUSED`: the upstreams that were tried said no,
    and the caller was told. `CRASH`: the process died, and nobody knows."""

    COMPLETE = 0
    CLIENT_GONE = 1
    UPSTREAM_CUT = 2
    TIMEOUT = 3
    SHUTDOWN = 4
    REFUSED = 5
    CRASH = 6


class Account(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Who pays: the ids of the organization, the project, the user and the key, "" where there is none."""

    organization: str = ""
    project: str = ""
    user: str = ""
    key: str = ""


class Destination(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What an attempt went to: the uid and name of the entry, the catalogue revision that made it what it is, provider
    and model of the upstream ("" for what has no route), and the id of the price list, "" if it was unpriced."""

    entry: str
    name: str
    revision: int
    provider: str
    model: str
    price: str


class Opened(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=1):
    """An attempt is about to be sent. `model` is what the caller asked for ("" for a default), `operation` what kind
    of call it is; `admitted` is the instant of the request's admission, which decides price, window and day, `began`
    that of the attempt. `hold` and `hold_tokens` are what was reserved: 0 of money without a price."""

    request: str
    number: int
    account: Account
    to: Destination
    model: str
    operation: str
    admitted: int
    began: int
    hold: Picodollars
    hold_tokens: int


class Closed(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=2):
    """An attempt is over. `cost` is None where it is unknown, and then `exposure` is what it may come to; `outcome` is
    "" for an answer and else the kind of failure; `code` is the upstream's status, 0 if it gave none; `first_byte` is
    the time from `began` to the answer's first event. `overrun`: the cost is above the hold."""

    request: str
    number: int
    status: Status
    usage: Usage
    cost: Picodollars | None
    exposure: Picodollars
    outcome: str
    code: int
    ended: int
    first_byte: int | None = None
    overrun: bool = False


class Ended(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=3):
    """A request is over. `code` is the status that the caller got (499: the caller left), `duration` runs from its
    head, `first_byte` to a stream's first event. `why` tells how its entry was found, for `GET requests/{id}`: JSON,
    "" when the name said it all."""

    request: str
    end: End
    code: int
    ended: int
    duration: int
    first_byte: int | None = None
    why: str = ""


class Settled(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=4):
    """The last attempt is over and the request with it: one frame instead of two."""

    closed: Closed
    ended: Ended


class Listed(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=5):
    """A price list, once in each segment of the journal before the first attempt that is priced by it."""

    id: str
    prices: PriceList


Frame: TypeAlias = Opened | Closed | Ended | Settled | Listed


class Finished(msgspec.Struct, frozen=True, gc=False):
    """A whole request as the ledger takes it: its attempts in order, each opened and closed, and its end; the prices
    that they were priced by. `segment` is where in the journal its last frame is, 0 for one that was read back."""

    opened: tuple[Opened, ...]
    closed: tuple[Closed, ...]
    ended: Ended
    prices: tuple[Price, ...] = ()
    segment: int = 0
