"""What the use cases need from outside.

The request road is synchronous: a `Call` is told what happened and acts by calling these ports. A port never calls
back into the call from within one of its own methods; what happens later is told later, from the event loop. An
adapter that holds an answer already says so in its return value.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias

import msgspec

from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price
from headgate.core.errors import GatewayError
from headgate.core.failure import Failure
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.core.usage import Usage
from headgate.ledger.records import Closed, Ended, Finished, Opened, Settled

Headers = Sequence[tuple[bytes, bytes]]
"""Header fields in order, names in lower case."""


ReceivedHeaders = Iterable[tuple[bytes, bytes]]
"""The header fields of an upstream's answer, names in lower case. They can be gone through again and again."""


class RequestHead(msgspec.Struct, gc=False):
    """The head of an inbound inference request.

    `query` is without its question mark; `headers` are without those that frame the body, which the driver has read;
    `client` is an address or "". A driver shows the same object again for the same head, so `known` may keep what
    whoever read the headers found in them.
    """

    path: bytes
    query: bytes
    headers: Headers
    client: str
    known: object = None


# The caller's side of a call


class Client(Protocol):
    """The connection that a call answers on. The driver frames what is written for the HTTP version in use.

    After `answer`, `end` or `abort` the call writes nothing more, and nothing more is told to it.
    """

    def answer(self, status: int, headers: bytes, body: bytes) -> None:
        """The whole answer. `headers` are complete lines, each ended by CRLF, without framing fields."""

    def start(self, status: int, headers: bytes) -> None:
        """The head of an answer whose length is not known."""

    def write(self, data: bytes) -> None:
        """A part of the body that `start` opened. Never empty."""

    def end(self) -> None:
        """The body is complete."""

    def abort(self) -> None:
        """Break the connection off, so that a part never looks whole."""

    def hold_body(self) -> None:
        """Read no more of the request's body."""

    def take_body(self) -> None:
        """Read on. The end of the call does as much."""


class CallEvents(Protocol):
    """What the driver of the inbound connection tells a call.

    `head` first, then any number of `body`, then `body_complete`; the others at any time until the call has ended.
    None of them raises for anything that the caller or an upstream does. If one raises all the same, the driver
    calls `abandon` and logs the error.
    """

    def head(self, head: RequestHead) -> None:
        """The request head is complete. A refusal is written from within."""

    def body(self, data: bytes) -> None: ...

    def body_complete(self) -> None: ...

    def whole(self, head: RequestHead, body: bytes | memoryview) -> None:
        """The request came at once. The same as `head`, `body`, `body_complete`, and told in their place."""

    def client_gone(self) -> None:
        """The caller's connection ended, or it closed its sending half after the request."""

    def client_blocked(self) -> None:
        """The caller reads more slowly than it is written to."""

    def client_writable(self) -> None: ...

    def tick(self, now: float) -> None:
        """Time passed: whatever deadline of the call lies before `now` fires."""

    def drain(self) -> None:
        """The server stops and the grace is over: end with an error."""

    def abandon(self) -> None:
        """A bug of ours: settle as unknown, abort both sides."""


# The upstream's side


class UpstreamEvents(Protocol):
    """What an upstream connection tells a call. `attempt` is the number given to `connect`; stale ones are ignored."""

    def connected(self, attempt: int) -> None:
        """The connection is there: `send` may be called. Not told if `Wire.ready` was true at once."""

    def request_sent(self, attempt: int) -> None:
        """What was written of the request has left. Not told if `send`, `write` or `finish` returned True."""

    def upstream_head(self, attempt: int, status: int, headers: ReceivedHeaders) -> None:
        """The final response head (1xx are skipped)."""

    def upstream_bytes(self, attempt: int, data: bytes) -> None: ...

    def upstream_done(self, attempt: int, *, framed: bool) -> None:
        """The body ended: by its framing, or (`framed` False) only by the end of the connection."""

    def upstream_whole(self, attempt: int, status: int, *, headers: ReceivedHeaders, body: bytes) -> None:
        """The answer came at once. The same as `upstream_head`, `upstream_bytes`, `upstream_done`, in their place."""

    def upstream_failed(self, attempt: int, failure: Failure) -> None: ...

    def abandon(self) -> None:
        """One of the methods above raised, which is a bug of ours: settle as unknown, abort both sides."""


class Wire(Protocol):
    """One attempt's exchange with an upstream. A whole answer returns its connection to the pool."""

    ready: bool

    def send(self, path: str, body: bytes) -> bool:
        """POST `body` as JSON to `path` of the offer's origin, with its credential. True: all of it has left."""

    def open(self, path: str, content_type: bytes, *, length: int | None) -> None:
        """In place of `send`: the head of a POST whose body follows in pieces. `length` None: it is not known."""

    def write(self, data: bytes) -> bool:
        """A piece of the body that `open` announced. False: hold the next one back until `request_sent` is told."""

    def finish(self) -> bool:
        """The body is complete. True: all of it has left."""

    def pause(self) -> None:
        """Stop reading."""

    def resume(self) -> None: ...

    def abort(self) -> None:
        """Close the connection, in whatever state it is; nothing more is told. Harmless when it is over."""

    def redacted(self, text: bytes) -> bytes:
        """`text` of the upstream without the secret that the request carried, which some repeat in their errors."""


class Upstream(Protocol):
    """Connections to upstreams."""

    def connect(self, offer: Offer, events: UpstreamEvents, attempt: int, *, fresh: bool) -> Wire:
        """A connection for one attempt, from the pool unless `fresh`.

        Failures are told as `upstream_failed`, never raised, and never from within this method: CREDENTIAL_MISSING,
        EGRESS_REFUSED, BUSY, NAME_NOT_FOUND, REFUSED, TLS.
        """


class Credentials(Protocol):
    """Which stored credential an offer is called with. `version` rises after each change of any of them."""

    @property
    def version(self) -> int: ...

    def applicable(self, offer: Offer) -> StoredCredential | Failure | None:
        """The same object as long as the credential is unchanged. None: send without one. Failure: do not send."""


class Opener(Protocol):
    """Opens sealed secrets. Given to the upstream adapter only."""

    def open(self, stored: StoredCredential) -> Secret:
        """The secret; ValueError if it does not open under the master key, or is not what was sealed."""


# Money


Refused: TypeAlias = Callable[[], Callable[[], None] | None]
"""Takes back an attempt that was not written down. What it returns is called once all attempts of that turn are taken
back: several may be parts of one request, which ends with the first that is told of."""


class Journal(Protocol):
    """Where frames are written down before anything else happens. Its methods are called on the event loop.

    The frames of one turn of the loop are one write, which comes before any byte that the turn sends.
    """

    @property
    def accepts(self) -> bool:
        """Whether attempts may be opened. False: there is no room, or too much waits for the ledger."""

    def opened(self, frame: Opened, price: Price | None, *, refused: Refused) -> None:
        """`price` is the one that the attempt is priced by, if any. `refused` is called, at most once and before any
        byte of this turn leaves, if the frame was not written."""

    def closed(self, frame: Closed) -> None:
        """An attempt is over and its request is not. Never lost while the process lives."""

    def flush(self) -> None:
        """Write now what the turn has told. What is refused hears of it from within."""

    def ended(self, frame: Ended | Settled) -> int:
        """A request is over. The number of the segment that will hold the frame. Never lost while the process lives."""


class Books(Protocol):
    """Takes finished requests from the road to the ledger."""

    @property
    def is_ready(self) -> bool:
        """Whether all that came before is in the ledger. Until then no attempt may be opened."""

    def add(self, finished: Finished) -> None: ...


# Memory and time


class Outcome(enum.StrEnum):
    """How a call ended that had reached an upstream."""

    ANSWERED = "answered"
    FAILED = "failed"
    CLIENT_GONE = "client_gone"
    DRAINED = "drained"
    ABANDONED = "abandoned"


class Settlement(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How one request ended. Told once for each that reached an upstream.

    `offer` is the entry of the last attempt; `usage` and `cost` (picodollars) are None where nothing is known of
    them. Times are in seconds; `first_byte` is a stream's only.
    """

    principal: Principal
    offer: Offer
    outcome: Outcome
    status: int
    attempts: int
    usage: Usage | None
    cost: int | None
    duration: float
    first_byte: float | None


class Telemetry(Protocol):
    """Where measurements go. On the road: adds to numbers, does nothing else."""

    def settled(self, settlement: Settlement) -> None: ...

    def refused(self, error: GatewayError) -> None:
        """A request was refused before any attempt."""

    def attempt_failed(self, offer: Offer, failure: Failure) -> None: ...
