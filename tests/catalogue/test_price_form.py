"""Price lists as people write and read them."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.price import PriceFrom, PriceList, PriceTier, Rates, resolved
from headgate.catalogue.price_form import RATES, UNIT_RATES, lists_problem, read_list, shown_list
from headgate.core.json import JsonObject, encode
from tests.catalogue.price_lists import price_lists

LIST = PriceList(rates=Rates(input=3_000_000, output=15_000_000))


def test_every_rate_has_a_word() -> None:
    assert set(RATES) == set(Rates.__struct_fields__)


@given(price_lists())
def test_a_list_that_is_shown_reads_back_as_the_same(prices: PriceList) -> None:
    over_the_wire = msgspec.json.Decoder(float_hook=Decimal).decode(encode(shown_list(prices)))

    assert read_list(over_the_wire) == (prices, [])
    assert lists_problem((PriceFrom(effective_at=1.0, prices=prices),)) is None


def test_an_id_stands_for_the_content_and_stays() -> None:
    """Rows of the ledger name it: another id for the same list would lose them."""
    assert LIST.id == "ddd333b99165526b"
    assert PriceList(rates=LIST.rates, tiers=(PriceTier(above=9, rates=Rates(input=1)),)).id == "2dc6e7dae16aa1de"


@given(price_lists(), price_lists())
def test_lists_have_the_same_id_exactly_if_they_say_the_same(one: PriceList, other: PriceList) -> None:
    copy = msgspec.json.decode(msgspec.json.encode(one), type=PriceList)

    assert (one.id == other.id) == (one == other)
    assert (copy.id, resolved(copy).id) == (one.id, one.id)


@pytest.mark.parametrize("amount", ["2.5", "2.50", "25e-1", "2.500000000000000000000000000000000000000"])
def test_equal_amounts_make_equal_lists(amount: str) -> None:
    read, faults = read_list({"input_per_1m_tokens": Decimal(amount)})

    assert (read.rates, faults) == (Rates(input=2_500_000), [])


@given(st.sampled_from(sorted(RATES.values())), st.decimals(allow_nan=True, allow_infinity=True))
def test_an_amount_is_kept_exactly_or_refused(name: str, amount: Decimal) -> None:
    read, faults = read_list({name: amount})

    if not faults:
        field = next(field for field, word in RATES.items() if word == name)
        scale = 12 if field in UNIT_RATES else 6
        assert Decimal(getattr(read.rates, field)).scaleb(-scale) == amount


def test_null_is_a_rate_that_is_not_said() -> None:
    given: JsonObject = {"input_per_1m_tokens": 1, "output_per_1m_tokens": None, "tiers": None}

    assert read_list(given) == (PriceList(rates=Rates(input=1_000_000)), [])


def test_faults_are_told_at_once_and_where_they_stand() -> None:
    given: JsonObject = {"per_image": -1, "x": 1, "tiers": [{"above_tokens": 1, "per_second": "2"}]}

    _, faults = read_list(given, path="price")

    assert [fault["path"] for fault in faults] == ["price.per_image", "price.x", "price.tiers[0].per_second"]


def dated(*instants: float, prices: PriceList = LIST) -> tuple[PriceFrom, ...]:
    return tuple(PriceFrom(effective_at=instant, prices=prices) for instant in instants)


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        pytest.param([{"effective_at": 1}], "dated price lists", id="anything else"),
        pytest.param(dated(*range(101)), "at most 100", id="too many"),
        pytest.param(dated(2, 1), "ascending", id="out of order"),
        pytest.param(dated(1, 1), "ascending", id="two from one instant"),
        pytest.param(dated(float("inf")), "ascending", id="never"),
        pytest.param(dated(float("nan")), "ascending", id="no instant"),
        pytest.param(dated(1, prices=PriceList(rates=Rates())), "a price of something", id="of nothing"),
        pytest.param(dated(1, prices=PriceList(rates=Rates(input=-1))), "from 0 to", id="below nothing"),
        pytest.param(dated(1, prices=PriceList(rates=Rates(search=10**17))), "from 0 to", id="beyond reason"),
        pytest.param(
            dated(1, prices=PriceList(rates=LIST.rates, tiers=(PriceTier(rates=LIST.rates),))),
            "'above_tokens' above 0",
            id="a tier of everything",
        ),
    ],
)
def test_what_a_document_may_not_hold(lists: object, words: str) -> None:
    problem = lists_problem(lists)

    assert problem is not None
    assert words in problem
