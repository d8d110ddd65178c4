"""What an entry costs whom: the organization's own price where there is one, else the entry's.

Either counts only if whoever pays has set it, or the data set has: an entry that is called with the key of a wider
scope has no price but one of those.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price, Schedule, Timed, timed_at
from headgate.catalogue.scope import ScopeKind
from headgate.catalogue.standing import OWN, PLATFORM, counting
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import PriceMissing
from headgate.gateway.ports import Credentials

_REMEMBERED: Final = 16_384
_PRICED: Final = frozenset({ScopeKind.PLATFORM, ScopeKind.ORGANIZATION})
"""Whose entries need a price in any case: those of projects and users may be paid with a key of their own."""


class Prices:
    """The price lists in force. `overrides` are by organization and uid.

    They are read on the event loop and changed in place on the writer thread, one key at a time and right after the
    store: an override that ends with its entry could outlive it otherwise, and count again when that is restored.
    """

    def __init__(self, credentials: Credentials, overrides: dict[tuple[str, str], Schedule] | None = None) -> None:
        self.overrides: dict[tuple[str, str], Schedule] = {} if overrides is None else overrides
        self._credentials = credentials
        self._known: dict[str, tuple[Offer, int, frozenset[str]]] = {}

    def price(self, offer: Offer, *, organization: str, wall: float) -> Price | None:
        """What counts for a request that was admitted at `wall`. An override that counts only from later on leaves
        the entry's own price until then."""
        if self.overrides:
            own = self.overrides.get((organization, offer.uid))
            if own is not None and own[0].effective_at <= wall:
                return self._overriding(offer, timed_at(own, wall))
        schedule = offer.schedule
        timed = schedule[0] if len(schedule) == 1 else timed_at(schedule, wall)
        # Of the platform's own entries, and so of most, all prices stand like this.
        if timed.standing == PLATFORM or timed.standing in self._counting(offer):
            return timed.price
        return None

    def refusal(self, offer: Offer, *, unpriced_refused: bool) -> PriceMissing | None:
        """What refuses calls of an entry that has no price; None: they are served, and nobody knows what they cost."""
        lender = self.lender(offer)
        if lender:
            return PriceMissing(
                f"model {offer.name!r} has no price that counts: its calls are paid with a key of the {lender}, so "
                f"that an administrator of the {lender} sets what they cost"
            )
        if unpriced_refused or offer.scope.kind in _PRICED:
            return PriceMissing(f"model {offer.name!r} has no price: set one, or say that it is free")
        return None

    def lender(self, offer: Offer) -> str:
        """Whose key pays for calls of an entry: `organization`, `platform`, or "" for its own people's, or nobody's."""
        found = self._lent(offer)
        return found.credential.scope.kind.value if found is not None else ""

    def forget(self, ended: Callable[[str, str], bool]) -> None:
        """End the overrides of which `ended` says so, by organization and uid."""
        for key in [key for key in self.overrides if ended(*key)]:
            del self.overrides[key]

    def _overriding(self, offer: Offer, timed: Timed) -> Price | None:
        """The price of an override. Set for another model than is called now, it is worth no more than one that the
        entry's own people set."""
        route, named = offer.route, timed.set_for
        if named is None or isinstance(route, Unroutable) or named != (route.provider.id, route.model):
            return timed.price if OWN in self._counting(offer) else None
        return timed.price if timed.standing in self._counting(offer) else None

    def _counting(self, offer: Offer) -> frozenset[str]:
        """The standings that count, remembered for as long as the entry and the credentials stay as they are."""
        known = self._known.get(offer.uid)
        # Read before the look-up: a change in between is then noticed the next time.
        version = self._credentials.version
        if known is not None and known[0] is offer and known[1] == version:
            return known[2]
        lent, route = self._lent(offer), offer.route
        if lent is None or isinstance(route, Unroutable):
            found = counting(None, of_its_provider=True)
        else:
            about = lent.credential
            found = counting(about.scope.kind, of_its_provider=about.provider == route.provider.id)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[offer.uid] = (offer, version, found)
        return found

    def _lent(self, offer: Offer) -> StoredCredential | None:
        """The credential of a wider scope that calls are paid with; None if there is none, or none is needed."""
        found = self._credentials.applicable(offer)
        if not isinstance(found, StoredCredential) or found.credential.scope == offer.scope:
            return None
        return found
