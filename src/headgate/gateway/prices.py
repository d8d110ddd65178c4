"""What an entry costs whom: the organization's own price where there is one, else the entry's."""

from __future__ import annotations

from collections.abc import Callable

from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price, Schedule, price_at


class Prices:
    """The price lists in force. `overrides` are by organization and uid.

    They are read on the event loop and changed in place on the writer thread, one key at a time and right after the
    store: an override that ends with its entry could outlive it otherwise, and count again when that is restored.
    """

    def __init__(self, overrides: dict[tuple[str, str], Schedule] | None = None) -> None:
        self.overrides: dict[tuple[str, str], Schedule] = {} if overrides is None else overrides

    def price(self, offer: Offer, *, organization: str, wall: float) -> Price | None:
        """What counts for a request that was admitted at `wall`. An override that counts only from later on leaves
        the entry's own price until then."""
        if self.overrides:
            schedule = self.overrides.get((organization, offer.uid))
            if schedule is not None and schedule[0].effective_at <= wall:
                return price_at(schedule, wall)
        return offer.price_at(wall)

    def forget(self, ended: Callable[[str, str], bool]) -> None:
        """End the overrides of which `ended` says so, by organization and uid."""
        for key in [key for key in self.overrides if ended(*key)]:
            del self.overrides[key]
