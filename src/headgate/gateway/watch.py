"""What calls show of the entries that they went to: noted on the board from the road, written down beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from headgate.catalogue.offer import Offer
from headgate.core.clock import Clock
from headgate.core.errors import GatewayError
from headgate.core.failure import Failure, FailureKind
from headgate.gateway.board import VerificationBoard
from headgate.gateway.ports import Outcome, Settlement, Telemetry
from headgate.gateway.road import CurrentSnapshot
from headgate.gateway.stores import Verification, VerificationState

FLUSH_SECONDS: Final = 3.0
_UNAUTHORIZED: Final = 401


class Watch:
    """The Telemetry of calls that also keeps the board: what served works, what was refused for its key does not.

    A status of 401 is the provider's word about the key. Others, 403 among them, may be about what one caller sent,
    and would let that caller take an entry from everybody's failover.
    """

    def __init__(
        self, telemetry: Telemetry, board: VerificationBoard, *, current: CurrentSnapshot, clock: Clock
    ) -> None:
        self.refused: Callable[[GatewayError], None] = telemetry.refused
        self._telemetry = telemetry
        self._board = board
        self._current = current
        self._clock = clock

    def settled(self, settlement: Settlement) -> None:
        self._telemetry.settled(settlement)
        offer = settlement.offer
        if settlement.outcome is Outcome.ANSWERED and not self._board.works(offer.uid) and self._is_in_force(offer):
            self._board.served(offer.uid, self._clock.wall())

    def attempt_failed(self, offer: Offer, failure: Failure) -> None:
        self._telemetry.attempt_failed(offer, failure)
        rejected = failure.kind is FailureKind.CREDENTIAL_REJECTED and failure.status == _UNAUTHORIZED
        if not (rejected or failure.kind is FailureKind.CREDENTIAL_MISSING) or not self._is_in_force(offer):
            return
        known = self._board.of(offer.uid)
        if known.state is not VerificationState.FAILED or known.message != failure.message:
            at = self._clock.wall()
            failed = Verification(uid=offer.uid, state=VerificationState.FAILED, message=failure.message, at=at)
            self._board.pin(failed)

    def _is_in_force(self, offer: Offer) -> bool:
        """Whether the entry is still as it was when the call began: what comes later says nothing about it."""
        return self._current.snapshot.by_uid(offer.uid) is offer


class Runs(Protocol):
    """Has work done on the writer thread, and waits for it."""

    def run(self, work: Callable[[], None]) -> Awaitable[None]: ...


async def keep_written(board: VerificationBoard, writer: Runs, *, every: float = FLUSH_SECONDS) -> None:
    """Write the board down again and again, off the event loop, until cancelled."""
    while True:
        await asyncio.sleep(every)
        if board.waits:
            await writer.run(board.flush)
