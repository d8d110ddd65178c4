"""What the answer to a write warns of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headgate.catalogue.offer import Offer
from headgate.catalogue.snapshot import Snapshot
from headgate.catalogue.upstream import Unroutable
from headgate.catalogue.warn import warnings
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk
from headgate.gateway.credentials import ENTER_AGAIN


def told(desk: Desk, by: Principal, *, snapshot: Snapshot, offers: Iterable[Offer]) -> tuple[str, ...]:
    """The warnings about offers of a snapshot; each names its entry if there are several."""
    every = list(offers)
    lines: list[str] = []
    for offer in every:
        slug = by.organization_slug if offer.scope.organization else ""
        found = [*warnings(snapshot, offer, organization_slug=slug), *_credential(desk, offer), *_price(desk, offer)]
        lines += found if len(every) == 1 else [f"{offer.name}: {line}" for line in found]
    return tuple(lines)


def _credential(desk: Desk, offer: Offer) -> Iterator[str]:
    own = desk.book.own(offer.uid)
    if own is not None and not own.credential.origins:
        yield f"the secret is bound to no origin, because the entry has none: {ENTER_AGAIN}, together with the URL"
    elif desk.book.detached(offer):
        yield f"the stored secret does not go where the calls go: {ENTER_AGAIN}"
    elif own is None and offer.credential is not None and not isinstance(offer.route, Unroutable):
        named = desk.book.named(offer.scope, offer.credential)
        if named is None:
            yield f"credential {offer.credential!r} does not exist"
        elif not named.credential.may_go_to(offer.route.origin):
            yield f"credential {offer.credential!r} may not be sent to {offer.route.origin}"


def _price(desk: Desk, offer: Offer) -> Iterator[str]:
    lender, organization = desk.prices.lender(offer), offer.scope.organization
    if lender and desk.prices.price(offer, organization=organization, wall=desk.clock.wall()) is None:
        yield (
            f"calls are paid with a key of the {lender}: they are refused until an administrator of the {lender} has "
            "set what they cost"
        )
