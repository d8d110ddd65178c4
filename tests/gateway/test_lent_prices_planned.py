"""Prices that are planned, and those of single organizations, where calls are paid with somebody else's key."""

from __future__ import annotations

import pytest

from headgate.catalogue.scope import PLATFORM, Scope
from headgate.core.errors import Forbidden
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.price_lists import PriceLists
from headgate.gateway.price_overrides import PriceOverrides, Wanted
from tests.gateway.lending import ADMIN, DEVELOPER, OPERATOR, WEB, in_force, lend, made, price
from tests.gateway.own_prices import DAY, FIRST, clock, of, overrides_of
from tests.gateway.writing import ACME, MANAGER, ROOT, change


@pytest.fixture
def overrides(desk: Desk) -> PriceOverrides:
    return overrides_of(desk)


# Prices that are planned


@pytest.mark.parametrize("planner", [ADMIN, OPERATOR])
def test_what_somebody_above_has_planned_stays(desk: Desk, administer: Administer, planner: Principal) -> None:
    lists, offer, at = PriceLists(desk, administer), made(administer, DEVELOPER, WEB), clock(desk).time + DAY
    lists.add(planner, "m", prices=of(7), effective_at=at, scope=WEB)

    with pytest.raises(Forbidden, match="planned a price"):
        lists.add(DEVELOPER, "m", prices=of(1), effective_at=at, scope=WEB)
    with pytest.raises(Forbidden, match="planned a price"):
        lists.withdraw(DEVELOPER, "m", effective_at=at, scope=WEB)
    with pytest.raises(Forbidden, match="planned a price"):
        administer.rollback(DEVELOPER, WEB, number=1)

    clock(desk).time += DAY
    assert in_force(desk, offer) == 7


def test_who_has_planned_a_price_takes_it_back(desk: Desk, administer: Administer) -> None:
    lists, offer, at = PriceLists(desk, administer), made(administer, DEVELOPER, WEB), clock(desk).time + DAY
    lists.add(ADMIN, "m", prices=of(7), effective_at=at, scope=WEB)

    lists.withdraw(OPERATOR, "m", effective_at=at, scope=WEB)

    clock(desk).time += DAY
    assert in_force(desk, offer) == 0


def test_what_is_planned_outlives_another_short_form(desk: Desk, administer: Administer) -> None:
    lend(desk, ACME)
    lists, offer, at = PriceLists(desk, administer), made(administer, ADMIN, WEB), clock(desk).time + DAY
    lists.add(ADMIN, "m", prices=of(7), effective_at=at, scope=WEB)

    price(administer, DEVELOPER, offer, 1)
    before = in_force(desk, offer)
    clock(desk).time += DAY

    assert (before, in_force(desk, offer)) == (None, 7)


def test_what_is_planned_is_planned_for_its_model(desk: Desk, administer: Administer) -> None:
    lend(desk, ACME)
    lists, offer, at = PriceLists(desk, administer), made(administer, ADMIN, WEB), clock(desk).time + DAY
    lists.add(ADMIN, "m", prices=of(7), effective_at=at, scope=WEB)

    administer.update(DEVELOPER, "m", change=change(upstream_model="large"), scope=WEB)
    clock(desk).time += DAY

    assert in_force(desk, offer) is None


# Prices of single organizations


@pytest.mark.parametrize(
    ("lender", "by", "counts"),
    [(ACME, DEVELOPER, False), (ACME, ADMIN, True), (PLATFORM, ADMIN, False), (PLATFORM, ROOT, True)],
)
def test_an_override_counts_if_the_lender_has_set_it(
    desk: Desk,
    administer: Administer,
    overrides: PriceOverrides,
    *,
    lender: Scope,
    by: Principal,
    counts: bool,
) -> None:
    lend(desk, lender)
    offer = made(administer, DEVELOPER, WEB)

    overrides.put(by, Wanted(FIRST, offer.uid), prices=of(3), effective_at=None)

    assert in_force(desk, offer) == (3 if counts else None)


def test_an_override_counts_for_the_model_that_it_was_set_for(
    desk: Desk, administer: Administer, overrides: PriceOverrides
) -> None:
    lend(desk, PLATFORM)
    offer = made(administer, MANAGER, ACME, upstream_model="small")
    overrides.put(ROOT, Wanted(FIRST, offer.uid), prices=of(3), effective_at=None)
    found = [in_force(desk, offer)]

    for model in ("large", "small"):
        administer.update(MANAGER, "m", change=change(upstream_model=model), scope=ACME)
        found.append(in_force(desk, offer))

    assert found == [3, None, 3]


def test_an_override_of_an_entry_of_the_platform_counts_whatever_model_is_called(
    desk: Desk, administer: Administer, overrides: PriceOverrides
) -> None:
    lend(desk, PLATFORM)
    offer = made(administer, ROOT, PLATFORM)
    overrides.put(ROOT, Wanted(FIRST, offer.uid), prices=of(3), effective_at=None)

    administer.update(ROOT, "m", change=change(upstream_model="large"), scope=PLATFORM)

    assert in_force(desk, offer) == 3


@pytest.mark.parametrize(("first", "then"), [(ROOT, MANAGER), (ROOT, DEVELOPER), (ADMIN, DEVELOPER)])
def test_an_override_of_somebody_above_is_neither_changed_nor_ended(
    desk: Desk, administer: Administer, overrides: PriceOverrides, first: Principal, then: Principal
) -> None:
    scope = ACME if then is MANAGER else WEB
    offer, at = made(administer, then, scope), clock(desk).time + DAY
    wanted = Wanted(FIRST, offer.uid)
    overrides.put(first, wanted, prices=of(3), effective_at=None)

    with pytest.raises(Forbidden, match="has set this price"):
        overrides.put(then, wanted, prices=of(1), effective_at=at)
    with pytest.raises(Forbidden, match="has set this price"):
        overrides.withdraw(then, wanted, effective_at=None)

    assert in_force(desk, offer) == 3
    overrides.withdraw(first, wanted, effective_at=None)
    overrides.put(then, wanted, prices=of(1), effective_at=None)
