"""The OverrideStore and IgnoredStore contracts."""

from __future__ import annotations

import msgspec
import pytest

from headgate.access.identity import Organization
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.prices import SqlIgnoredDrift, SqlPriceOverrides
from headgate.catalogue.price import PriceFrom, PriceList, PriceTier, Rates
from headgate.catalogue.revision import Action
from headgate.core.errors import Conflict
from headgate.gateway.price_drift import Ignored, IgnoredStore
from headgate.gateway.price_overrides import Override, OverrideStore
from headgate.gateway.stores import CatalogueStore, DirectoryStore
from tests.catalogue_writing import create, deleted, revision

ORGANIZATIONS = {name: Organization(id=name, slug=name, name=name, created_at=1.0) for name in ("acme-id", "globex-id")}


@pytest.fixture
def overrides(database: Database, directory: DirectoryStore) -> OverrideStore:
    for each in ORGANIZATIONS.values():
        directory.put_organization(each)
    return SqlPriceOverrides(database)


@pytest.fixture
def ignored(database: Database) -> IgnoredStore:
    return SqlIgnoredDrift(database)


def override(uid: str, organization: str = "acme-id", *, at: float = 1.5) -> Override:
    tiers = (PriceTier(service_tier="flex", above=200_000, rates=Rates(input=1)),)
    first = PriceFrom(effective_at=1.5, prices=PriceList(rates=Rates(input=2, output=2**62), tiers=tiers))
    second = PriceFrom(effective_at=2.25, prices=PriceList(rates=Rates(second=0)))
    return Override(
        organization=organization,
        uid=uid,
        prices=(first, second),
        created_at=at,
        created_by="user:a",
        updated_at=at + 1,
    )


def alone(uid: str, field: str = "per_search", said: str = "0.01") -> Ignored:
    return Ignored(uid=uid, field=field, said=said, at=1.5, by="user:a")


def test_overrides_come_back_as_they_were_in_the_order_of_creation(
    catalogue: CatalogueStore, overrides: OverrideStore
) -> None:
    one, two = create(catalogue, "one", "two")
    first, second = override(two.uid, at=1.5), override(one.uid, "globex-id", at=2.5)
    for each in (second, first):
        overrides.put(each)

    assert list(overrides.overrides()) == [first, second]
    assert list(overrides.overrides("globex-id")) == [second]
    assert overrides.override("acme-id", two.uid) == first
    assert overrides.override("acme-id", one.uid) is None


def test_there_is_one_override_of_each_organization_and_entry(
    catalogue: CatalogueStore, overrides: OverrideStore
) -> None:
    (one,) = create(catalogue, "one")
    overrides.put(override(one.uid))
    after = msgspec.structs.replace(override(one.uid), prices=override(one.uid).prices[:1], updated_at=9.0)

    overrides.put(after)

    assert list(overrides.overrides()) == [after]


def test_an_override_that_is_dropped_is_forgotten(catalogue: CatalogueStore, overrides: OverrideStore) -> None:
    (one,) = create(catalogue, "one")
    left = override(one.uid, "globex-id")
    for each in (override(one.uid), left):
        overrides.put(each)

    overrides.drop(override(one.uid))

    assert list(overrides.overrides()) == [left]


def test_overrides_and_what_is_left_alone_end_with_their_entry(
    catalogue: CatalogueStore, overrides: OverrideStore, ignored: IgnoredStore
) -> None:
    one, two = create(catalogue, "one", "two")
    staying = override(two.uid)
    for each in (override(one.uid), staying):
        overrides.put(each)
    ignored.put([alone(one.uid), alone(two.uid)])

    catalogue.commit(revision(catalogue.head() + 1, *deleted(one), action=Action.DELETE))

    assert list(overrides.overrides()) == [staying]
    assert list(ignored.ignored()) == [alone(two.uid)]


def test_overrides_end_with_their_organization(
    catalogue: CatalogueStore, overrides: OverrideStore, directory: DirectoryStore
) -> None:
    (one,) = create(catalogue, "one")
    staying = override(one.uid, "globex-id")
    for each in (override(one.uid), staying):
        overrides.put(each)

    directory.drop_organization(ORGANIZATIONS["acme-id"])

    assert list(overrides.overrides()) == [staying]


def test_what_does_not_exist_has_no_price(catalogue: CatalogueStore, overrides: OverrideStore) -> None:
    (one,) = create(catalogue, "one")

    with pytest.raises(Conflict):
        overrides.put(override("unknown"))
    with pytest.raises(Conflict):
        overrides.put(override(one.uid, "unknown-id"))


def test_of_one_field_of_an_entry_the_last_that_was_left_alone_counts(
    catalogue: CatalogueStore, ignored: IgnoredStore
) -> None:
    (one,) = create(catalogue, "one")
    ignored.put([alone(one.uid), alone(one.uid, "tiers", "[]")])

    ignored.put([alone(one.uid, said="null")])
    ignored.put([])

    assert list(ignored.ignored()) == [alone(one.uid, said="null"), alone(one.uid, "tiers", "[]")]
