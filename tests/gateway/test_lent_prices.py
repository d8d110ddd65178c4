"""Which prices count for calls that are paid with somebody else's key."""

from __future__ import annotations

import msgspec
import pytest

from headgate.catalogue.price import PriceList, Rates
from headgate.catalogue.scope import PLATFORM, Scope
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.credentials_named import NamedCredentials
from headgate.gateway.price_lists import PriceLists
from headgate.gateway.usage_what_if import other_entry
from tests.gateway.data_set import DataSet
from tests.gateway.lending import ADMIN, DEV, DEVELOPER, FREE, OPERATOR, SECRET, WEB, in_force, lend, made, price
from tests.gateway.writing import ACME, MANAGER, ROOT, change, write

A_TOKEN = 1_000_000


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return msgspec.structs.replace(desk, bundled=DataSet())


@pytest.mark.parametrize("lender", [ACME, PLATFORM])
@pytest.mark.parametrize(("by", "scope"), [(DEVELOPER, WEB), (DEVELOPER, DEV), (MANAGER, ACME)])
def test_what_the_entrys_own_people_say_counts_for_their_own_money_only(
    desk: Desk, administer: Administer, *, by: Principal, scope: Scope, lender: Scope
) -> None:
    offer = made(administer, by, scope)
    before = in_force(desk, offer)
    lend(desk, lender)

    expected = 0 if scope == lender else None
    assert (before, in_force(desk, offer)) == (0, expected)


@pytest.mark.parametrize(
    ("lender", "by", "counts"),
    [(ACME, ADMIN, True), (ACME, OPERATOR, True), (PLATFORM, ADMIN, False), (PLATFORM, OPERATOR, True)],
)
def test_whoever_administers_the_lender_or_what_is_around_it_sets_the_price(
    desk: Desk, administer: Administer, *, lender: Scope, by: Principal, counts: bool
) -> None:
    lend(desk, lender)
    offer = price(administer, by, made(administer, DEVELOPER, WEB), 3)

    assert in_force(desk, offer) == (3 * A_TOKEN if counts else None)


def test_who_writes_an_entry_is_told_that_its_price_does_not_count(desk: Desk, administer: Administer) -> None:
    lend(desk, PLATFORM)
    first = administer.create(DEVELOPER, write("m", pricing=FREE), scope=WEB).warnings
    then = administer.update(
        OPERATOR, "m", change=change(pricing={**FREE, "input_per_1m_tokens": 1}), scope=WEB
    ).warnings

    assert (["key of the platform" in each for each in first], then) == ([True], ())


def test_sending_back_what_the_entrys_people_wrote_sets_nothing(desk: Desk, administer: Administer) -> None:
    lend(desk, PLATFORM)
    offer = made(administer, DEVELOPER, WEB)

    administer.update(OPERATOR, "m", change=change(pricing=FREE, title="M"), scope=WEB)

    assert in_force(desk, offer) is None


def test_the_lender_may_set_what_the_entrys_people_wrote(desk: Desk, administer: Administer) -> None:
    lend(desk, PLATFORM)
    offer, lists = made(administer, DEVELOPER, WEB), PriceLists(desk, administer)
    free = PriceList(rates=Rates(input=0, output=0))

    lists.add(OPERATOR, "m", prices=free, effective_at=None, scope=WEB)
    revision = desk.snapshot.revision
    lists.add(DEVELOPER, "m", prices=free, effective_at=None, scope=WEB)

    assert (in_force(desk, offer), desk.snapshot.revision) == (0, revision)


def test_it_counts_until_somebody_else_writes_a_price(desk: Desk, administer: Administer) -> None:
    lend(desk, ACME)
    offer = made(administer, ADMIN, WEB)
    administer.update(DEVELOPER, "m", change=change(title="M"), scope=WEB)
    before = in_force(desk, offer)

    price(administer, DEVELOPER, offer, 1)

    assert (before, in_force(desk, offer)) == (0, None)


def test_it_does_not_count_for_another_model(desk: Desk, administer: Administer) -> None:
    lend(desk, ACME)
    offer = made(administer, ADMIN, WEB, upstream_model="small")

    administer.update(DEVELOPER, "m", change=change(upstream_model="large"), scope=WEB)
    administer.update(DEVELOPER, "m", change=change(upstream_model="small"), scope=WEB)

    assert in_force(desk, offer) is None


def test_going_back_to_it_does_not_set_it_again(desk: Desk, administer: Administer) -> None:
    lend(desk, ACME)
    offer = made(administer, ADMIN, WEB)
    price(administer, ADMIN, offer, 5)

    administer.rollback(DEVELOPER, WEB, number=1)
    first = in_force(desk, offer)
    administer.rollback(ADMIN, WEB, number=2)
    again = in_force(desk, offer)
    administer.delete(DEVELOPER, "m", scope=WEB)
    administer.rollback(DEVELOPER, WEB, number=4)

    assert (first, again, in_force(desk, offer)) == (None, 5 * A_TOKEN, None)


def test_going_back_to_what_the_entrys_people_wrote_sets_nothing(desk: Desk, administer: Administer) -> None:
    lend(desk, PLATFORM)
    offer = made(administer, DEVELOPER, WEB)
    price(administer, OPERATOR, offer, 5)

    administer.rollback(OPERATOR, WEB, number=1)

    assert in_force(desk, offer) is None


def test_a_price_of_the_data_set_counts_for_everybody(desk: Desk, administer: Administer) -> None:
    lend(desk, PLATFORM)
    offer = made(administer, DEVELOPER, WEB, upstream_model="gpt-4o", pricing=None)

    assert in_force(desk, offer) == 2_500_000


def test_a_price_of_the_data_set_comes_back_with_its_model(desk: Desk, administer: Administer) -> None:
    lend(desk, PLATFORM)
    offer = made(administer, DEVELOPER, WEB, upstream_model="gpt-4o", pricing=None)
    price(administer, DEVELOPER, offer, 1)

    administer.rollback(DEVELOPER, WEB, number=1)

    assert in_force(desk, offer) == 2_500_000


def test_a_price_of_the_data_set_does_not_count_for_the_key_of_another_provider(
    desk: Desk, administer: Administer
) -> None:
    lend(desk, ACME, provider="groq", default=False)

    offer = made(administer, DEVELOPER, WEB, upstream_model="gpt-4o", pricing=None, credential="lent")
    before = in_force(desk, offer)
    price(administer, ADMIN, offer, 4)

    assert (before, in_force(desk, offer)) == (None, 4 * A_TOKEN)


def test_with_a_key_of_its_own_an_entry_costs_what_its_people_say(desk: Desk, administer: Administer) -> None:
    lend(desk, PLATFORM)
    offer = made(administer, DEVELOPER, WEB)
    before = in_force(desk, offer)

    administer.update(DEVELOPER, "m", change=change(SECRET), scope=WEB)
    with_it = in_force(desk, offer)
    administer.update(DEVELOPER, "m", change=change(None), scope=WEB)

    assert (before, with_it, in_force(desk, offer)) == (None, 0, None)


def test_a_key_of_the_project_is_the_projects_money(desk: Desk, administer: Administer) -> None:
    lend(desk, PLATFORM)
    lend(desk, WEB)

    assert in_force(desk, made(administer, DEVELOPER, WEB)) == 0


def test_a_key_that_is_withdrawn_pays_for_nothing_any_more(desk: Desk, administer: Administer) -> None:
    lend(desk, ACME)
    lend(desk, PLATFORM)
    offer = made(administer, ADMIN, WEB)
    credentials = NamedCredentials(desk)
    [organizations] = credentials.list(ADMIN, ACME)
    [platforms] = credentials.list(ROOT, PLATFORM)
    found = [in_force(desk, offer)]

    for by, each in ((ADMIN, organizations), (ROOT, platforms)):
        credentials.delete(by, each.id)
        found.append(in_force(desk, offer))

    assert found == [0, None, 0]


def test_what_is_called_without_a_key_is_nobodys_money(desk: Desk, administer: Administer) -> None:
    lend(desk, PLATFORM)

    assert in_force(desk, made(administer, DEVELOPER, WEB, provider="mock")) == 0


def test_what_another_entry_would_have_cost_is_told_of_prices_that_count(desk: Desk, administer: Administer) -> None:
    made(administer, DEVELOPER, WEB)
    before = other_entry(desk, DEVELOPER, model="m")[1]
    lend(desk, PLATFORM)

    assert before is not None
    assert other_entry(desk, DEVELOPER, model="m")[1] is None
