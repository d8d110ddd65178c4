"""A small call that is made to see whether a model answers, paid for by whoever asked.

It is a call like any other: counted against limits, reserved from budgets, in the journal before it is sent, and closed
exactly once on every way out.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from headgate.core.errors import BudgetExceeded, LedgerUnavailable, PriceMissing, RateLimited
from headgate.core.failure import Failure
from headgate.core.ids import RequestIds
from headgate.core.principal import Principal
from headgate.gateway.call_money import end_of_failure, used_in_failure
from headgate.gateway.charge import Charge
from headgate.gateway.prices import Prices
from headgate.gateway.row_id import row_id
from headgate.gateway.tab import Tab, Till
from headgate.gateway.verify_calls import SmallCall
from headgate.gateway.verify_exchange import Answered, Asking, ProbeUpstream, Subject, ask
from headgate.ledger.records import End

UNPAID: Final = (PriceMissing, BudgetExceeded, RateLimited, LedgerUnavailable)
"""What keeps a question from being asked for money's sake. Nothing is reserved then, and nothing written down."""

_ANSWERED: Final = 200


class Payer(msgspec.Struct, frozen=True, gc=False):
    """Who pays. The ledger names what they asked for by `model`, and what it was for by `operation`."""

    principal: Principal
    model: str
    operation: str


class Told(msgspec.Struct, frozen=True):
    """What came of a question. `answer` is what a caller would get, with what it cost, or why there is no answer."""

    answered: Answered
    answer: bytes | Failure


class PaidQuestions:
    """Asks, and pays. Used on the event loop."""

    def __init__(self, upstream: ProbeUpstream, *, till: Till, ids: RequestIds) -> None:
        self._upstream = upstream
        self._till = till
        self._ids = ids

    def priced_by(self, prices: Prices) -> PaidQuestions:
        """The same at other prices, for entries that are in no catalogue: nothing of them is remembered."""
        till = msgspec.structs.replace(self._till, prices=prices, known={})
        return PaidQuestions(self._upstream, till=till, ids=self._ids)

    async def ask(self, subject: Subject, call: SmallCall, *, payer: Payer, within: float) -> Told:
        """What the upstream of `subject` answers `within` so many seconds; one of UNPAID: it was not asked."""
        tab = Tab(
            self._till,
            payer.principal,
            request_id=row_id(self._ids),
            model=payer.model,
            operation=payer.operation,
            started=self._till.clock.now(),
        )
        try:
            charge = tab.charge(subject.offer, call.request, refused=_never, at_once=True)
        except BaseException:
            tab.refuse()
            raise
        asking = Asking()
        try:
            answered = await ask(self._upstream, subject, question=call.question, within=within, asking=asking)
            answer = answered.result
            if not isinstance(answer, Failure):
                answer = call.answer(answer, subject.offer, extra=charge.extra)
        except asyncio.CancelledError:
            if asking.sent:
                charge.reckon(call.request.estimate(0))
            charge.close(outcome="client_gone", code=0)
            _end(tab, End.CLIENT_GONE, 499)
            raise
        except BaseException:
            charge.lose()
            _end(tab, End.CRASH, 500)
            raise
        told = Told(answered, answer)
        _settle(told, call, tab=tab, charge=charge, sent=asking.sent)
        return told


def _settle(told: Told, call: SmallCall, *, tab: Tab, charge: Charge, sent: bool) -> None:
    failure = told.answer
    if not isinstance(failure, Failure):
        charge.close()
        _end(tab, End.COMPLETE, _ANSWERED)
        return
    status = failure.status or (0 if isinstance(told.answered.result, Failure) else _ANSWERED)
    # An answer that cannot be used may have told what it used.
    if sent and charge.usage is None:
        used = used_in_failure(failure, None, status=status, request=call.request)
        if used is not None:
            charge.reckon(used)
    charge.close(outcome=failure.kind.value, code=status)
    # Whoever asked is told of the failure in an answer.
    _end(tab, end_of_failure(failure), _ANSWERED)


def _end(tab: Tab, end: End, code: int) -> None:
    tab.end(end, code, duration=tab.clock.now() - tab.started, first_byte=None)


def _never() -> None:
    """What is written at once is refused at once."""
