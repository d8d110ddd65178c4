"""What a write makes of an entry's prices: who has set them, and what the data set says of another model."""

from __future__ import annotations

import msgspec

from headgate.access.entries import authority_over
from headgate.catalogue.entry import Document
from headgate.catalogue.price import PriceFrom
from headgate.catalogue.rules import check
from headgate.catalogue.scope import Scope
from headgate.catalogue.standing import bounded, signed, taken_back
from headgate.catalogue.upstream import named_provider
from headgate.core.errors import Forbidden, InvalidBody
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk
from headgate.gateway.bundled import priced, repriced


class PriceWriting(msgspec.Struct, frozen=True, kw_only=True):
    """A write of a scope's entries by a principal at a Unix time, as far as it is about their prices."""

    desk: Desk
    by: Principal
    scope: Scope
    at: float

    @property
    def authority(self) -> str:
        return authority_over(self.by, self.scope)

    def written(self, before: Document | None, after: Document) -> Document:
        """The prices of a valid document that is stored. Forbidden, InvalidBody."""
        desk, by = self.desk, self.authority
        if before is None:
            made = priced(after, providers=desk.providers, known=desk.bundled, wall=self.at)
        else:
            self._demand_kept(before, after)
            made = after
            if not self._is_same_model(before, after):
                made = repriced(after, providers=desk.providers, known=desk.bundled, wall=self.at)
        made = signed(before, made, by=by, wall=self.at)
        made = self._bounded(before, made)
        if made.prices != after.prices and (faults := check(made)):
            raise InvalidBody(faults[0]["message"], details=faults)
        return made

    def restored(self, before: Document | None, then: Document) -> Document:
        """The prices of a document that comes back. Forbidden."""
        if before is not None:
            self._demand_kept(before, then)
        return self._bounded(before, then)

    def _bounded(self, before: Document | None, after: Document) -> Document:
        stood = before if before is not None and self._is_same_model(before, after) else None
        return bounded(stood, after, by=self.authority)

    def _demand_kept(self, before: Document, after: Document) -> None:
        lost: PriceFrom | None = taken_back(before, after, by=self.authority, wall=self.at)
        if lost is not None:
            raise Forbidden(
                f"an administrator of the {lost.set_by} has planned a price of {before.name!r}, and takes it back or "
                "replaces it"
            )

    def _is_same_model(self, one: Document, other: Document) -> bool:
        return self._model(one) == self._model(other)

    def _model(self, document: Document) -> tuple[str, str]:
        provider, model, word = named_provider(document, self.desk.providers)
        return (provider.id if provider is not None else word), model
