"""The price of an entry that was made without one: what the data set knows at its creation, and never after it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest

from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.offer import document_of
from headgate.catalogue.price import PriceFrom, PriceList, Rates
from headgate.catalogue.scope import PLATFORM, project
from headgate.gateway.administer import Administer, Desk, Write
from headgate.gateway.price_lists import PriceLists
from tests.gateway.writing import ACME, MANAGER, ROOT, change, document, item, write

KNOWN = PriceList(rates=Rates(input=2_500_000, cached_input=1_250_000, output=10_000_000))
SHORT = Pricing(Decimal("2.5"), Decimal(10))
FREE = {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}


def known(provider: str, model: str, /, *, wall: float) -> PriceFrom | None:
    """A data set that knows one model."""
    if (provider, model) != ("openai", "gpt-4o"):
        return None
    return PriceFrom(effective_at=wall, prices=KNOWN, source="bundled", version="set 7")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return msgspec.structs.replace(desk, bundled=known)


def bundled(desk: Desk) -> tuple[PriceFrom, ...]:
    return (PriceFrom(effective_at=desk.clock.wall(), prices=KNOWN, source="bundled", version="set 7"),)


def test_a_new_entry_has_the_price_that_is_known_of_its_model(desk: Desk, administer: Administer) -> None:
    made = document_of(administer.create(ROOT, write("a", upstream_model="gpt-4o"), scope=PLATFORM).offer)

    assert (made.pricing, made.prices) == (SHORT, bundled(desk))


def test_it_is_part_of_the_first_revision(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", upstream_model="gpt-4o"), scope=PLATFORM)

    [revision] = administer.revisions(ROOT, None, before=None, limit=10, name="a")
    assert revision.changes[0].entry.document.prices == bundled(desk)


def test_requests_are_reckoned_with_it_from_the_creation_on(desk: Desk, administer: Administer) -> None:
    offer = administer.create(ROOT, write("a", upstream_model="gpt-4o"), scope=PLATFORM).offer

    price = desk.prices.price(offer, organization="acme-id", wall=desk.clock.wall())
    assert price is not None
    assert price.id == KNOWN.id


def test_entries_of_every_scope_have_it(administer: Administer) -> None:
    for number, scope in enumerate((ACME, project("acme-id", "web"))):
        by = msgspec.structs.replace(MANAGER, organization_admin=True)
        made = administer.create(by, write(f"a{number}", upstream_model="gpt-4o"), scope=scope)
        assert document_of(made.offer).pricing == SHORT


@pytest.mark.parametrize(
    "said",
    [{"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}, {"input_per_1m_tokens": 1, "output_per_1m_tokens": 2}],
)
def test_a_price_that_was_said_stays(administer: Administer, said: dict[str, int]) -> None:
    made = administer.create(ROOT, write("a", upstream_model="gpt-4o", pricing=said), scope=PLATFORM)

    found = document_of(made.offer)
    assert found.pricing == msgspec.convert(said, Pricing)
    assert found.prices == ()


def test_a_model_that_is_not_known_stays_unpriced(administer: Administer) -> None:
    found = document_of(administer.create(ROOT, write("a", upstream_model="own"), scope=PLATFORM).offer)

    assert (found.pricing, found.prices) == (None, ())


def test_what_is_built_in_is_free(administer: Administer) -> None:
    found = document_of(administer.create(ROOT, write("a", provider="mock"), scope=PLATFORM).offer)

    assert found.pricing == Pricing(Decimal(0), Decimal(0))
    assert [each.source for each in found.prices] == ["bundled"]


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(change(upstream_model="gpt-4o"), id="a change of the model"),
        pytest.param(change(title="A"), id="any other change"),
    ],
)
def test_an_entry_that_is_there_never_gets_one(administer: Administer, later: Callable[[Document], Write]) -> None:
    administer.create(ROOT, write("a", upstream_model="own"), scope=PLATFORM)

    assert document_of(administer.update(ROOT, "a", change=later).offer).pricing is None


def test_a_price_that_was_taken_away_does_not_come_back(administer: Administer) -> None:
    administer.create(ROOT, write("a", upstream_model="gpt-4o"), scope=PLATFORM)

    administer.update(ROOT, "a", change=change(pricing=None))
    found = document_of(administer.update(ROOT, "a", change=change(title="A")).offer)

    assert (found.pricing, found.prices) == (None, ())


def test_calls_of_another_model_cost_what_is_known_of_that_one(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", provider="mock"), scope=PLATFORM)

    made = administer.update(ROOT, "a", change=change(provider="openai", upstream_model="gpt-4o")).offer

    assert (document_of(made).pricing, document_of(made).prices) == (SHORT, bundled(desk))


def test_of_another_model_that_is_not_known_there_is_no_price(administer: Administer) -> None:
    administer.create(ROOT, write("a", upstream_model="gpt-4o"), scope=PLATFORM)

    found = document_of(administer.update(ROOT, "a", change=change(upstream_model="own")).offer)

    assert (found.pricing, found.prices) == (None, ())


@pytest.mark.parametrize("model", ["gpt-4o", "own"])
def test_another_model_leaves_what_people_have_written_and_planned(
    desk: Desk, administer: Administer, model: str
) -> None:
    administer.create(ROOT, write("a", upstream_model="other", pricing=FREE), scope=PLATFORM)
    later = PriceFrom(effective_at=desk.clock.wall() + 60, prices=KNOWN)
    PriceLists(desk, administer).add(ROOT, "a", prices=KNOWN, effective_at=later.effective_at, scope=None)

    found = document_of(administer.update(ROOT, "a", change=change(upstream_model=model)).offer)

    assert (found.pricing, found.prices) == (Pricing(Decimal(0), Decimal(0)), (later,))


def test_what_is_planned_after_a_price_that_was_known_stays_planned(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", provider="mock"), scope=PLATFORM)
    later = PriceFrom(effective_at=desk.clock.wall() + 60, prices=PriceList(rates=Rates(input=1, output=1)))
    PriceLists(desk, administer).add(ROOT, "a", prices=later.prices, effective_at=later.effective_at, scope=None)

    made = administer.update(ROOT, "a", change=change(provider="openai", upstream_model="gpt-4o")).offer

    assert document_of(made).prices == (*bundled(desk), later)


def test_a_price_that_is_written_together_with_another_model_counts(administer: Administer) -> None:
    administer.create(ROOT, write("a", provider="mock"), scope=PLATFORM)

    to = change(
        provider="openai", upstream_model="gpt-4o", pricing={"input_per_1m_tokens": 1, "output_per_1m_tokens": 2}
    )
    found = document_of(administer.update(ROOT, "a", change=to).offer)

    assert (found.pricing, found.prices) == (Pricing(Decimal(1), Decimal(2)), ())


def test_of_a_bulk_replace_only_new_entries_get_one(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("held", upstream_model="own"), scope=PLATFORM)

    items = [item("held", upstream_model="gpt-4o"), item("new", upstream_model="gpt-4o")]
    administer.replace(ROOT, items, scope=PLATFORM)

    held, new = (desk.snapshot.at(PLATFORM, name) for name in ("held", "new"))
    assert held is not None
    assert new is not None
    assert (document_of(held).pricing, document_of(new).pricing) == (None, SHORT)


def test_a_plan_shows_the_price_that_a_new_entry_would_get(administer: Administer) -> None:
    [planned] = administer.plan(ROOT, [item("new", upstream_model="gpt-4o")], scope=PLATFORM)

    fields = {each.field: each.after for each in planned.fields}
    assert fields["pricing"] == {"input_per_1m_tokens": 2.5, "output_per_1m_tokens": 10}


def test_a_rollback_restores_the_entry_without_asking_again(administer: Administer) -> None:
    administer.create(ROOT, write("a", upstream_model="own"), scope=PLATFORM)
    administer.update(ROOT, "a", change=change(upstream_model="gpt-4o"))
    administer.delete(ROOT, "a")

    administer.rollback(ROOT, PLATFORM, number=2)

    [_, restored] = [
        each.changes[0].after for each in administer.revisions(ROOT, None, before=None, limit=2, name="a")
    ][::-1]
    assert restored is not None
    assert restored.document.pricing is None


def test_a_price_that_the_rules_do_not_let_in_is_left_out(desk: Desk) -> None:
    dear = PriceList(rates=Rates(input=10**15, output=0))
    desk = msgspec.structs.replace(desk, bundled=lambda _, __, /, *, wall: PriceFrom(effective_at=wall, prices=dear))

    made = Administer(desk).create(ROOT, Write(document("a", upstream_model="gpt-4o")), scope=PLATFORM)

    assert document_of(made.offer).prices == ()
