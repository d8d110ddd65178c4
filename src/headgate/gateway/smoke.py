"""A smoke test: one real call of a stored model, which its caller pays for like any other."""

from __future__ import annotations

from typing import Final

from headgate.catalogue.offer import Offer
from headgate.core.failure import Failure
from headgate.core.ids import RequestIds
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk
from headgate.gateway.call_money import end_of_failure, used_in_failure
from headgate.gateway.charge import Charge
from headgate.gateway.tab import Tab, Till
from headgate.gateway.verify_calls import SmallCall
from headgate.gateway.verify_exchange import Answered, ProbeUpstream, Subject, ask
from headgate.gateway.verify_smoke import SmokeResult, demand_operation, smoke_call, smoke_result
from headgate.ledger.records import End

TIMEOUT: Final = 30.0
OPERATION: Final = "test"
"""How the ledger names these calls."""


class SmokeTests:
    """Calls models to show that they answer. Used on the event loop."""

    def __init__(self, desk: Desk, upstream: ProbeUpstream, *, till: Till, ids: RequestIds) -> None:
        self._desk = desk
        self._upstream = upstream
        self._till = till
        self._ids = ids

    async def smoke(self, principal: Principal, model: str, *, operation: str) -> SmokeResult:
        """One call of `operation`, `completions` or `embeddings`; ModelNotFound, ModelNotAllowed, InvalidBody, and what
        keeps a call from being sent for money's sake: PriceMissing, BudgetExceeded, RateLimited, LedgerUnavailable."""
        demand_operation(operation)
        about = self._desk.snapshot.resolve(principal, model)
        call = smoke_call(about, operation)
        if isinstance(call, SmokeResult):
            return call
        tab = Tab(
            self._till,
            principal,
            request_id=self._ids.next(),
            model=model,
            operation=OPERATION,
            started=self._desk.clock.now(),
        )
        try:
            charge = tab.charge(about, call.request, refused=_never, at_once=True)
        except BaseException:
            tab.refuse()
            raise
        return await self._called(about, call, tab=tab, charge=charge)

    async def _called(self, about: Offer, call: SmallCall, *, tab: Tab, charge: Charge) -> SmokeResult:
        clock = self._desk.clock
        began = clock.now()
        try:
            answered = await ask(self._upstream, Subject(about), question=call.question, within=TIMEOUT)
        except BaseException:
            charge.reckon(call.request.estimate(0))
            charge.close(outcome="client_gone", code=0)
            tab.end(End.CLIENT_GONE, 499, duration=clock.now() - began, first_byte=None)
            raise
        result = smoke_result(answered, about, call=call, extra=charge.extra)
        self._settle(answered, call, tab=tab, charge=charge, duration=clock.now() - began)
        return result

    def _settle(self, answered: Answered, call: SmallCall, *, tab: Tab, charge: Charge, duration: float) -> None:
        failure = answered.result
        if isinstance(failure, Failure):
            used = used_in_failure(failure, None, status=failure.status or 0, request=call.request)
            if used is not None:
                charge.reckon(used)
            charge.close(outcome=failure.kind.value, code=failure.status or 0)
            tab.end(end_of_failure(failure), 200, duration=duration, first_byte=None)
            return
        if charge.usage is None:
            # It answered, and its answer says neither what it is nor what it used.
            charge.reckon(call.request.estimate(0))
        charge.close()
        tab.end(End.COMPLETE, 200, duration=duration, first_byte=None)


def _never() -> None:
    """What is written at once is refused at once."""
