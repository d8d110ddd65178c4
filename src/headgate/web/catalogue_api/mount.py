"""The two places of the catalogue API, and what differs between them."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.kinds import CATALOGUE_TYPES, SEED_TYPES, TYPES, Kind
from headgate.catalogue.offer import Offer
from headgate.gateway.endpoint import SECOND_MOUNT


class Mount(msgspec.Struct, frozen=True):
    """One place. `types` are the types that exist there; `superset` adds what OpenAI's and Anthropic's clients read."""

    prefix: str
    types: tuple[str, ...]
    superset: bool

    @property
    def kinds(self) -> frozenset[Kind]:
        """What there is here; entries of any other kind are as if they did not exist."""
        return frozenset(kind for kind, word in CATALOGUE_TYPES.items() if word in self.types)

    def shows(self, offer: Offer) -> bool:
        return CATALOGUE_TYPES[offer.kind] in self.types


FIRST: Final = Mount("/v1", TYPES, superset=True)
SECOND: Final = Mount(f"{SECOND_MOUNT}/v1", SEED_TYPES, superset=False)
"""For clients of the published API that change only the host: exactly its types and fields."""

MOUNTS: Final = (FIRST, SECOND)
