"""The probes' use case, without anybody being asked."""

from __future__ import annotations

from headgate.catalogue.offer import Offer
from headgate.core.errors import GatewayError
from headgate.core.failure import Failure
from headgate.core.principal import Principal
from headgate.gateway.administer import Desk
from headgate.gateway.stores import Verification, VerificationState
from headgate.gateway.verify import ProbeOutcome, ProbeTarget


class KnownOutcome:
    """Answers with what a test lays out, or raises it, and remembers what it was asked and by whom."""

    def __init__(self, desk: Desk) -> None:
        self.outcome = ProbeOutcome(ok=True, message="the provider answered", latency=0.25)
        self.probed: list[ProbeTarget] = []
        self.listed: list[str] | Failure = ["gpt-4o", "gpt-4o-mini"]
        self.asked: list[str] = []
        self.paid_by: list[str] = []
        self.refusal: GatewayError | None = None
        self.waiting: list[Offer] = []
        self._desk = desk

    async def probe(self, target: ProbeTarget, *, by: Principal) -> ProbeOutcome:
        self.probed.append(target)
        self._refuse(by)
        return self.outcome

    async def stored(self, offer: Offer, *, by: Principal) -> ProbeOutcome:
        self._refuse(by)
        self.finish(offer)
        return self.outcome

    def _refuse(self, by: Principal) -> None:
        self.paid_by.append(by.id)
        if self.refusal is not None:
            raise self.refusal

    def later(self, offer: Offer) -> None:
        self.waiting.append(offer)

    async def models(self, target: ProbeTarget) -> list[str] | Failure:
        self.probed.append(target)
        return self.listed

    async def models_of(self, offer: Offer) -> list[str] | Failure:
        self.asked.append(offer.name)
        return self.listed

    def finish(self, *offers: Offer) -> None:
        """End the verification of these, or of all that wait."""
        state = VerificationState.OK if self.outcome.ok else VerificationState.FAILED
        message = "" if self.outcome.ok else self.outcome.message
        for each in offers or self.waiting:
            self._desk.board.pin(Verification(uid=each.uid, state=state, message=message, at=1.0))
        if not offers:
            self.waiting.clear()
