"""A smoke test: one real call of a stored model, which its caller pays for like any other."""

from __future__ import annotations

from typing import Final

from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk
from headgate.gateway.paid_question import PaidQuestions, Payer
from headgate.gateway.verify_exchange import Subject
from headgate.gateway.verify_smoke import SmokeResult, demand_operation, smoke_call, smoke_result

TIMEOUT: Final = 30.0
OPERATION: Final = "test"
"""How the ledger names these calls."""


class SmokeTests:
    """Calls models to show that they answer. Used on the event loop."""

    def __init__(self, desk: Desk, questions: PaidQuestions) -> None:
        self._desk = desk
        self._questions = questions

    async def smoke(self, principal: Principal, model: str, *, operation: str) -> SmokeResult:
        """One call of `operation`, `completions` or `embeddings`; ModelNotFound, ModelNotAllowed, InvalidBody, and what
        keeps a call from being sent for money's sake: PriceMissing, BudgetExceeded, RateLimited, LedgerUnavailable."""
        demand_operation(operation)
        about = self._desk.snapshot.resolve(principal, model)
        call = smoke_call(about, operation)
        if isinstance(call, SmokeResult):
            return call
        payer = Payer(principal, model, OPERATION)
        told = await self._questions.ask(Subject(about), call, payer=payer, within=TIMEOUT)
        return smoke_result(told.answered, told.answer)
