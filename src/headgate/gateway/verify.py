"""Whether an entry works, or would work: the one engine behind every test, verification and model list.

What is asked is the cheapest thing that the provider's row knows and does not bill; only where there is nothing of
the kind, one smallest call, which is paid for by whoever asked. Stored entries and parameters that are not stored yet
go the same way: through the same upstreams, the same egress guard and the same rule that a secret goes to the origin
that it was given for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias

import msgspec

from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.scope import PLATFORM, Scope
from headgate.catalogue.upstream import Route, Unroutable
from headgate.core.errors import PriceMissing
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import Json
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.administer_desk import Desk
from headgate.gateway.paid_question import PaidQuestions, Payer, Told
from headgate.gateway.prices import Prices
from headgate.gateway.stores import Verification, VerificationState
from headgate.gateway.verify_background import Background, Starter
from headgate.gateway.verify_calls import SmallCall, costs_unknown, smallest_call
from headgate.gateway.verify_exchange import Answered, ProbeUpstream, Question, Subject, ask
from headgate.gateway.verify_probe import (
    is_no_page,
    list_question,
    malformed,
    model_names,
    read,
    sentence,
    unbilled_question,
)

__all__ = ["ProbeOutcome", "ProbeTarget", "Starter", "Verify"]

TIMEOUT: Final = 10.0
OPERATION: Final = "verify"
"""How the ledger names the calls of verification."""

Pay: TypeAlias = Callable[[SmallCall], Awaitable[Told]]
"""Makes a call that is billed, and pays for it."""

_SAY_NOTHING: Final = frozenset({FailureKind.BUSY, FailureKind.RATE_LIMITED})
"""Failures that do not tell whether an entry works."""


class ProbeTarget(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is not stored, as far as a probe needs it.

    `base_url` None: the provider's own. `secret` goes to the origin that these two name, and nowhere else; None: the
    default credential of `scope` for that provider, if there is one for that origin, and without a scope none.
    `private`: who asks may reach private addresses, as a platform administrator may.
    """

    kind: Kind
    provider: str
    model: str
    base_url: str | None = None
    api_version: str | None = None
    secret: Secret | None = None
    private: bool = False
    scope: Scope | None = None


class ProbeOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe found out. `message` is a sentence that may be shown; `latency` is in seconds, None if nothing was
    asked; `failure` is None if `ok`. Not `conclusive`: the failure says nothing about whether the entry works."""

    ok: bool
    message: str
    latency: float | None = None
    failure: Failure | None = None
    conclusive: bool = True


class Verify:
    """Probes and model lists. Used on the event loop."""

    def __init__(
        self,
        desk: Desk,
        upstream: ProbeUpstream,
        *,
        questions: PaidQuestions,
        starter: Starter,
        timeout: float = TIMEOUT,
    ) -> None:
        self._desk = desk
        self._upstream = upstream
        self._questions = questions
        self._timeout = timeout
        self._background = Background(self._verify_unbilled, starter)

    async def probe(self, target: ProbeTarget, *, by: Principal) -> ProbeOutcome:
        """Whether an entry with these parameters would work. Stores nothing.

        BudgetExceeded, RateLimited, LedgerUnavailable: only a call would tell, and `by` may not make one.
        """
        subject = self._unsaved(target)
        # What is not stored has no price, and with a key that its own people did not enter it needs one.
        questions = self._questions.priced_by(Prices(self._desk.book if subject.stored else _Entered()))
        payer = Payer(by, target.model, OPERATION)
        try:
            return await self._outcome(subject, pay=partial(questions.ask, subject, payer=payer, within=self._timeout))
        except PriceMissing as error:
            return _inconclusive(f"only a call would tell, and it was not made: {error.message}")

    async def models(self, target: ProbeTarget) -> list[str] | Failure:
        """The names in the provider's list of models, in its order; `model` and `kind` of the target do not count."""
        return await self._listed(self._unsaved(target))

    async def models_of(self, offer: Offer) -> list[str] | Failure:
        """What `models` says, asked with the credential that applies to a stored entry."""
        return await self._listed(Subject(offer))

    async def _listed(self, subject: Subject) -> list[str] | Failure:
        route = subject.offer.route
        if isinstance(route, Unroutable):
            return _unroutable(route.message)
        question = list_question(route)
        if question is None:
            return _unroutable(f"provider {route.provider.id!r} lists no models")
        answered = await self._ask(subject, question)
        value = read(answered)
        if isinstance(value, Failure):
            return _told(value, answered)
        names = model_names(value)
        return names if names is not None else malformed("the upstream's answer is no list of models")

    async def stored(self, offer: Offer, *, by: Principal) -> ProbeOutcome:
        """Whether an entry works. What is found out stands on the board.

        PriceMissing, BudgetExceeded, RateLimited, LedgerUnavailable: only a call would tell, and `by` may not make one.
        """
        subject, payer = Subject(offer), Payer(by, offer.name, OPERATION)
        pay = partial(self._questions.ask, subject, payer=payer, within=self._timeout)
        outcome = await self._outcome(subject, pay=pay)
        self._pin(offer, outcome)
        return outcome

    def later(self, offer: Offer) -> None:
        """Do what `stored` does, in its turn, as far as that is not billed: nobody asked for a call.

        Of several requests about one entry that wait the last one counts.
        """
        self._background.add(offer)

    # Within

    async def _ask(self, subject: Subject, question: Question) -> Answered:
        return await ask(self._upstream, subject, question=question, within=self._timeout)

    async def _verify_unbilled(self, about: Offer) -> None:
        self._pin(about, await self._outcome(Subject(about), pay=None))

    async def _outcome(self, subject: Subject, *, pay: Pay | None) -> ProbeOutcome:
        """What is found out. Without `pay` nothing that is billed is asked."""
        about, route = subject.offer, subject.offer.route
        if isinstance(route, Unroutable):
            return ProbeOutcome(ok=False, message=route.message, failure=_unroutable(route.message))
        begun = self._desk.clock.now()
        question = unbilled_question(route)
        if question is not None:
            answered = await self._ask(subject, question)
            if not is_no_page(answered, route):
                value = read(answered)
                listed = value if isinstance(value, Failure) else _missing_from(value, route)
                return self._judged(listed, answered, begun=begun)
        if route.url is None:
            # What is no place is built in, and free.
            pay = partial(self._free, subject)
        call = smallest_call(about, route) if pay is not None else None
        if pay is None or call is None:
            return _inconclusive(
                f"provider {route.provider.id!r} has nothing to verify a model of kind {about.kind} with"
            )
        told = await pay(call)
        value = read(told.answered)
        if not isinstance(value, Failure) and isinstance(told.answer, Failure):
            value = told.answer
        return self._judged(value if isinstance(value, Failure) else None, told.answered, begun=begun)

    async def _free(self, subject: Subject, call: SmallCall) -> Told:
        answered = await self._ask(subject, call.question)
        answer = answered.result
        if not isinstance(answer, Failure):
            answer = call.answer(answer, subject.offer, extra=costs_unknown)
        return Told(answered, answer)

    def _judged(self, failure: Failure | None, answered: Answered, *, begun: float) -> ProbeOutcome:
        took = self._desk.clock.now() - begun
        if failure is None:
            return ProbeOutcome(ok=True, message="the provider answered", latency=took)
        told = _told(failure, answered)
        conclusive = failure.kind not in _SAY_NOTHING
        return ProbeOutcome(ok=False, message=told.message, latency=took, failure=told, conclusive=conclusive)

    def _unsaved(self, target: ProbeTarget) -> Subject:
        """A target as an entry that is in no catalogue."""
        desk = self._desk
        document = Document(
            name=target.model,
            kind=target.kind,
            provider=target.provider,
            upstream_model=target.model,
            api_base=target.base_url or None,
            api_version=target.api_version or None,
        )
        entry = ModelEntry(
            uid=desk.new_uid(),
            number=0,
            scope=target.scope or PLATFORM,
            document=document,
            revision=0,
            created_at=0.0,
            created_by="",
            updated_at=0.0,
            updated_by="",
            private_egress=target.private,
        )
        stored = target.secret is None and target.scope is not None
        return Subject(offer(entry, desk.providers), stored=stored, secret=target.secret)

    def _pin(self, about: Offer, outcome: ProbeOutcome) -> None:
        """Note what was found out, unless that is nothing, or the entry has changed or gone meanwhile."""
        desk = self._desk
        if desk.snapshot.by_uid(about.uid) is not about or not outcome.conclusive:
            return
        state = VerificationState.OK if outcome.ok else VerificationState.FAILED
        message = "" if outcome.ok else outcome.message
        desk.board.pin(Verification(uid=about.uid, state=state, message=message, at=desk.clock.wall()))


class _Entered:
    """The credentials of what is called with a key that was entered for it, or with none: no stored one applies."""

    version: int = 0

    def applicable(self, _offer: Offer) -> StoredCredential | Failure | None:
        return None


def _missing_from(value: Json, route: Route) -> Failure | None:
    """A failure if the answer lists every model of the provider, and this one is not among them."""
    if not route.provider.lists_all_models or route.provider.probe_path:
        return None
    names = model_names(value)
    if names is None or route.model in names:
        return None
    message = f"the provider does not list the model {route.model!r}"
    return Failure(kind=FailureKind.REJECTED, message=message)


def _told(failure: Failure, answered: Answered) -> Failure:
    return msgspec.structs.replace(failure, message=sentence(failure, answered), body=b"")


def _inconclusive(message: str) -> ProbeOutcome:
    return ProbeOutcome(ok=False, message=message, failure=_unroutable(message), conclusive=False)


def _unroutable(message: str) -> Failure:
    return Failure(kind=FailureKind.UNROUTABLE, message=message)
