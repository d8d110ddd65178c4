"""One part of a request that is sent in parts: a call whose caller is the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from headgate.catalogue.offer import Offer
from headgate.core.errors import GatewayError
from headgate.core.failure import Failure
from headgate.dialects.exchange import Codec, Inbound
from headgate.gateway.endpoint import Endpoint, Shape
from headgate.gateway.ports import Client, Settlement
from headgate.gateway.road import Refusal, Road
from headgate.gateway.tab import Parted


class Whole(Protocol):
    """What the parts of one request report to. A part reports once, unless it was cancelled before."""

    def part_answered(self, part: Part, body: bytes) -> None: ...

    def part_failed(self, part: Part, error: GatewayError) -> None: ...

    def abandon(self) -> None: ...


class PartCall(Protocol):
    """What a part asks of the call that it is."""

    def part(self, parted: Parted, request: Inbound, *, offer: Offer, codec: Codec) -> None: ...

    def tick(self, now: float) -> None: ...

    def client_gone(self) -> None: ...


class Part:
    """The client and the telemetry of one part's call: what they are told, the whole is told, and nobody else.

    `settlement` is there before the part reports.
    """

    __slots__ = ("_call", "_error", "_over", "_telemetry", "_whole", "number", "settlement")

    def __init__(
        self,
        whole: Whole,
        road: Road,
        *,
        endpoint: Endpoint,
        number: int,
        opens: Callable[[Road, Client, Endpoint], PartCall],
    ) -> None:
        self._whole = whole
        self._telemetry = road.telemetry
        self._error: GatewayError | None = None
        self._over = False
        self.number = number
        self.settlement: Settlement | None = None
        own = msgspec.structs.replace(road, telemetry=self, refusals=_Kept(self.fails))
        self._call = opens(own, self, endpoint)

    def begin(self, parted: Parted, request: Inbound, *, offer: Offer, codec: Codec) -> None:
        self._call.part(parted, request, offer=offer, codec=codec)

    def tick(self, now: float) -> None:
        self._call.tick(now)

    def cancel(self) -> None:
        """End it, wherever it stands. Nothing is reported."""
        self._over = True
        self._call.client_gone()

    def fails(self, error: GatewayError) -> None:
        """The error that the answer will be."""
        self._error = error

    # The client of the call

    def answer(self, _status: int, _headers: bytes, body: bytes) -> None:
        if self._over:
            return
        self._over = True
        try:
            if self._error is not None:
                self._whole.part_failed(self, self._error)
            else:
                self._whole.part_answered(self, body)
        except Exception:
            # A bug of the whole. Its part has ended, so that nobody would tell it of that any more.
            self._whole.abandon()
            raise

    def abort(self) -> None:
        """A bug of ours ended the part, and with it the whole."""
        if not self._over:
            self._over = True
            self._whole.abandon()

    def start(self, status: int, headers: bytes) -> None:
        raise AssertionError("a part is answered at once")

    def write(self, data: bytes) -> None:
        raise AssertionError("a part is answered at once")

    def end(self) -> None:
        raise AssertionError("a part is answered at once")

    def hold_body(self) -> None:
        """It has come already."""

    def take_body(self) -> None: ...

    # The telemetry of the call

    def settled(self, settlement: Settlement) -> None:
        self.settlement = settlement

    def refused(self, error: GatewayError) -> None: ...

    def attempt_failed(self, offer: Offer, failure: Failure) -> None:
        self._telemetry.attempt_failed(offer, failure)


class _Kept:
    """The refusals of a part: kept for the whole, which words them."""

    def __init__(self, fails: Callable[[GatewayError], None]) -> None:
        self._fails = fails

    def answer(self, error: GatewayError, _shape: Shape) -> Refusal:
        self._fails(error)
        return Refusal(0, b"", b"")

    def event(self, _error: GatewayError, _shape: Shape) -> bytes:
        raise AssertionError("a part is answered at once")
