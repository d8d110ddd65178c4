"""Prices of single organizations: what an entry costs one of them in place of what it costs everybody.

An override is a row of dated price lists. Lists are only added; one that counts already stays, one that is planned can
be taken back, and the whole override can end. It ends with the entry and with the organization too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from headgate.access.entries import authority, may_write
from headgate.access.identity import Organization
from headgate.catalogue import scope as scopes
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import PriceFrom, PriceList, Schedule, Timed, resolved
from headgate.catalogue.price_form import LISTS_LIMIT
from headgate.catalogue.scope import Scope
from headgate.catalogue.standing import is_wider
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import Conflict, Forbidden, InvalidQuery, NotFound, detail
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk, demand_lasting, target
from headgate.gateway.price_lists import counting_from


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """An organization's own price lists of one entry, oldest first; there is at least one. Times are Unix seconds."""

    organization: str
    uid: str
    prices: tuple[PriceFrom, ...]
    created_at: float
    created_by: str
    updated_at: float


class OverrideStore(Protocol):
    """Keeps the overrides, one of each organization and entry. An override ends with either."""

    def overrides(self, organization: str | None = None) -> Iterable[Override]:
        """All, or an organization's, in the order of their creation."""

    def override(self, organization: str, uid: str) -> Override | None: ...

    def put(self, override: Override) -> None: ...

    def drop(self, override: Override) -> None: ...


class Wanted(msgspec.Struct, frozen=True):
    """Whose price of what is meant: the entry by name or uid, with its scope where that says more."""

    organization: Organization
    model: str
    scope: Scope | None = None


class Shown(msgspec.Struct, frozen=True):
    """An override and the entry that it is about."""

    override: Override
    offer: Offer


def schedule_of(override: Override) -> Schedule:
    """The lists as requests are reckoned with."""
    return tuple(Timed(each.effective_at, resolved(each.prices), each.set_by, each.set_for) for each in override.prices)


class PriceOverrides:
    """The use cases. `list` may run on any thread but the event loop's, the rest on the writer's.

    An organization is given as who asks may know it: none but its own, or any by a platform administrator.
    """

    def __init__(self, desk: Desk, store: OverrideStore) -> None:
        self._desk = desk
        self._store = store

    def list(
        self, by: Principal, *, organization: Organization | None, model: str | None, scope: Scope | None
    ) -> list[Shown]:
        """The newest first: of one organization or of all, of every entry that who asks may see or of one.
        ModelNotFound."""
        snapshot = self._desk.snapshot
        wanted = self._meant(by, model, scope=scope).uid if model is not None else None
        found = []
        for override in self._store.overrides(organization.id if organization is not None else None):
            offer = snapshot.by_uid(override.uid)
            if offer is not None and wanted in (None, offer.uid) and self._sees(by, offer):
                found.append(Shown(override, offer))
        return found[::-1]

    def put(self, by: Principal, wanted: Wanted, *, prices: PriceList, effective_at: float | None) -> Shown:
        """Add a list that counts from an instant on, now unless told; it takes the place of one that was to count from
        the same. ModelNotFound, Forbidden, Conflict, InvalidBody for an instant in the past, InvalidQuery."""
        offer, organization = self._written(by, wanted), wanted.organization.id
        now = self._desk.clock.wall()
        before = self._store.override(organization, offer.uid)
        added = PriceFrom(
            effective_at=counting_from(effective_at, now),
            prices=prices,
            set_by=_demand_theirs(by, before, organization=organization),
            set_for=_called(offer),
        )
        held = tuple(each for each in before.prices if each.effective_at != added.effective_at) if before else ()
        lists = sorted((*held, added), key=lambda each: each.effective_at)
        if sum(each.effective_at > now for each in lists) >= LISTS_LIMIT:
            raise Conflict(f"at most {LISTS_LIMIT - 1} prices can be planned")
        after = Override(
            organization=organization,
            uid=offer.uid,
            # The oldest do not count any more, and the audit trail has them.
            prices=tuple(lists[-LISTS_LIMIT:]),
            created_at=before.created_at if before is not None else now,
            created_by=before.created_by if before is not None else by.id,
            updated_at=now,
        )
        return self._keep(after, offer)

    def withdraw(self, by: Principal, wanted: Wanted, *, effective_at: float | None) -> Shown:
        """Take back the list that was to count from an instant, or without one end the override: the entry's own price
        counts again. Answers with the override as it was. ModelNotFound, Forbidden, NotFound, Conflict for a list that
        counts already."""
        offer = self._written(by, wanted)
        before = self._store.override(wanted.organization.id, offer.uid)
        if before is None:
            raise NotFound("the organization has no price of its own for this entry")
        _ = _demand_theirs(by, before, organization=before.organization)
        now = self._desk.clock.wall()
        left = () if effective_at is None else _without(before, effective_at, now=now)
        if left:
            _ = self._keep(msgspec.structs.replace(before, prices=left, updated_at=now), offer)
        else:
            self._store.drop(before)
            self._desk.prices.overrides.pop((before.organization, before.uid), None)
        return Shown(before, offer)

    def _keep(self, override: Override, offer: Offer) -> Shown:
        self._store.put(override)
        self._desk.prices.overrides[override.organization, override.uid] = schedule_of(override)
        return Shown(override, offer)

    def _written(self, by: Principal, wanted: Wanted) -> Offer:
        """The entry that is meant, if its price for the organization is who asks' to write."""
        self._desk.catch_up()
        organization, offer = wanted.organization, self._meant(by, wanted.model, scope=wanted.scope)
        if not by.platform_admin and not (
            organization.id == by.organization == offer.scope.organization and may_write(by, offer.scope)
        ):
            raise Forbidden("prices of other entries than the organization's own are for platform administrators")
        if offer.scope.organization not in ("", organization.id):
            message = f"'organization' takes the one that the entry is of, not {organization.slug!r}"
            raise InvalidQuery(message, details=[detail("organization", message)])
        demand_lasting(self._desk, scopes.organization(organization.id))
        return offer

    def _meant(self, by: Principal, model: str, *, scope: Scope | None) -> Offer:
        """Platform administrators name any entry by its uid, or by its name and scope."""
        snapshot = self._desk.snapshot
        if by.platform_admin:
            found = snapshot.by_uid(model) or (snapshot.at(scope, model) if scope is not None else None)
            if found is not None and scope in (None, found.scope):
                return found
        return target(snapshot, by, name=model, scope=scope)

    def _sees(self, by: Principal, offer: Offer) -> bool:
        return by.platform_admin or may_write(by, offer.scope) or self._desk.snapshot.is_visible(by, offer)


def _demand_theirs(by: Principal, override: Override | None, *, organization: str) -> str:
    """Who sets a list that `by` writes. Forbidden if somebody above them has set one of those that are there."""
    own = authority(by, organization)
    above = next((each.set_by for each in override.prices if is_wider(each.set_by, own)), "") if override else ""
    if above:
        raise Forbidden(f"an administrator of the {above} has set this price, and changes it or ends it")
    return own


def _called(offer: Offer) -> tuple[str, str] | None:
    return None if isinstance(offer.route, Unroutable) else (offer.route.provider.id, offer.route.model)


def _without(override: Override, effective_at: float, *, now: float) -> tuple[PriceFrom, ...]:
    left = tuple(each for each in override.prices if each.effective_at != effective_at)
    if left == override.prices:
        raise NotFound("no price is planned for that time")
    if effective_at <= now:
        raise Conflict("this price counts already, and calls may have been charged it: write another one")
    return left
