"""How prices in force differ from the data set: told by what they charge, accepted or left alone, never applied."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from headgate.adapters.sql.prices import SqlIgnoredDrift
from headgate.catalogue.offer import document_of
from headgate.catalogue.price import PriceFrom, PriceList, PriceTier, Rates
from headgate.catalogue.pricing import in_force
from headgate.catalogue.scope import PLATFORM
from headgate.core.errors import Conflict, Forbidden, InvalidBody, ModelNotFound, PreconditionFailed
from headgate.core.json import Json
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.price_drift import Drift, PriceDrift
from headgate.gateway.price_lists import PriceLists
from tests.gateway.data_set import DataSet
from tests.gateway.writing import ACME, CALLER, MANAGER, ROOT, STRANGER, database_of, desk_at, write

PLAIN = {"input_per_1m_tokens": 3, "output_per_1m_tokens": 12}


@pytest.fixture
def data_set() -> DataSet:
    return DataSet()


@pytest.fixture
def desk(tmp_path: Path, data_set: DataSet) -> Iterator[Desk]:
    with desk_at(tmp_path, bundled=data_set) as opened:
        yield opened


@pytest.fixture
def drift(desk: Desk, administer: Administer) -> PriceDrift:
    return PriceDrift(desk, SqlIgnoredDrift(database_of(desk)), administer=administer)


def fields(found: Drift) -> dict[str, tuple[Json, Json]]:
    return {each.field: (each.ours, each.theirs) for each in found.fields}


def told(drift: PriceDrift) -> dict[str, tuple[Json, Json]]:
    """The differences of the only entry that differs."""
    [found] = drift.report(ROOT, scope=None)
    return fields(found)


def now(desk: Desk) -> PriceFrom:
    """The price in force of the entry."""
    offer = desk.snapshot.at(PLATFORM, "a")
    found = in_force(document_of(offer), desk.clock.wall()) if offer is not None else None
    assert found is not None
    return found


def create(administer: Administer, pricing: Json = None) -> None:
    administer.create(ROOT, write("a", upstream_model="gpt-4o", pricing=pricing), scope=PLATFORM)


def test_what_charges_something_else_is_told_field_by_field(administer: Administer, drift: PriceDrift) -> None:
    create(administer, PLAIN)

    [found] = drift.report(ROOT, scope=None)

    assert (found.offer.name, found.theirs.version) == ("a", "set 1")
    assert fields(found) == {
        "input_per_1m_tokens": (3, Decimal("2.5")),
        # What is not said of cached input charges what input does.
        "cached_input_per_1m_tokens": (3, Decimal("1.25")),
        "output_per_1m_tokens": (12, 10),
    }


def test_what_is_as_the_data_set_says_is_not_told(administer: Administer, drift: PriceDrift) -> None:
    create(administer)

    assert drift.report(ROOT, scope=None) == []


def test_what_is_said_in_other_words_and_charges_the_same_is_not_told(
    desk: Desk, administer: Administer, drift: PriceDrift
) -> None:
    create(administer)
    rates = Rates(
        input=2_500_000, cached_input=1_250_000, output=10_000_000, reasoning=10_000_000, cache_write=2_500_000
    )
    PriceLists(desk, administer).add(ROOT, "a", prices=PriceList(rates=rates), effective_at=None, scope=None)

    assert drift.report(ROOT, scope=None) == []


def test_tiers_are_told_as_a_whole(administer: Administer, drift: PriceDrift, data_set: DataSet) -> None:
    create(administer)
    tier = PriceTier(service_tier="flex", above=200_000, rates=Rates(input=1_000_000))
    data_set.says = PriceList(rates=data_set.says.rates, tiers=(tier,))

    theirs = [{"service_tier": "flex", "above_tokens": 200_000, "input_per_1m_tokens": 1}]
    assert told(drift) == {"tiers": (None, theirs)}


def test_fees_that_only_one_of_both_knows_are_told(
    administer: Administer, drift: PriceDrift, data_set: DataSet
) -> None:
    create(administer)
    data_set.says = PriceList(rates=Rates(input=2_500_000, cached_input=1_250_000, output=10_000_000, search=10**10))

    assert told(drift) == {"per_search": (None, Decimal("0.01"))}


def test_of_an_unpriced_entry_everything_is_told(administer: Administer, drift: PriceDrift, data_set: DataSet) -> None:
    data_set.says, says = PriceList(rates=Rates(input=10**15)), data_set.says
    create(administer)
    data_set.says = says

    assert {field: ours for field, (ours, _) in told(drift).items()} == {
        "input_per_1m_tokens": None,
        "cached_input_per_1m_tokens": None,
        "output_per_1m_tokens": None,
    }


def test_nothing_is_applied_by_itself(desk: Desk, administer: Administer, drift: PriceDrift, data_set: DataSet) -> None:
    create(administer)
    before = now(desk)
    data_set.says = PriceList(rates=Rates(input=1, output=1))

    drift.report(ROOT, scope=None)

    assert now(desk) == before
    assert desk.snapshot.revision == 1


def test_one_is_told_of_the_entries_that_one_may_write(administer: Administer, drift: PriceDrift) -> None:
    administer.create(ROOT, write("wide", upstream_model="gpt-4o", pricing=PLAIN), scope=PLATFORM)
    administer.create(MANAGER, write("own", upstream_model="gpt-4o", pricing=PLAIN), scope=ACME)

    def names(*, of: object) -> list[str]:
        return [each.offer.name for each in drift.report(of, scope=None)]  # type: ignore[arg-type]

    assert [names(of=by) for by in (ROOT, MANAGER, CALLER, STRANGER)] == [["own", "wide"], ["own"], [], []]
    assert [each.offer.name for each in drift.report(ROOT, scope=PLATFORM)] == ["wide"]
    assert drift.report(STRANGER, scope=ACME) == []


def test_a_difference_of_one_entry_is_asked_for_by_name(administer: Administer, drift: PriceDrift) -> None:
    create(administer, PLAIN)

    assert [each.offer.name for each in drift.report(ROOT, scope=None, model="a")] == ["a"]
    assert drift.report(CALLER, scope=None, model="a") == []
    with pytest.raises(ModelNotFound):
        drift.report(ROOT, scope=None, model="b")


def test_accepting_all_writes_the_bundled_list_as_a_revision(
    desk: Desk, administer: Administer, drift: PriceDrift, data_set: DataSet
) -> None:
    create(administer, PLAIN)

    left = drift.accept(ROOT, "a", fields=(), scope=None)

    price = now(desk)
    assert (price.prices, price.source, price.version) == (data_set.says, "bundled", "set 1")
    assert price.effective_at == desk.clock.wall()
    assert (left.fields, desk.snapshot.revision) == ((), 2)


def test_accepting_some_fields_leaves_what_the_others_charge(
    desk: Desk, administer: Administer, drift: PriceDrift
) -> None:
    create(administer, PLAIN)

    left = drift.accept(ROOT, "a", fields=["input_per_1m_tokens"], scope=None)

    price = now(desk)
    assert price.source == "manual"
    assert price.prices.rates.input == 2_500_000
    assert fields(left) == {
        "cached_input_per_1m_tokens": (3, Decimal("1.25")),
        "output_per_1m_tokens": (12, 10),
    }


def test_tiers_are_accepted_without_the_rest(
    desk: Desk, administer: Administer, drift: PriceDrift, data_set: DataSet
) -> None:
    create(administer, PLAIN)
    tiers = (PriceTier(service_tier="flex", rates=Rates(input=1_000_000)),)
    data_set.says = PriceList(rates=data_set.says.rates, tiers=tiers)

    drift.accept(ROOT, "a", fields=["tiers"], scope=None)

    price = now(desk)
    assert price.prices == PriceList(rates=Rates(input=3_000_000, output=12_000_000), tiers=tiers)


def test_what_is_left_alone_is_told_again_when_the_data_set_says_something_else(
    administer: Administer, drift: PriceDrift, data_set: DataSet
) -> None:
    create(administer, PLAIN)

    left = drift.ignore(ROOT, "a", fields=["output_per_1m_tokens"], scope=None)
    data_set.version = "set 2"
    same = told(drift)
    data_set.says = PriceList(rates=Rates(input=2_500_000, cached_input=1_250_000, output=11_000_000))

    assert set(fields(left)) == set(same) == {"input_per_1m_tokens", "cached_input_per_1m_tokens"}
    assert told(drift)["output_per_1m_tokens"] == (12, 11)


def test_an_entry_of_which_everything_is_left_alone_is_not_told(administer: Administer, drift: PriceDrift) -> None:
    create(administer, PLAIN)

    left = drift.ignore(ROOT, "a", fields=(), scope=None)

    assert left.fields == ()
    assert drift.report(ROOT, scope=None) == []


def test_what_was_left_alone_can_still_be_accepted(desk: Desk, administer: Administer, drift: PriceDrift) -> None:
    create(administer, PLAIN)
    drift.ignore(ROOT, "a", fields=["output_per_1m_tokens"], scope=None)

    drift.accept(ROOT, "a", fields=["output_per_1m_tokens"], scope=None)

    price = now(desk)
    assert price.prices.rates.output == 10_000_000


def test_planned_prices_stay_when_a_difference_is_accepted(
    desk: Desk, administer: Administer, drift: PriceDrift
) -> None:
    create(administer, PLAIN)
    later, planned = desk.clock.wall() + 86_400, PriceList(rates=Rates(input=1, output=1))
    PriceLists(desk, administer).add(ROOT, "a", prices=planned, effective_at=later, scope=None)

    drift.accept(ROOT, "a", fields=(), scope=None)

    offer = desk.snapshot.at(PLATFORM, "a")
    assert offer is not None
    assert document_of(offer).prices[-1] == PriceFrom(effective_at=later, prices=planned)


def test_what_does_not_differ_is_neither_accepted_nor_left_alone(administer: Administer, drift: PriceDrift) -> None:
    create(administer)

    for act in (drift.accept, drift.ignore):
        with pytest.raises(Conflict, match="per_search"):
            act(ROOT, "a", fields=["per_search"], scope=None)
        with pytest.raises(Conflict):
            act(ROOT, "a", fields=(), scope=None)


def test_a_field_that_prices_do_not_have_is_refused_with_its_path(administer: Administer, drift: PriceDrift) -> None:
    create(administer, PLAIN)

    with pytest.raises(InvalidBody, match=r"fields\[1\].*'per_mile'"):
        drift.accept(ROOT, "a", fields=["output_per_1m_tokens", "per_mile"], scope=None)


def test_an_unpriced_entry_takes_over_all_or_nothing(
    administer: Administer, drift: PriceDrift, data_set: DataSet
) -> None:
    data_set.says, says = PriceList(rates=Rates(input=10**15)), data_set.says
    create(administer)
    data_set.says = says

    with pytest.raises(InvalidBody, match="without a price"):
        drift.accept(ROOT, "a", fields=["input_per_1m_tokens"], scope=None)


def test_who_may_not_write_the_entry_changes_nothing_about_it(
    desk: Desk, administer: Administer, drift: PriceDrift
) -> None:
    create(administer, PLAIN)

    for act in (drift.accept, drift.ignore):
        with pytest.raises(Forbidden):
            act(MANAGER, "a", fields=(), scope=None)
        with pytest.raises(ModelNotFound):
            act(STRANGER, "a", fields=(), scope=ACME)
    assert desk.snapshot.revision == 1


def test_another_version_of_the_entry_than_was_read_is_not_changed(administer: Administer, drift: PriceDrift) -> None:
    create(administer, PLAIN)

    with pytest.raises(PreconditionFailed):
        drift.accept(ROOT, "a", fields=(), scope=None, if_match='"another"')
