"""What is stored as it was written and will not work as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Rates
from headgate.catalogue.scope import wider
from headgate.catalogue.snapshot import Snapshot
from headgate.catalogue.upstream import Unroutable

_WITH_ANSWERS: Final = frozenset({Kind.CHAT, Kind.COMPLETION})


def warnings(snapshot: Snapshot, offer: Offer, *, organization_slug: str) -> Iterator[str]:
    """Sentences about an entry of a snapshot; `organization_slug` is that of its scope, "" for the platform."""
    if isinstance(offer.route, Unroutable):
        yield f"calls of {offer.name!r} go nowhere: {offer.route.message} ({offer.route.field!r})"
    if offer.failover is not None:
        yield from _failover(snapshot, offer, organization_slug)
    yield from _given_away(offer)


def _failover(snapshot: Snapshot, offer: Offer, slug: str) -> Iterator[str]:
    target = _heir(snapshot, offer, slug)
    if target is None:
        yield f"'failover' names nothing callable: {offer.failover!r} does not exist in this scope or a wider one"
    elif target.uid == offer.uid:
        yield "'failover' names the entry itself"
    elif not target.enabled:
        yield f"'failover' names nothing callable: {offer.failover!r} is disabled"
    elif isinstance(target.route, Unroutable):
        yield f"'failover' names nothing callable: calls of {offer.failover!r} go nowhere"
    elif target.kind is not offer.kind:
        yield f"'failover' names an entry of another type: {offer.failover!r} serves {target.kind.value}"
    elif _returns(snapshot, target, slug):
        yield f"'failover' runs in a circle through {offer.failover!r}"


def _given_away(offer: Offer) -> Iterator[str]:
    """Tokens of one direction that nobody said are free, and that a price of the other makes so."""
    if offer.kind not in _WITH_ANSWERS:
        return
    for timed in offer.schedule:
        rates = timed.price.source.rates if timed.price is not None else Rates()
        if (rates.input is None) != (rates.output is None):
            word = "input" if rates.input is None else "output"
            yield f"a price of {offer.name!r} says nothing of {word} tokens, so they cost nothing"
            return


def _returns(snapshot: Snapshot, first: Offer, slug: str) -> bool:
    met = set[str]()
    each: Offer | None = first
    while each is not None and each.uid not in met:
        met.add(each.uid)
        each = _heir(snapshot, each, slug)
    return each is not None


def _heir(snapshot: Snapshot, offer: Offer, slug: str) -> Offer | None:
    """The entry that `failover` names, in the entry's own scope or a wider one that reaches its organization."""
    if offer.failover is None:
        return None
    for scope in wider(offer.scope):
        found = snapshot.at(scope, offer.failover)
        if found is not None and (scope == offer.scope or not found.org_slugs or slug in found.org_slugs):
            return found
    return None
