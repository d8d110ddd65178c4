"""Merging: what a write through one management API leaves of what others wrote."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.merge import replaced, written
from headgate.catalogue.rules import RULES
from headgate.core.errors import InvalidBody
from headgate.core.json import Json
from tests.catalogue.json_values import PRICE

_LABELS = st.text("abc", min_size=1, max_size=3)
_OBJECTS = st.dictionaries(_LABELS, st.integers(0, 9) | st.text("xyz", max_size=3), max_size=3)
_COUNTS = st.integers(0, 10**6)
_VALUES: dict[str, st.SearchStrategy[Json]] = {
    "title": _LABELS,
    "description": _LABELS,
    "provider": st.sampled_from(["openai", "mock", "nobody"]),
    "upstream_model": _LABELS,
    "litellm_model": _LABELS,
    "api_base": st.just("https://host.example/v1"),
    "credential": _LABELS,
    "capabilities": _OBJECTS,
    "abilities": st.lists(_LABELS, unique=True, max_size=3),
    "limits": _OBJECTS,
    "rpm": _COUNTS,
    "timeout": st.floats(1, 100),
    "display": _OBJECTS,
    "provider_config": _OBJECTS,
    "dimensions": _COUNTS,
    "supported_dimensions": st.lists(st.integers(1, 4096), max_size=3),
    "enabled": st.booleans(),
    "deprecated": st.booleans(),
    "hidden": st.booleans(),
    "failover": _LABELS,
    "pricing": st.fixed_dictionaries({"input_per_1m_tokens": PRICE, "output_per_1m_tokens": PRICE}),
    "tags": st.lists(_LABELS, unique=True, max_size=3),
}
FIELDS = st.fixed_dictionaries({}, optional=_VALUES)
EMPTY = Document(name="a", kind=Kind.CHAT, upstream_by="catalogue")


def a_document(fields: dict[str, Json]) -> Document:
    return written(None, {"name": "a", "kind": "chat", **fields})


def as_fields(document: Document) -> dict[str, Json]:
    fields = msgspec.structs.asdict(document)
    del fields["upstream_by"]
    return fields


@given(FIELDS)
def test_writing_nothing_changes_nothing(fields: dict[str, Json]) -> None:
    document = a_document(fields)

    assert written(document, {}) == document


@given(FIELDS)
def test_writing_back_what_is_there_changes_nothing(fields: dict[str, Json]) -> None:
    document = a_document(fields)

    assert written(document, as_fields(document), by="registry") == document


@given(FIELDS, FIELDS)
def test_a_write_changes_the_fields_that_it_names_and_no_others(
    first: dict[str, Json], second: dict[str, Json]
) -> None:
    before = a_document(first)
    after = written(before, second)

    untouched = set(RULES) - set(second) - {"upstream_by"}
    assert {field: getattr(after, field) for field in untouched} == {
        field: getattr(before, field) for field in untouched
    }


@given(FIELDS, FIELDS)
def test_two_apis_that_write_different_fields_do_not_depend_on_who_comes_first(
    one: dict[str, Json], other: dict[str, Json]
) -> None:
    mine = {field: value for field, value in one.items() if field not in other}

    assert as_fields(written(written(EMPTY, mine), other)) == as_fields(written(written(EMPTY, other), mine))


@given(FIELDS)
def test_null_clears_every_field_that_may_be_unset(fields: dict[str, Json]) -> None:
    cleared = written(a_document(fields), dict.fromkeys(fields))

    assert as_fields(cleared) == as_fields(EMPTY)


@given(FIELDS, FIELDS)
def test_a_bulk_item_clears_what_its_api_shows_and_leaves_what_others_wrote(
    first: dict[str, Json], item: dict[str, Json]
) -> None:
    shown = frozenset(_VALUES) - {"abilities", "litellm_model", "deprecated"}
    given_ = {field: value for field, value in item.items() if field in shown}
    before = a_document(first)

    after = replaced(before, given_, shown=shown)

    assert {field: getattr(after, field) for field in shown} == {
        field: getattr(a_document(given_), field) for field in shown
    }
    assert (after.abilities, after.litellm_model, after.deprecated) == (
        before.abilities,
        before.litellm_model,
        before.deprecated,
    )


def test_free_keys_of_an_object_are_replaced_as_a_whole() -> None:
    before = a_document({"limits": {"a": 1, "b": 2}, "rpm": 5})

    after = written(before, {"limits": {"c": 3}})

    assert (after.limits, after.rpm) == ({"c": 3}, 5)


@pytest.mark.parametrize("by", ["catalogue", "registry"])
def test_whoever_changes_the_upstream_is_remembered(by: str) -> None:
    before = written(None, {"name": "a", "kind": "chat", "litellm_model": "openai/x"}, by="assets")

    assert written(before, {"provider": "openai"}, by=by).upstream_by == by


def test_who_wrote_the_upstream_stays_when_the_same_is_written_again() -> None:
    before = written(None, {"name": "a", "kind": "chat", "provider": "openai"}, by="assets")

    assert written(before, {"provider": "openai", "title": "A"}, by="catalogue").upstream_by == "assets"


def test_an_empty_text_is_no_text() -> None:
    assert written(a_document({"failover": "b"}), {"failover": ""}).failover is None


def test_a_new_document_needs_a_name_and_a_kind() -> None:
    with pytest.raises(InvalidBody) as raised:
        written(None, {"title": "A"})

    assert [each["path"] for each in msgspec.convert(raised.value.details, list[dict[str, str]])] == [
        "model_id",
        "type",
    ]


@pytest.mark.parametrize(
    ("given_", "held"),
    [
        pytest.param(2.5, Decimal("2.5"), id="a float"),
        pytest.param(0.1, Decimal("0.1"), id="a float that binary cannot hold"),
        pytest.param(Decimal("1.10"), Decimal("1.1"), id="a zero at the end"),
        pytest.param(100, Decimal(100), id="a whole number without an exponent"),
        pytest.param(0.000001, Decimal("0.000001"), id="the smallest step"),
    ],
)
def test_a_price_is_the_decimal_that_was_written(given_: Json, held: Decimal) -> None:
    document = a_document({"pricing": {"input_per_1m_tokens": given_, "output_per_1m_tokens": 0}})

    assert str(document.pricing) == str(Pricing(held, Decimal(0)))


def test_prices_of_null_are_no_prices() -> None:
    assert a_document({"pricing": {"input_per_1m_tokens": None, "output_per_1m_tokens": None}}).pricing is None


def test_decimals_in_free_json_become_numbers() -> None:
    assert a_document({"metrics": {"x": [Decimal("1.5")]}}).metrics == {"x": [1.5]}
