"""Prices of single organizations: who may write them, which counts when, and with what they end."""

from __future__ import annotations

import msgspec
import pytest

from headgate.access.identity import Organization
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.prices import SqlPriceOverrides
from headgate.catalogue.offer import Offer
from headgate.catalogue.price_form import LISTS_LIMIT
from headgate.catalogue.scope import PLATFORM, Scope
from headgate.core.errors import Conflict, Forbidden, InvalidBody, InvalidQuery, ModelNotFound, NotFound
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.administer_ending import Endings
from headgate.gateway.price_overrides import PriceOverrides, Wanted, schedule_of
from tests.gateway.own_prices import DAY, FIRST, SECOND, charged, clock, create_wide, of, overrides_of
from tests.gateway.writing import ACME, CALLER, MANAGER, OTHER, ROOT, STRANGER, change, database_of, write

OF_PROJECT = msgspec.structs.replace(MANAGER, project="p", project_bound=True)


@pytest.fixture
def overrides(desk: Desk) -> PriceOverrides:
    return overrides_of(desk)


@pytest.fixture(autouse=True)
def wide(administer: Administer) -> Offer:
    return create_wide(administer)


def test_an_organization_pays_its_own_price_at_once_and_others_the_entrys(
    desk: Desk, overrides: PriceOverrides, wide: Offer
) -> None:
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=None)

    assert (charged(desk, wide, FIRST), charged(desk, wide, SECOND)) == (3, 9_000_000)


def test_it_counts_from_its_instant_on(desk: Desk, overrides: PriceOverrides, wide: Offer) -> None:
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=clock(desk).time + DAY)
    before = charged(desk, wide)

    clock(desk).time += DAY

    assert (before, charged(desk, wide)) == (9_000_000, 3)


def test_lists_are_added_and_each_counts_until_the_next(desk: Desk, overrides: PriceOverrides, wide: Offer) -> None:
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=None)
    made = overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(4), effective_at=clock(desk).time + DAY)

    assert [each.prices for each in made.override.prices] == [of(3), of(4)]
    assert charged(desk, wide) == 3
    clock(desk).time += DAY
    assert charged(desk, wide) == 4


def test_a_planned_list_is_replaced_by_one_for_the_same_instant(desk: Desk, overrides: PriceOverrides) -> None:
    at = clock(desk).time + DAY
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=at)

    made = overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(4), effective_at=at)

    assert [each.prices for each in made.override.prices] == [of(4)]


def test_nothing_is_priced_backwards(desk: Desk, overrides: PriceOverrides, wide: Offer) -> None:
    with pytest.raises(InvalidBody, match="effective_at"):
        overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=clock(desk).time - DAY)

    assert charged(desk, wide) == 9_000_000


def test_a_planned_list_is_taken_back(desk: Desk, overrides: PriceOverrides, wide: Offer) -> None:
    at = clock(desk).time + DAY
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=None)
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(4), effective_at=at)

    overrides.withdraw(ROOT, Wanted(FIRST, "wide"), effective_at=at)

    clock(desk).time += DAY
    assert charged(desk, wide) == 3


def test_with_its_only_list_the_override_ends(desk: Desk, overrides: PriceOverrides) -> None:
    at = clock(desk).time + DAY
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(4), effective_at=at)

    overrides.withdraw(ROOT, Wanted(FIRST, "wide"), effective_at=at)

    assert overrides.list(ROOT, organization=None, model=None, scope=None) == []
    assert desk.prices.overrides == {}


def test_a_list_that_counts_already_is_not_taken_back(desk: Desk, overrides: PriceOverrides, wide: Offer) -> None:
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=None)
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(4), effective_at=clock(desk).time + DAY)

    with pytest.raises(Conflict, match="counts already"):
        overrides.withdraw(ROOT, Wanted(FIRST, "wide"), effective_at=clock(desk).time)

    assert charged(desk, wide) == 3


def test_when_it_ends_the_entrys_own_price_counts(desk: Desk, overrides: PriceOverrides, wide: Offer) -> None:
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=None)

    overrides.withdraw(ROOT, Wanted(FIRST, "wide"), effective_at=None)

    assert charged(desk, wide) == 9_000_000
    with pytest.raises(NotFound):
        overrides.withdraw(ROOT, Wanted(FIRST, "wide"), effective_at=None)


def test_the_same_counts_after_a_start(desk: Desk, overrides: PriceOverrides) -> None:
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=None)
    overrides.put(ROOT, Wanted(SECOND, "wide"), prices=of(4), effective_at=clock(desk).time + DAY)

    stored = SqlPriceOverrides(database_of(desk)).overrides()

    assert {(each.organization, each.uid): schedule_of(each) for each in stored} == desk.prices.overrides


def test_there_is_a_bound_on_what_is_planned(desk: Desk, overrides: PriceOverrides) -> None:
    for number in range(1, LISTS_LIMIT):
        overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(number), effective_at=clock(desk).time + number * DAY)

    with pytest.raises(Conflict):
        overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(1), effective_at=clock(desk).time + 1000 * DAY)


def test_lists_that_do_not_count_any_more_give_way(desk: Desk, overrides: PriceOverrides, wide: Offer) -> None:
    for number in range(LISTS_LIMIT + 5):
        clock(desk).time += DAY
        overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(number), effective_at=None)

    [held] = SqlPriceOverrides(database_of(desk)).overrides()
    assert len(held.prices) == LISTS_LIMIT
    assert charged(desk, wide) == LISTS_LIMIT + 4


def test_an_organization_prices_its_own_entries(desk: Desk, overrides: PriceOverrides, administer: Administer) -> None:
    own = administer.create(MANAGER, write("own"), scope=ACME).offer

    overrides.put(MANAGER, Wanted(FIRST, "own"), prices=of(3), effective_at=None)

    assert charged(desk, own) == 3


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        pytest.param(MANAGER, Wanted(FIRST, "wide"), id="an entry of the platform by the organization's manager"),
        pytest.param(CALLER, Wanted(FIRST, "own"), id="the organization's entry by one who may only call"),
        pytest.param(MANAGER, Wanted(SECOND, "own"), id="another organization's price"),
        pytest.param(
            msgspec.structs.replace(MANAGER, project="p", project_bound=True),
            Wanted(FIRST, "own"),
            id="a project's key",
        ),
    ],
)
def test_who_may_not_write_the_price_changes_nothing(
    desk: Desk, overrides: PriceOverrides, administer: Administer, by: Principal, wanted: Wanted
) -> None:
    administer.create(MANAGER, write("own"), scope=ACME)

    with pytest.raises(Forbidden):
        overrides.put(by, wanted, prices=of(3), effective_at=None)
    with pytest.raises(Forbidden):
        overrides.withdraw(by, wanted, effective_at=None)

    assert desk.prices.overrides == {}


@pytest.mark.parametrize("scope", [None, ACME])
def test_an_entry_of_another_organization_is_as_one_that_does_not_exist(
    overrides: PriceOverrides, administer: Administer, scope: Scope | None
) -> None:
    own = administer.create(MANAGER, write("own"), scope=ACME).offer

    for name in ("own", own.uid, "none"):
        with pytest.raises(ModelNotFound):
            overrides.put(STRANGER, Wanted(SECOND, name, scope), prices=of(3), effective_at=None)


def test_a_platform_administrator_names_any_entry_by_uid_or_by_name_and_scope(
    desk: Desk, overrides: PriceOverrides, administer: Administer
) -> None:
    theirs = administer.create(STRANGER, write("theirs"), scope=OTHER).offer

    overrides.put(ROOT, Wanted(SECOND, theirs.uid), prices=of(3), effective_at=None)
    first = charged(desk, theirs, SECOND)
    overrides.put(ROOT, Wanted(SECOND, "theirs", OTHER), prices=of(4), effective_at=None)

    assert (first, charged(desk, theirs, SECOND)) == (3, 4)
    with pytest.raises(ModelNotFound):
        overrides.put(ROOT, Wanted(SECOND, theirs.uid, PLATFORM), prices=of(3), effective_at=None)


def test_an_organization_has_no_price_of_what_only_another_can_call(
    overrides: PriceOverrides, administer: Administer
) -> None:
    theirs = administer.create(STRANGER, write("theirs"), scope=OTHER).offer

    with pytest.raises(InvalidQuery, match="organization"):
        overrides.put(ROOT, Wanted(FIRST, theirs.uid), prices=of(3), effective_at=None)


def test_they_are_listed_newest_first_for_whom_they_concern(
    desk: Desk, overrides: PriceOverrides, administer: Administer
) -> None:
    administer.create(MANAGER, write("own"), scope=ACME)
    for number, (by, wanted) in enumerate(
        [(ROOT, Wanted(FIRST, "wide")), (ROOT, Wanted(SECOND, "wide")), (MANAGER, Wanted(FIRST, "own"))]
    ):
        clock(desk).time += 1
        overrides.put(by, wanted, prices=of(number), effective_at=None)

    def listed(by: Principal, organization: Organization | None, model: str | None = None) -> list[tuple[str, str]]:
        found = overrides.list(by, organization=organization, model=model, scope=None)
        return [(each.override.organization, each.offer.name) for each in found]

    assert listed(ROOT, None) == [("acme-id", "own"), ("other-id", "wide"), ("acme-id", "wide")]
    assert listed(MANAGER, FIRST) == [("acme-id", "own"), ("acme-id", "wide")]
    assert listed(STRANGER, SECOND, "wide") == [("other-id", "wide")]
    with pytest.raises(ModelNotFound):
        listed(STRANGER, SECOND, "own")


def test_what_an_organization_cannot_see_it_is_not_told_the_price_of(
    overrides: PriceOverrides, administer: Administer
) -> None:
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=None)

    administer.update(ROOT, "wide", change=change(org_slugs=["other"]))

    assert overrides.list(MANAGER, organization=FIRST, model=None, scope=None) == []


def test_an_override_ends_with_its_entry_and_does_not_come_back_with_it(
    desk: Desk, overrides: PriceOverrides, administer: Administer, wide: Offer
) -> None:
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=None)

    administer.delete(ROOT, "wide")
    administer.rollback(ROOT, PLATFORM, number=1)

    restored = desk.snapshot.by_uid(wide.uid)
    assert restored is not None
    assert charged(desk, restored) == 9_000_000
    assert overrides.list(ROOT, organization=None, model=None, scope=None) == []


def test_an_override_stays_when_its_entry_changes(
    desk: Desk, overrides: PriceOverrides, administer: Administer
) -> None:
    overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=None)

    changed = administer.update(ROOT, "wide", change=change(title="W")).offer

    assert charged(desk, changed) == 3
    assert len(overrides.list(ROOT, organization=None, model=None, scope=None)) == 1


def test_an_override_ends_with_its_organization_and_none_begins_after_it(
    desk: Desk, overrides: PriceOverrides, wide: Offer
) -> None:
    for each in (FIRST, SECOND):
        overrides.put(ROOT, Wanted(each, "wide"), prices=of(3), effective_at=None)

    SqlDirectory(database_of(desk)).drop_organization(SECOND)
    Endings(desk).close(OTHER)

    assert (charged(desk, wide, FIRST), charged(desk, wide, SECOND)) == (3, 9_000_000)
    with pytest.raises(Forbidden):
        overrides.put(ROOT, Wanted(SECOND, "wide"), prices=of(3), effective_at=None)
    assert SqlPriceOverrides(database_of(desk)).overrides("other-id") == []


def test_what_the_store_refuses_does_not_count(desk: Desk, wide: Offer) -> None:
    overrides = PriceOverrides(desk, SqlPriceOverrides(database_of(desk)))

    with pytest.raises(Conflict):
        overrides.put(ROOT, Wanted(FIRST, "wide"), prices=of(3), effective_at=None)

    assert charged(desk, wide) == 9_000_000
