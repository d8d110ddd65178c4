"""What an entry costs whom: the organization's own price where there is one, else the entry's."""

from __future__ import annotations

from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price, Schedule, price_at


class Prices:
    """The price lists in force. Read on the event loop; `overrides` are by organization and uid, changed in place."""

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
