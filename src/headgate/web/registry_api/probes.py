"""Whether models work, stored or not, and what providers list. Every address is asked under the egress rules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.entries import may_write
from headgate.access.permissions import COMPLETIONS_USE
from headgate.catalogue.kinds import CATEGORY_WORDS, kind_of_category
from headgate.catalogue.listing import Query
from headgate.catalogue.offer import Offer, document_of
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import ModelNotAllowed, ModelNotFound, Unsuitable, UpstreamFailed
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.administer import Desk
from headgate.gateway.paid_question import UNPAID
from headgate.gateway.verify import ProbeOutcome, ProbeTarget
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.bodies import read_list, read_object
from headgate.web.registry_api import described
from headgate.web.registry_api.changing import canonical
from headgate.web.registry_api.meant import lowest, own_scope, visible
from headgate.web.registry_api.offering import can_list
from headgate.web.registry_api.probe_bodies import Listing, connection, listing, model_ids, provider_names
from headgate.web.registry_api.routing import add_route
from headgate.web.registry_api.view import upstream
from headgate.web.turns import in_turns

Person = Annotated[Principal, Depends(Requires(user=True))]
_CALLER: Final = Requires(COMPLETIONS_USE, user=True)
"""Testing with what is stored may take a call."""
Caller = Annotated[Principal, Depends(_CALLER)]

TESTS_AT_MOST: Final = 100
SECONDS: Final = 120.0
"""How long the tests, or the lists, of one request may take in all."""

_OUT_OF_TIME: Final = ProbeOutcome(ok=False, message=f"not tried: {SECONDS:.0f} seconds have passed")


class Probes(Protocol):
    """Asks upstreams whether entries work, or would, and for their models."""

    async def probe(self, target: ProbeTarget, *, by: Principal) -> ProbeOutcome: ...

    async def stored(self, offer: Offer, *, by: Principal) -> ProbeOutcome: ...

    async def models(self, target: ProbeTarget) -> list[str] | Failure: ...

    async def models_of(self, offer: Offer) -> list[str] | Failure: ...


class Testing:
    """The handlers of tests and of providers' lists."""

    def __init__(self, desk: Desk, probes: Probes) -> None:
        self._desk = desk
        self._probes = probes

    def add_to(self, router: APIRouter) -> None:
        for path, handler, name, said in (
            ("/test-connection", self.connection, "testModelConnection", described.TEST_CONNECTION),
            ("/test", self.test, "testRegisteredModels", described.TEST),
            ("/providers/fetch", self.fetch, "fetchProviderModels", described.FETCH),
            ("/providers/{provider}/models", self.models, "listProviderModels", described.PROVIDER_MODELS),
        ):
            add_route(router, f"POST {path}", handler=handler, name=name, said=said)

    async def connection(self, request: Request, principal: Person) -> Response:
        asked = connection(await read_object(request))
        scope = own_scope(principal)
        if asked.secret is None:
            # A stored credential would be used, which somebody else may have entered.
            _CALLER.check(principal)
        if asked.category not in CATEGORY_WORDS:
            message = f"a model of the category {asked.category!r} cannot be tested"
            return json_response(_tested(asked.model, ProbeOutcome(ok=False, message=message)))
        target = ProbeTarget(
            kind=kind_of_category(asked.category, abilities=asked.abilities),
            provider=canonical(asked.provider, self._desk.providers),
            model=asked.model,
            base_url=asked.base_url,
            secret=asked.secret,
            private=principal.platform_admin,
            scope=scope,
        )
        return json_response(_tested(asked.model, await _outcome(self._probes.probe(target, by=principal))))

    async def test(self, request: Request, principal: Caller) -> Response:
        snapshot = self._desk.snapshot
        names = model_ids(await read_object(request, default={}))
        if names:
            found = (snapshot.find(principal, name) for name in dict.fromkeys(names))
            offers = [offer for offer in found if offer is not None]
        else:
            offers = list(await in_turns(visible(snapshot, principal, query=Query(enabled=True))))
        callable_ = [offer for offer in offers if _is_callable(snapshot, principal, offer)]
        chosen = await in_turns(lowest(callable_, TESTS_AT_MOST))
        clock = asyncio.get_running_loop().time
        until = clock() + SECONDS
        answers = []
        for offer in chosen:
            in_time = clock() < until
            outcome = await _outcome(self._probes.stored(offer, by=principal)) if in_time else _OUT_OF_TIME
            answers.append(_tested(offer.name, outcome))
        return json_response(answers)

    async def models(self, request: Request, principal: Person) -> Response:
        word: str = request.path_params["provider"]
        asked = listing(await read_object(request))
        own_scope(principal)
        found = await self._probes.models(self._target(word, asked, principal))
        if not isinstance(found, Failure):
            return json_response({"provider": word, "models": _rows(found), "count": len(found)})
        if found.kind is FailureKind.UNROUTABLE:
            raise Unsuitable(found.message)
        raise UpstreamFailed([found], provider=word)

    async def fetch(self, request: Request, principal: Person) -> Response:
        asked = {canonical(word, self._desk.providers) for word in provider_names(await read_list(request))}
        offers = await in_turns(visible(self._desk.snapshot, principal, query=Query(enabled=True)))
        # A key that somebody else entered lists nothing for those who were only given the model.
        own = [offer for offer in offers if may_write(principal, offer.scope)]
        by_provider: dict[str, Offer] = {}
        for offer in await in_turns(lowest(own, len(own))):
            by_provider.setdefault(canonical(upstream(document_of(offer))[0], self._desk.providers), offer)
        clock = asyncio.get_running_loop().time
        until = clock() + SECONDS
        results = {
            provider: _listed(await self._probes.models_of(offer)) if clock() < until else _error(_OUT_OF_TIME.message)
            for provider, offer in by_provider.items()
            if not asked or provider in asked
        }
        return json_response({"results": results})

    def _target(self, word: str, asked: Listing, principal: Principal) -> ProbeTarget:
        row = self._desk.providers.find(word)
        if row is None or not can_list(row):
            known = ", ".join(each.id for each in self._desk.providers.rows if can_list(each))
            raise Unsuitable(f"provider {word[:64]!r} lists no models; supported: {known}")
        kind = kind_of_category(asked.category if asked.category in CATEGORY_WORDS else "llm")
        return ProbeTarget(
            kind=kind,
            provider=row.id,
            model="",
            base_url=asked.base_url,
            secret=asked.secret,
            private=principal.platform_admin,
        )


def _is_callable(snapshot: Snapshot, principal: Principal, offer: Offer) -> bool:
    try:
        return snapshot.resolve(principal, offer.uid) is offer
    except (ModelNotFound, ModelNotAllowed):
        return False


async def _outcome(asked: Awaitable[ProbeOutcome]) -> ProbeOutcome:
    """The outcome of a test. The published API answers 200 whatever it is, also where a call was not to be made."""
    try:
        return await asked
    except UNPAID as error:
        return ProbeOutcome(ok=False, message=error.message, conclusive=False)


def _tested(model: str, outcome: ProbeOutcome) -> JsonObject:
    return {
        "model_id": model,
        "status": "passed" if outcome.ok else "failed",
        "response_time": outcome.latency,
        "message": outcome.message if outcome.ok else "the model did not pass",
        "error": None if outcome.ok else outcome.message,
    }


def _rows(names: list[str]) -> list[JsonObject]:
    return [{"id": name} for name in names]


def _listed(found: list[str] | Failure) -> JsonObject:
    if isinstance(found, Failure):
        return _error(found.message)
    return {"models": _rows(found), "count": len(found)}


def _error(message: str) -> JsonObject:
    return {"error": message, "models": []}
