"""Differences between documents and between states of the catalogue."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.merge import written
from headgate.catalogue.revision import Change, FieldChange, difference, differences, fields_changed
from headgate.core.json import Json
from tests.catalogue.offers import entry

STATES = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 3))


def test_a_difference_names_the_fields_with_both_values() -> None:
    before = entry("a", number=1, title="A")
    after = msgspec.structs.replace(before, document=written(before.document, {"title": "B", "rpm": 5}))

    found = difference(before, after)

    assert found is not None
    assert (found.uid, found.name, found.change) == (before.uid, "a", "changed")
    assert found.fields == (FieldChange("rpm", None, 5), FieldChange("title", "A", "B"))


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        pytest.param({"x": 1, "y": 2}, {"y": 2, "x": 1}, False, id="the order of keys says nothing"),
        pytest.param({"x": True}, {"x": 1}, True, id="true is not 1"),
        pytest.param({"x": 1}, {"x": 1.0}, True, id="1.0 is written otherwise than 1"),
        pytest.param({"x": [1, 2]}, {"x": [2, 1]}, True, id="the order of a list matters"),
    ],
)
def test_documents_are_compared_as_json(one: Json, other: Json, *, differ: bool) -> None:
    before = entry("a").document

    changed = fields_changed(written(before, {"metrics": one}), written(before, {"metrics": other}))

    assert bool(changed) == differ


@given(STATES, STATES)
def test_states_differ_where_an_entry_came_went_or_changed(old: dict[str, int], new: dict[str, int]) -> None:
    before = [entry(name, number=ord(name), rpm=mark) for name, mark in old.items()]
    after = [entry(name, number=ord(name), rpm=mark) for name, mark in new.items()]

    found = {each.name: each.change for each in differences(before, after)}

    assert found == {
        **dict.fromkeys(new.keys() - old.keys(), "added"),
        **dict.fromkeys(old.keys() - new.keys(), "removed"),
        **{name: "changed" for name in old.keys() & new.keys() if old[name] != new[name]},
    }


def test_a_change_is_about_its_latest_state() -> None:
    before, after = entry("a"), entry("a", revision=2)

    assert Change(before, after).entry is after
    assert Change(before, None).entry is before
