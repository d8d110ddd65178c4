"""Two organizations, and an entry of the platform that either may have a price of its own for."""

from __future__ import annotations

from headgate.access.identity import Organization
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.prices import SqlPriceOverrides
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import PriceList, Rates
from headgate.catalogue.scope import PLATFORM
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.price_overrides import PriceOverrides
from tests.gateway.writing import ROOT, StillClock, database_of, write

FIRST = Organization(id="acme-id", slug="acme", name="acme", created_at=1.0)
SECOND = Organization(id="other-id", slug="other", name="other", created_at=1.0)
DAY = 86_400.0


def of(amount: int) -> PriceList:
    return PriceList(rates=Rates(input=amount, output=amount))


def overrides_of(desk: Desk) -> PriceOverrides:
    """The use cases, over a database that knows both organizations."""
    directory = SqlDirectory(database_of(desk))
    for each in (FIRST, SECOND):
        directory.put_organization(each)
    return PriceOverrides(desk, SqlPriceOverrides(database_of(desk)))


def create_wide(administer: Administer) -> Offer:
    """An entry of the platform that costs 9 million a token."""
    pricing = {"input_per_1m_tokens": 9, "output_per_1m_tokens": 9}
    return administer.create(ROOT, write("wide", pricing=pricing), scope=PLATFORM).offer


def clock(desk: Desk) -> StillClock:
    assert isinstance(desk.clock, StillClock)
    return desk.clock


def charged(desk: Desk, offer: Offer, organization: Organization = FIRST) -> int | None:
    """Picodollars a token of input, in force now."""
    price = desk.prices.price(offer, organization=organization.id, wall=desk.clock.wall())
    return price.base.input if price is not None else None
