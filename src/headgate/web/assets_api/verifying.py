"""Verification on demand: of parameters that are not stored, and of a stored model."""

from __future__ import annotations

from typing import Protocol

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.providers import Providers
from headgate.catalogue.scope import Scope
from headgate.catalogue.upstream import ASSETS, named_provider
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.verify import ProbeOutcome, ProbeTarget
from headgate.web.assets_api.reading import Unsaved


class Probes(Protocol):
    """Asks upstreams whether entries work, or would."""

    async def probe(self, target: ProbeTarget, *, by: Principal) -> ProbeOutcome:
        """Whether an entry with these parameters would work. Stores nothing; `by` pays for a call, if it takes one."""

    async def stored(self, offer: Offer, *, by: Principal) -> ProbeOutcome:
        """Whether an entry works. What is found out is kept; `by` pays for a call, if it takes one."""

    def later(self, offer: Offer) -> None:
        """Do what `stored` does, while nobody waits for it, as far as nobody has to pay."""


def target_of(unsaved: Unsaved, providers: Providers, *, scope: Scope, private: bool) -> ProbeTarget:
    """What to probe: the same provider and upstream model as a stored model of these parameters would have."""
    document = Document(
        name=unsaved.litellm_model,
        kind=Kind.CHAT,
        provider=unsaved.provider,
        litellm_model=unsaved.litellm_model,
        upstream_by=ASSETS,
    )
    provider, model, word = named_provider(document, providers)
    return ProbeTarget(
        kind=Kind.CHAT,
        provider=provider.id if provider is not None else word,
        model=model,
        base_url=unsaved.api_base,
        api_version=unsaved.api_version,
        secret=unsaved.secret,
        private=private,
        scope=scope,
    )


def told(outcome: ProbeOutcome) -> JsonObject:
    latency = None if outcome.latency is None else round(outcome.latency * 1000, 3)
    return {"verified": outcome.ok, "message": outcome.message, "latency_ms": latency}
